import { assert, assertEquals, assertLess } from "@std/assert";
import { erfc } from "../verify/reference_activations.ts";
import { normalDensity, normalDistribution } from "./erfc.ts";

Deno.test("normalDistribution() keeps its relative accuracy into the tail", () => {
  let worst = 0;
  for (let x = -15.5; x <= 15.5; x += 0.001) {
    worst = Math.max(worst, Math.abs(normalDistribution(x) / (erfc(-x / Math.SQRT2) / 2) - 1));
  }
  assertLess(worst, 4e-10);
});

Deno.test("normalDistribution() goes on in the far tail, where float32 has ended and float64 has not", () => {
  // Φ(−x) = φ(x)/(x + 1/(x + 2/(x + 3/(x + …)))), Laplace's continued fraction.
  const distribution = (x: number) => {
    let fraction = x;
    for (let k = 60; k > 0; k--) fraction = x + k / fraction;
    return normalDensity(x) / fraction;
  };
  for (let x = 15.4; x < 37.5; x += 0.01) {
    assertLess(Math.abs(normalDistribution(-x) / distribution(x) - 1), 4e-10, `${x}`);
  }
  assert(normalDistribution(-38) > 0);
});

Deno.test("normalDistribution() has the limits 0 and 1, and NaN for NaN", () => {
  assertEquals(normalDistribution(-Infinity), 0);
  assertEquals(normalDistribution(Infinity), 1);
  assert(Number.isNaN(normalDistribution(NaN)));
});

Deno.test("normalDensity() is the slope of normalDistribution()", () => {
  for (let x = -5; x <= 5; x += 0.37) {
    const slope = (normalDistribution(x + 1e-4) - normalDistribution(x - 1e-4)) / 2e-4;
    assertLess(Math.abs(slope - normalDensity(x)), 1e-6);
  }
});

import { assert, assertEquals, assertLess } from "@std/assert";
import { erfc, referenceActivation, references } from "./reference_activations.ts";

// Abramowitz & Stegun, table 7.1 and beyond, to 16 digits.
const known = [
  [0, 1],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [2, 0.004677734981047266],
  [5, 1.5374597944280349e-12],
  [10, 2.088487583762545e-45],
  [-1, 1.8427007929497148],
] as const;

Deno.test("erfc() has the tabulated values", () => {
  for (const [x, want] of known) assertLess(Math.abs(erfc(x) / want - 1), 1e-13, `erfc(${x})`);
  assert(Number.isNaN(erfc(NaN)));
});

for (const [name, { value, derivative, curvature, minimum }] of Object.entries(references)) {
  Deno.test(`references.${name}: the derivative is the slope of the value`, () => {
    const h = 4.8e-6;
    for (let z = -8.03; z < 8; z += 0.17) {
      const slope = (value(z + h) - value(z - h)) / (2 * h);
      const size = Math.max(1, Math.abs(value(z)));
      assertLess(Math.abs(slope - derivative(z)), 1e-9 * size, `at ${z}`);
      const bend = Math.abs(derivative(z + h) - derivative(z - h)) / (2 * h);
      assert(bend <= curvature * 1.001 + 1e-9, `curvature at ${z} is ${bend}`);
    }
  });

  if (minimum !== null) {
    Deno.test(`references.${name}: the minimum is one`, () => {
      assertLess(Math.abs(derivative(minimum)), 1e-6);
      assertLess(value(minimum), Math.min(value(minimum - 0.01), value(minimum + 0.01)));
    });
  }
}

Deno.test("referenceActivation() makes rows of softmax that add up to 1", () => {
  const y = referenceActivation("softmax", [1, 2, 3, 1000, 0, -1000], 3);
  assertLess(Math.abs(y[0]! + y[1]! + y[2]! - 1), 1e-15);
  assertLess(Math.abs(y[1]! / y[0]! - Math.E), 1e-14);
  assertEquals([...y.subarray(3)], [1, 0, 0]);
});

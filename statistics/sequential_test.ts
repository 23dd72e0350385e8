import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createRandom, normal } from "../common/random.ts";
import { evidence } from "./sequential.ts";

Deno.test("evidence() is ever as large as c in one of c runs of symmetric differences at most", () => {
  const random = createRandom(3);
  for (const heavy of [false, true]) {
    let passed = 0;
    for (let run = 0; run < 3000; run++) {
      const differences: number[] = [];
      let ever = false;
      for (let launch = 0; launch < 40 && !ever; launch++) {
        const scale = heavy ? Math.exp(2 * normal(random)) : 1;
        differences.push(0.015 + 0.03 * scale * normal(random));
        ever = evidence(differences, 0.015) >= 20;
      }
      if (ever) passed++;
    }
    assertLess(passed / 3000, 0.05);
  }
});

Deno.test("evidence() doubles with each large difference, and is lost by an opposite one", () => {
  assertAlmostEquals(evidence([10, 10, 10], 0), 8);
  assertAlmostEquals(evidence([10, 10, -10], 0), 0);
  assertEquals(evidence([0.01, 0.01], 0.01), 1);
  // Of unknown sign: no bet.
  assertEquals(evidence([NaN, 10, Infinity], 0), evidence([10], 0));
});

// The choice of the tile is a function of times alone; these were measured, in ns for a multiply-add of four.
import { assertEquals } from "@std/assert";
import { chooseLanes, isClear, isOptimised, type TileTimes } from "./features.ts";

const cases: Record<string, [times: TileTimes, lanes: 4 | 8]> = {
  "fused, on a quiet core": [{ narrow: 0.245, wide: 0.16, chain: 1.3 }, 8],
  "fused, on a busy core": [{ narrow: 0.553, wide: 0.322, chain: 1.44 }, 8],
  "not fused, on a quiet core": [{ narrow: 0.257, wide: 0.352, chain: 1.29 }, 4],
  "not fused, on a busy core": [{ narrow: 0.51, wide: 0.604, chain: 1.49 }, 4],
  "not fused, the core busy for the narrow one": [{ narrow: 0.386, wide: 0.298, chain: 1.28 }, 4],
  "both equally fast": [{ narrow: 0.3, wide: 0.3, chain: 1.3 }, 4],
  "only the wide one not yet optimised": [{ narrow: 0.27, wide: 1.06, chain: 1.34 }, 4],
  "only the narrow one not yet optimised": [{ narrow: 1.3, wide: 0.352, chain: 1.3 }, 4],
  "neither optimised": [{ narrow: 1.49, wide: 1.25, chain: 1.32 }, 4],
};

for (const [what, [times, lanes]] of Object.entries(cases)) {
  Deno.test(`chooseLanes() is ${lanes} where the tiles are ${what}`, () => {
    assertEquals(chooseLanes(times), lanes);
  });
}

Deno.test("isOptimised() depends on the ratio of times alone", () => {
  for (const cycle of [0.2, 1, 5]) {
    assertEquals(isOptimised({ narrow: cycle, chain: 4 * cycle }), true);
    assertEquals(isOptimised({ narrow: 3 * cycle, chain: 4 * cycle }), false);
  }
});

Deno.test("isClear() asks for more where noise alone could have made the difference", () => {
  assertEquals([0.9, 1.1, 1.42, 1.7].map((narrow) => isClear({ narrow, wide: 1 })), [
    true,
    false,
    false,
    true,
  ]);
});

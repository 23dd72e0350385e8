// The choice of the tile is a function of times alone; these were measured, in ns, most of them on busy cores.
import { assertEquals } from "@std/assert";
import { chooseLanes, isClear, isOptimised, timeWidths, type WidthTimes } from "./width_probe.ts";

const cases: Record<string, [times: WidthTimes, lanes: 4 | 8]> = {
  "fused": [{ repeated: 18, adjacent: 26.6, apart: 50.6 }, 8],
  "fused, and repeated values disturbed": [{ repeated: 28.4, adjacent: 27, apart: 48.3 }, 8],
  "not fused": [{ repeated: 20.5, adjacent: 51.8, apart: 51.8 }, 4],
  "not fused, and half of the core taken from one part": [
    { repeated: 20.5, adjacent: 51.8, apart: 65 },
    4,
  ],
  "not optimised": [{ repeated: 285, adjacent: 174, apart: 144 }, 4],
  "not optimised, and half of the core taken from one part": [
    { repeated: 467, adjacent: 173, apart: 286 },
    4,
  ],
  "in the middle of becoming optimised": [{ repeated: 290, adjacent: 26, apart: 178 }, 4],
};

for (const [what, [times, lanes]] of Object.entries(cases)) {
  Deno.test(`chooseLanes() is ${lanes} where the products are ${what}`, () => {
    assertEquals(chooseLanes(times), lanes);
  });
}

Deno.test("isOptimised() depends on the ratio of times alone", () => {
  for (const cycle of [0.2, 1, 5]) {
    assertEquals(isOptimised({ repeated: 72 * cycle, apart: 168 * cycle }), true);
    assertEquals(isOptimised({ repeated: 960 * cycle, apart: 600 * cycle }), false);
  }
});

Deno.test("isClear() asks for more where noise alone could have made the difference", () => {
  assertEquals([0.9, 1.1, 1.2, 1.45, 1.7].map((apart) => isClear({ adjacent: 1, apart })), [
    true,
    true,
    false,
    false,
    true,
  ]);
});

Deno.test("timeWidths() gives the time of every part", () => {
  for (const time of Object.values(timeWidths())) assertEquals(time > 0 && time < 1e6, true);
});

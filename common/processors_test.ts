import { assertEquals } from "@std/assert";
import { processors } from "./processors.ts";
import { withProcessors } from "./processors_testing.ts";

for (
  const [given, wanted] of [
    [128, 128],
    [4.7, 4],
    [1, 1],
    [0, 1],
    [-2, 1],
    [NaN, 1],
    [Infinity, 1],
    [undefined, 1],
    [null, 1],
    ["8", 1],
  ] as const
) {
  Deno.test(`processors() makes ${wanted} of ${given}`, () => {
    withProcessors(given, () => {
      assertEquals(processors(), wanted);
      assertEquals(processors(64), Math.min(64, wanted));
    });
  });
}

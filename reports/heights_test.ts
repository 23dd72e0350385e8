import { assertEquals, assertGreater } from "@std/assert";
import { linesHeight, nameHeight } from "./heights.ts";
import { manyKernels } from "./many_testing.ts";
import { heightOf, panelsOf } from "./panels.ts";
import { seriesOf } from "./series.ts";

Deno.test("heightOf() gives the names of 40 kernels at the ends of lines room", () => {
  const run = manyKernels(40);
  const [panel] = panelsOf(run, seriesOf(run));
  assertEquals(panel?.kind, "sizes");
  assertGreater(heightOf(panel!), 40 * nameHeight);
  assertEquals(linesHeight(400, 6), 400);
});

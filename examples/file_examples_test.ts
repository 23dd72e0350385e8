import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { chooseKernel } from "./choose_kernel.ts";
import { predictKeras } from "./predict_keras.ts";

Deno.test("a network of a .keras file computes what Keras does, as it is and folded", async () => {
  const lines: string[] = [];
  assertLess(await predictKeras((line) => lines.push(line)), 1e-6);
  assertEquals(lines.length, 10);
});

Deno.test("every kernel that is here is timed, the fastest first", async () => {
  const timed = await chooseKernel({ m: 7, n: 5, k: 13 }, { rounds: 2, milliseconds: 1 });
  assertGreater(timed.length, 2);
  for (const [i, { seconds }] of timed.entries()) {
    assertGreater(seconds, i === 0 ? 0 : timed[i - 1]!.seconds * (1 - 1e-12));
  }
});

import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { createKernel } from "../mod.ts";
import { readModelBytes, runnableOf, sequentialOf, stackOf } from "../models/mod.ts";
import { chooseKernel } from "./choose_kernel.ts";
import { fineTune } from "./fine_tune.ts";
import { readFlowers } from "./iris.ts";
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

Deno.test("a network of a .keras file learns irises, and both files of it tell them as well", async () => {
  const lines: string[] = [];
  const { before, after, files } = await fineTune((line) => lines.push(line));
  assertEquals(lines.length, 3);
  assertLess(before, 0.5);
  assertGreater(after, 0.9);
  const { test } = readFlowers();
  await using kernel = await createKernel("blocked");
  const { "irises.keras": keras, "model.json": json, ...shards } = files;
  using layers = stackOf(kernel, await readModelBytes("irises.keras", keras!));
  using folded = sequentialOf(
    kernel,
    runnableOf(await readModelBytes("model.json", json!, shards)),
  );
  for (const network of [layers, folded]) {
    const scores = (await network.predict(test.x)).toArray() as number[][];
    const right = scores.filter((row, i) => row.indexOf(Math.max(...row)) === test.y[i]).length;
    assertAlmostEquals(right / test.y.length, after, 1e-6);
  }
});

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { fileURLToPath } from "node:url";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../mod.ts";
import type { ModelInput } from "../models/input.ts";
import { readModel } from "../models/read_model.ts";
import { countRight, readDigits, scale } from "./mnist.ts";
import { predictions, verifyOnKernels } from "./networks_testing.ts";
import { encodeModel, train } from "./train_mnist.ts";

const kernels = await kernelsHere();
const path = fileURLToPath(new URL("../models/fixtures/mnist.safetensors", import.meta.url));
/** Of the 10,000 test images, as `deno task train-mnist` says when it makes the file. */
const right = 9629;

/** The test images as a model's input. */
async function testInput(): Promise<{ input: ModelInput; labels: Uint8Array }> {
  const { count, pixels, labels } = await readDigits("test");
  const values = scale(pixels);
  return {
    input: { name: "MNIST", values, rows: count, of: count, seed: null, notes: [] },
    labels,
  };
}

Deno.test("readDigits() reads as many images as MNIST has, or the first ones", async () => {
  assertEquals((await readDigits("test")).count, 10_000);
  const { count, pixels, labels } = await readDigits("training", 5);
  assertEquals([count, pixels.length, [...labels]], [5, 5 * 784, [5, 0, 4, 1, 9]]);
});

Deno.test("countRight() takes the highest score of each row", () => {
  const scores = new Float32Array(30);
  scores[3] = scores[10 + 9] = scores[20] = 0.5;
  assertEquals(countRight(scores, new Uint8Array([3, 8, 0])), 2);
});

Deno.test("train() lowers the loss, and makes the same bits again from the same seed", async () => {
  const digits = await readDigits("training", 1024);
  await using kernel = await createKernel("wasm-simd");
  const run = async (seed: number) => {
    const losses: number[] = [];
    using model = await train(kernel, digits, {
      seed,
      epochs: 5,
      onEpoch: (loss) => losses.push(loss),
    });
    return { losses, file: await encodeModel(model) };
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  // Of ten digits, to know nothing costs ln 10 = 2.3.
  const [first = NaN, last = NaN] = [one.losses.at(0), one.losses.at(-1)];
  assertLess(first, 2.6);
  assertLess(last, first / 2);
  assertEquals(again, one);
  assert(other.file.some((byte, i) => byte !== one.file[i]));
});

Deno.test("train() keeps what was learned where it is stopped, and says so", async () => {
  const digits = await readDigits("training", 512);
  await using kernel = await createKernel("wasm-simd");
  const stop = new AbortController();
  const said: string[] = [];
  const losses: number[] = [];
  using model = await train(kernel, digits, {
    seed: 1,
    epochs: 1000,
    signal: stop.signal,
    onEpoch: (loss) => {
      losses.push(loss);
      if (losses.length === 3) stop.abort();
    },
    onStop: (message) => said.push(message),
  });
  assertEquals([losses.length, said.length], [3, 1]);
  assert(said[0]!.includes("the model keeps what it has learned"), said[0]);
  using same = await train(kernel, digits, { seed: 1, epochs: 3 });
  assertEquals(await encodeModel(model), await encodeModel(same));
});

Deno.test(`the trained network is right on ${right} of 10000 test images, on every kernel`, async () => {
  const model = await readModel(path);
  const { input, labels } = await testInput();
  for await (const [kernel, scores] of predictions(kernels, model, input)) {
    assertEquals(countRight(scores, labels), right, kernel);
  }
});

Deno.test("the trained network stays within its bounds on all test images, on every kernel", async () => {
  const model = await readModel(path);
  const { input, labels } = await testInput();
  const [reports, outputs] = await verifyOnKernels(kernels, model, input);
  for (const { kernel, classes, layers } of reports) {
    assertEquals(countRight(outputs.get(kernel)!, labels), right, kernel);
    assertEquals([classes?.rows, classes?.changed], [10_000, 0], kernel);
    // The count holds on every kernel because hardly a row is near a tie.
    assertLess(classes?.undecided ?? Infinity, 30, kernel);
    assertEquals(layers.map(({ m, n, k }) => [m, n, k]), [
      [10_000, 32, 784],
      [10_000, 16, 32],
      [10_000, 10, 16],
    ]);
    assertGreater(layers[0]?.worst?.share ?? 0, 0, kernel);
  }
});

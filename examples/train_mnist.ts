/**
 * A network for MNIST, 784-32-16-10, trained from scratch with Dense layers on
 * any kernel: cross-entropy, mini-batches, and Adam (Kingma & Ba, ICLR 2015).
 * `deno task train-mnist --out models/fixtures/mnist.safetensors` makes that file
 * again, to the bit: the data, the seed and the order of every sum are fixed.
 *
 * @module
 */
import { defineCommand, print, runCommand, textOf, wholeNumberOf } from "../common/command.ts";
import { formatNumber } from "../common/numbers.ts";
import { createRandom, seedOf, shuffle } from "../common/random.ts";
import { formatDuration } from "../common/units.ts";
import { createKernel, Dense, type Kernel, readAll, Sequential, type Tensor } from "../mod.ts";
import { encodeSafetensors } from "../models/encode_safetensors.ts";
import { expectWritable, writeWhole } from "../results/files.ts";
import { countRight, digitCount, type Digits, imageSize, readDigits, scale } from "./mnist.ts";

const layers = [
  { name: "hidden1", units: 32, activation: "relu" },
  { name: "hidden2", units: 16, activation: "tanh" },
  // Its softmax is computed with the loss, whose gradient by the logits is then simply y - target.
  { name: "digit", units: digitCount, activation: "linear" },
] as const;

/** How {@linkcode train} goes about it. */
export interface TrainOptions {
  /** Of the first weights and of the order of the images. */
  readonly seed: number;
  /** How many times each image is seen. */
  readonly epochs: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  /** Called with the mean loss of each epoch. */
  readonly onEpoch?: (loss: number) => void;
}

/** Adam's two running means for one weight, and its step. */
class Adam {
  readonly #mean: Float32Array;
  readonly #square: Float32Array;
  #step = 0;

  constructor(size: number, readonly learningRate: number) {
    this.#mean = new Float32Array(size);
    this.#square = new Float32Array(size);
  }

  /** Moves the values one step down their gradient, in place. */
  update(values: Float32Array, gradient: Float32Array): void {
    const [decay, squareDecay] = [0.9, 0.999];
    this.#step++;
    const rate = this.learningRate / (1 - decay ** this.#step);
    const unbias = 1 / (1 - squareDecay ** this.#step);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]!;
      const mean = decay * this.#mean[i]! + (1 - decay) * slope;
      const square = squareDecay * this.#square[i]! + (1 - squareDecay) * slope * slope;
      this.#mean[i] = mean;
      this.#square[i] = square;
      values[i]! -= rate * mean / (Math.sqrt(square * unbias) + 1e-7);
    }
  }
}

/** The sum of the cross-entropies of a batch, and `scores` turned into the gradient of their mean by the logits. */
function crossEntropy(scores: Float32Array, labels: readonly number[]): number {
  let loss = 0;
  for (const [row, label] of labels.entries()) {
    const at = row * digitCount + label;
    loss -= Math.log(Math.max(scores[at]!, 1e-30));
    scores[at]! -= 1;
  }
  for (let i = 0; i < scores.length; i++) scores[i]! /= labels.length;
  return loss;
}

/** Forward and backward for one batch: afterwards the model has its gradients. Returns the sum of its losses. */
async function learn(
  kernel: Kernel,
  model: Sequential,
  images: Float32Array,
  labels: readonly number[],
): Promise<number> {
  using stack = new DisposableStack();
  const own = (tensor: Tensor) => stack.use(tensor);
  const logits = own(model.forward(own(kernel.tensor([labels.length, imageSize], images))));
  const softmax = own(kernel.tensor(logits.shape));
  kernel.activate("softmax", logits, softmax);
  const scores = await softmax.read();
  const loss = crossEntropy(scores, labels);
  own(model.backward(own(kernel.tensor(logits.shape, scores))));
  return loss;
}

/** The images of these numbers, [indices.length, 784]. */
function imagesOf({ pixels }: Digits, indices: readonly number[]): Float32Array {
  const chosen = new Uint8Array(indices.length * imageSize);
  for (const [row, i] of indices.entries()) {
    chosen.set(pixels.subarray(i * imageSize, (i + 1) * imageSize), row * imageSize);
  }
  return scale(chosen);
}

/** A network trained on these digits, whose results are logits. */
export async function train(
  kernel: Kernel,
  digits: Digits,
  { seed, epochs, batchSize = 32, learningRate = 0.001, onEpoch }: TrainOptions,
): Promise<Sequential> {
  const model = new Sequential(
    kernel,
    layers.map((layer) => new Dense(kernel, { ...layer, seed: seedOf(layer.name, seed) })),
  );
  model.build([null, imageSize]);
  // The kernel has no operation for Adam: the weights are changed here and written back.
  const weights = await model.getWeights();
  const steps = weights.map(({ length }) => new Adam(length, learningRate));
  const random = createRandom(seed);
  const order = Array.from({ length: digits.count }, (_, i) => i);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let loss = 0;
    for (let from = 0; from < order.length; from += batchSize) {
      const batch = order.slice(from, from + batchSize);
      const labels = batch.map((i) => digits.labels[i]!);
      loss += await learn(kernel, model, imagesOf(digits, batch), labels);
      const gradients = await readAll(model.gradients);
      for (const [i, gradient] of gradients.entries()) steps[i]!.update(weights[i]!, gradient);
      model.setWeights(weights);
    }
    onEpoch?.(loss / order.length);
  }
  return model;
}

/** The network as a safetensors file, which carries Keras's description of its layers. */
export async function encodeModel(model: Sequential): Promise<Uint8Array<ArrayBuffer>> {
  const described = model.layers.map(({ name, units, activation }, i) => ({
    class_name: "Dense",
    config: {
      name,
      units,
      activation: i === model.layers.length - 1 ? "softmax" : activation,
    },
  }));
  const description = {
    class_name: "Sequential",
    config: {
      layers: [
        { class_name: "InputLayer", config: { batch_shape: [null, 28, 28] } },
        { class_name: "Flatten", config: {} },
        ...described,
      ],
    },
  };
  const arrays = await Promise.all(
    model.layers.flatMap(({ name, weight, bias }) =>
      Object.entries({ kernel: weight, bias }).map(async ([part, tensor]) =>
        [`${name}.${part}`, { shape: tensor!.shape, values: await tensor!.read() }] as const
      )
    ),
  );
  return encodeSafetensors(Object.fromEntries(arrays), { model: JSON.stringify(description) });
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task train-mnist [options]",
  summary: "An example: trains a small network on MNIST and says how often it is right.",
  options: {
    epochs: { value: "N", help: "Train on each image N times. Default: 8." },
    seed: {
      value: "N",
      help: "Seed the first weights and the order of images with N. Default: 1.",
    },
    out: { value: "FILE", help: "Save the network to this .safetensors file. Default: nowhere." },
  },
  run: async (options) => {
    const seed = wholeNumberOf(options, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: 1 });
    const epochs = wholeNumberOf(options, "epochs", { low: 1, high: 1000, otherwise: 8 });
    const out = textOf(options, "out");
    if (out !== undefined) await expectWritable(out);
    const start = performance.now();
    await using kernel = await createKernel("wasm-simd");
    using model = await train(kernel, await readDigits("training"), {
      seed,
      epochs,
      onEpoch: (loss) => print(`loss ${formatNumber(loss, 4)}`),
    });
    const test = await readDigits("test");
    using x = kernel.tensor([test.count, imageSize], scale(test.pixels));
    using y = model.predict(x);
    const right = countRight(await y.read(), test.labels);
    const elapsed = formatDuration((performance.now() - start) / 1e3);
    print(`right on ${right} of ${test.count} test images, after ${elapsed}`);
    if (out !== undefined) await writeWhole(out, await encodeModel(model));
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * A network for MNIST, 784-32-16-10, trained from scratch on any kernel that
 * computes formulas: cross-entropy, mini-batches, and Adam (Kingma & Ba 2015).
 * `deno task train-mnist --out models/fixtures/mnist.safetensors` makes that file
 * again, to the bit: the data, the seed and the order of every sum are fixed.
 *
 * @module
 */
import {
  defineCommand,
  interruptible,
  print,
  printWarning,
  runCommand,
  textOf,
  wholeNumberOf,
} from "../common/command.ts";
import { formatNumber } from "../common/numbers.ts";
import { seedOf } from "../common/random.ts";
import { formatDuration } from "../common/units.ts";
import { adam, createKernel, Dense, type Kernel, Sequential } from "../mod.ts";
import { encodeSafetensors } from "../models/encode_safetensors.ts";
import { expectWritable, writeWhole } from "../results/files.ts";
import { countRight, digitCount, type Digits, imageSize, readDigits, scale } from "./mnist.ts";

const layers = [
  { name: "hidden1", units: 32, activation: "relu" },
  { name: "hidden2", units: 16, activation: "tanh" },
  { name: "digit", units: digitCount, activation: "softmax" },
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
  /** Ends the training; what was learned so far is kept. */
  readonly signal?: AbortSignal;
  /** Called where it ended before its last epoch, with what to say of it. */
  readonly onStop?: (message: string) => void;
}

/** A network trained on these digits. */
export async function train(
  kernel: Kernel,
  digits: Digits,
  { seed, epochs, batchSize = 32, learningRate = 0.001, onEpoch, signal, onStop }: TrainOptions,
): Promise<Sequential<Dense>> {
  const model = new Sequential(
    kernel,
    layers.map((layer) => new Dense(kernel, { ...layer, seed: seedOf(layer.name, seed) })),
  );
  using optimizer = adam({ learningRate });
  model.compile({ optimizer, loss: "sparse_categorical_crossentropy" });
  const x = { shape: [digits.count, imageSize], data: scale(digits.pixels) };
  const { stopped } = await model.fit(x, digits.labels, {
    epochs,
    batchSize,
    seed,
    callbacks: [{ onEpochEnd: (_epoch, { loss }) => onEpoch?.(loss!) }],
    ...(signal ? { signal } : {}),
  });
  if (stopped) onStop?.(stopped.message);
  return model;
}

/** The network as a safetensors file, which carries Keras's description of its layers. */
export async function encodeModel(model: Sequential<Dense>): Promise<Uint8Array<ArrayBuffer>> {
  const described = model.layers.map(({ name, units, activation }) => ({
    class_name: "Dense",
    config: { name, units, activation },
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
  summary:
    "An example: trains a small network on MNIST and says how often it is right. Ctrl-C ends the training, and keeps what was learned.",
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
    const digits = await readDigits("training");
    using model = await interruptible((signal) =>
      train(kernel, digits, {
        seed,
        epochs,
        signal,
        onEpoch: (loss) => print(`loss ${formatNumber(loss, 4)}`),
        onStop: printWarning,
      })
    );
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

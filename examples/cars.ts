/**
 * Cars: how many miles each of 392 cars of 1970 to 1982 goes on a gallon, by its
 * weight, engine, year and origin (StatLib 1982, Quinlan's auto-mpg), from the
 * npm package `vega-datasets`: a regression as in Keras's and TensorFlow's
 * tutorials. A fifth of the cars is kept for the test.
 *
 * @module
 */
import cars from "vega-datasets/data/cars.json" with { type: "json" };
import { defineCommand, print, runCommand } from "../common/command.ts";
import { createRandom, shuffle } from "../common/random.ts";
import {
  adam,
  createKernel,
  Dense,
  earlyStopping,
  type Layer,
  Normalization,
  reduceLROnPlateau,
  Sequential,
} from "../mod.ts";

/** What is known of each car, one number in each column. */
const columns = [
  "Cylinders",
  "Displacement",
  "Horsepower",
  "Weight_in_lbs",
  "Acceleration",
] as const;
const origins = ["USA", "Europe", "Japan"] as const;

/** Cars, and how far each goes on a gallon. */
interface Cars {
  readonly x: number[][];
  readonly y: number[];
}

/** The cars of which all is known, in a random order, cut in two. */
function readCars(): { readonly train: Cars; readonly test: Cars } {
  const known = cars.flatMap((car) => {
    const numbers = [...columns.map((name) => car[name]), new Date(car.Year).getUTCFullYear()];
    const mpg = car.Miles_per_Gallon;
    if (mpg === null || numbers.includes(null)) return [];
    const origin = origins.map((each) => each === car.Origin ? 1 : 0);
    return [{ x: [...numbers as number[], ...origin], y: mpg }];
  });
  const order = shuffle(known, createRandom(1));
  const take = (part: typeof known): Cars => ({
    x: part.map(({ x }) => x),
    y: part.map(({ y }) => y),
  });
  const cut = Math.round(known.length * 0.8);
  return { train: take(order.slice(0, cut)), test: take(order.slice(cut)) };
}

/** Mean distances from the truth, in miles per gallon. */
export interface CarErrors {
  /** Of the cars that were kept for validation, in the best epoch. */
  readonly validation: number;
  /** Of cars that took no part. */
  readonly test: number;
  /** Of the same, if the mean of the others is said of each. */
  readonly ofMean: number;
}

/** Trains a network and says how far it is off. */
export async function learnCars(write: (line: string) => void): Promise<CarErrors> {
  const { train, test } = readCars();
  await using kernel = await createKernel("wasm-simd");
  const normalization = new Normalization(kernel);
  using model = new Sequential<Layer>([
    normalization,
    new Dense(kernel, { units: 64, activation: "relu", seed: 1 }),
    new Dense(kernel, { units: 64, activation: "relu", seed: 2 }),
    new Dense(kernel, { units: 1, seed: 3 }),
  ]);
  // Pounds and cylinders alike get mean 0 and deviation 1, by what the cars of training are.
  using all = kernel.tensor([train.x.length, train.x[0]!.length], train.x.flat());
  normalization.adapt(all);
  model.compile({ optimizer: adam({ learningRate: 0.002 }), loss: "mse", metrics: ["mae"] });
  const { epochs, history } = await model.fit(train.x, train.y, {
    epochs: 200,
    validationSplit: 0.2,
    seed: 1,
    callbacks: [
      reduceLROnPlateau({ patience: 8, factor: 0.3 }),
      earlyStopping({ monitor: "val_mae", patience: 25, restoreBestWeights: true }),
    ],
  });
  const validation = Math.min(...history.val_mae!);
  const rate = history.learning_rate!.at(-1)!;
  write(`${epochs.length} epochs, the last at a rate of ${rate.toPrecision(2)}`);
  const { mae } = await model.evaluate(test.x, test.y);
  const mean = train.y.reduce((a, b) => a + b, 0) / train.y.length;
  const ofMean = test.y.reduce((sum, y) => sum + Math.abs(y - mean), 0) / test.y.length;
  write(
    `mean error in miles per gallon: validation ${validation.toFixed(2)}, test ${
      mae!.toFixed(2)
    }; by the mean alone ${ofMean.toFixed(2)}`,
  );
  const [said] = (await model.predict(test.x.slice(0, 1))).toArray() as number[][];
  write(`the first test car goes ${test.y[0]} miles; the network says ${said![0]!.toFixed(1)}`);
  return { validation, test: mae!, ofMean };
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task cars",
  summary: "An example: tells how far cars go on a gallon.",
  run: async () => {
    await learnCars(print);
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

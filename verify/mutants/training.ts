/**
 * Broken schedules, constraints and ways of training, each of which the check of
 * layers must find.
 *
 * @module
 */
import type { BackwardOptions } from "../../layers/layer.ts";
import type { Schedule } from "../../layers/training/schedules.ts";
import type { Library } from "../layers/library.ts";
import { around } from "./layer_subject.ts";
import { brokenLibrary } from "./layers.ts";
import { dataOf, type Mutant } from "./mutant.ts";

type Schedules = Library["schedules"];

const schedule = (name: string, change: (own: Schedules) => Partial<Schedules>): Mutant =>
  brokenLibrary(
    name,
    "schedule/",
    ({ schedules }) => ({ schedules: { ...schedules, ...change(schedules) } }),
  );

const shifted = (rate: Schedule, by: number): Schedule => (step) => rate(step + by);

/** All of them. */
export const trainingMutants: readonly Mutant[] = [
  schedule("exponential decay: stairs are rounded", (own) => ({
    exponentialDecay: (options) =>
      options.staircase
        ? (step) =>
          options.initialLearningRate * options.decayRate ** Math.round(step / options.decaySteps)
        : own.exponentialDecay(options),
  })),
  schedule("piecewise decay: a boundary belongs to the next part", (own) => ({
    piecewiseConstantDecay: (options) => shifted(own.piecewiseConstantDecay(options), 1),
  })),
  schedule("polynomial decay: it goes on below its end", () => ({
    polynomialDecay:
      ({ initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1 }) => (step) =>
        endLearningRate +
        (initialLearningRate - endLearningRate) * Math.abs(1 - step / decaySteps) ** power,
  })),
  schedule("cosine decay: alpha is a rate, not a share", (own) => ({
    cosineDecay: (options) =>
      own.cosineDecay({ ...options, alpha: (options.alpha ?? 0) * options.initialLearningRate }),
  })),
  schedule("cosine decay: the warm-up is a step longer", (own) => ({
    cosineDecay: (options) =>
      own.cosineDecay(
        options.warmupSteps === undefined
          ? options
          : { ...options, warmupSteps: options.warmupSteps + 1 },
      ),
  })),
  brokenLibrary("constraints: norms are of rows", "constraint/", ({ constraint }) => ({
    constraint: (given) => constraint(given.name === "non_neg" ? given : { ...given, axis: 1 }),
  })),
  brokenLibrary("constraints: a rate is ignored", "constraint/", ({ constraint }) => ({
    constraint: ({ rate: _, ...given }) => constraint(given),
  })),
  brokenLibrary("training: a shorter batch is divided by the size of the others", "steps/", (
    { layers },
  ) => ({
    layers: {
      ...layers,
      Sequential: (parts) => {
        const model = layers.Sequential(parts);
        const { backward } = model;
        let most = 0;
        model.backward = ((dy, y, given: BackwardOptions = {}) => {
          const rows = dy.shape[0]!;
          most = Math.max(most, rows);
          const values = dataOf(dy);
          values.forEach((value, i) => values[i] = value * rows / most);
          return backward.call(model, dy, y, given);
        }) as typeof backward;
        return model;
      },
    },
  })),
  brokenLibrary("training: penalties are left out", "steps/", ({ layers }) => ({
    layers: {
      ...layers,
      Dense: (kernel, options) => layers.Dense(kernel, { ...options!, kernelRegularizer: null }),
    },
  })),
  brokenLibrary("training: the gradient of a fused loss is of the results", "steps/", (
    { layers },
  ) => ({
    layers: {
      ...layers,
      Dense: (kernel, options) => {
        const layer = layers.Dense(kernel, options);
        return around(layer, {
          backward: ((dy, y, given: BackwardOptions = {}) =>
            layer.backward(dy, y, { ...given, beforeActivation: false })) as typeof layer.backward,
        });
      },
    },
  })),
];

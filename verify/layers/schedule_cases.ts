/**
 * The schedules of Keras 3.16 in float64, from its documentation
 * (keras/src/optimizers/schedules/learning_rate_schedule.py): one step at a time,
 * on both sides of every place where their formula changes.
 *
 * @module
 */
import type { Schedule } from "../../layers/training/schedules.ts";
import { compareBounded, type Outcome } from "../compare.ts";
import type { Library } from "./library.ts";

/** A schedule with its definition. */
export interface ScheduleCase {
  readonly name: string;
  readonly make: (schedules: Library["schedules"]) => Schedule;
  readonly rate: Schedule;
}

const decay = { initialLearningRate: 0.5, decaySteps: 10, decayRate: 0.75 } as const;

/** Every schedule, with each option. */
export const scheduleCases: readonly ScheduleCase[] = [
  {
    name: "exponential decay",
    make: (schedules) => schedules.exponentialDecay(decay),
    rate: (step) => 0.5 * Math.exp(Math.log(0.75) * step / 10),
  },
  {
    name: "exponential decay by stairs",
    make: (schedules) => schedules.exponentialDecay({ ...decay, staircase: true }),
    rate: (step) => 0.5 * 0.75 ** Math.floor(step / 10),
  },
  {
    name: "inverse time decay",
    make: (schedules) => schedules.inverseTimeDecay(decay),
    rate: (step) => 0.5 * 10 / (10 + 0.75 * step),
  },
  {
    name: "inverse time decay by stairs",
    make: (schedules) => schedules.inverseTimeDecay({ ...decay, staircase: true }),
    rate: (step) => 0.5 / (1 + 0.75 * Math.floor(step / 10)),
  },
  {
    name: "piecewise constant decay",
    make: (schedules) =>
      schedules.piecewiseConstantDecay({ boundaries: [7, 20], values: [1, 0.5, 0.125] }),
    rate: (step) => step <= 7 ? 1 : step <= 20 ? 0.5 : 0.125,
  },
  {
    name: "polynomial decay",
    make: (schedules) =>
      schedules.polynomialDecay({ initialLearningRate: 0.5, decaySteps: 20, power: 2 }),
    rate: (step) => 1e-4 + (0.5 - 1e-4) * (1 - Math.min(step, 20) / 20) ** 2,
  },
  {
    name: "polynomial decay that begins again",
    make: (schedules) =>
      schedules.polynomialDecay({
        initialLearningRate: 0.5,
        endLearningRate: 0.125,
        decaySteps: 10,
        cycle: true,
      }),
    rate: (step) => {
      let whole = 10;
      while (whole < step) whole += 10;
      return 0.125 + 0.375 * (whole - step) / whole;
    },
  },
  {
    name: "cosine decay",
    make: (schedules) =>
      schedules.cosineDecay({ initialLearningRate: 0.5, decaySteps: 20, alpha: 0.25 }),
    // (1 + cos 2a)/2 is cos² a.
    rate: (step) => 0.5 * (0.25 + 0.75 * Math.cos(Math.PI * Math.min(step, 20) / 40) ** 2),
  },
  {
    name: "cosine decay after a warm-up",
    make: (schedules) =>
      schedules.cosineDecay({
        initialLearningRate: 0.125,
        decaySteps: 20,
        warmupTarget: 0.5,
        warmupSteps: 8,
      }),
    rate: (step) =>
      step < 8
        ? 0.125 + 0.375 * step / 8
        : 0.5 * Math.cos(Math.PI * Math.min(step - 8, 20) / 40) ** 2,
  },
];

/** Holds a schedule to its definition, to what its few operations of float64 may be off by. */
export function judgeSchedule(schedules: Library["schedules"], one: ScheduleCase): Outcome {
  const schedule = one.make(schedules);
  const steps = Array.from({ length: 45 }, (_, step) => step);
  const want = steps.map((step) => one.rate(step));
  return compareBounded(
    "the rate by the number of steps before",
    steps.map((step) => schedule(step)),
    want,
    // Cosines near 0 have the rounding of their argument.
    (i) => 2 ** -48 * want[i]! + 2 ** -50,
    45,
  );
}

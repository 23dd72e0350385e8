/**
 * Learning rates that follow a plan: functions of the number of steps made
 * before, with the formulas, names and arguments of Keras 3's schedules
 * (keras/src/optimizers/schedules/learning_rate_schedule.py).
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { boolean, checkOptions } from "../../common/options.ts";
import { finite, fraction, notNegative, positive } from "../numbers.ts";

/** The learning rate of a step, given how many steps were made before. */
export type Schedule = (step: number) => number;

/** What a schedule was made of: Keras's class, and the arguments under their names here. */
export interface ScheduleSource {
  readonly className: string;
  readonly options: object;
}

const sources = new WeakMap<Schedule, ScheduleSource>();

/** The schedule, of which {@linkcode sourceOf} tells what it was made of. */
function made(className: string, options: object, schedule: Schedule): Schedule {
  sources.set(schedule, { className, options: structuredClone(options) });
  return schedule;
}

/** What a schedule was made of; undefined for a function of the caller's own. */
export function sourceOf(schedule: Schedule): ScheduleSource | undefined {
  return sources.get(schedule);
}

/** The options of {@linkcode exponentialDecay} and {@linkcode inverseTimeDecay}. */
export interface DecayOptions {
  /** The rate of the first step. */
  readonly initialLearningRate: number;
  /** After how many steps `decayRate` takes effect once. */
  readonly decaySteps: number;
  /** By what the rate is multiplied, or its inverse grows. */
  readonly decayRate: number;
  /** Whether it changes only every `decaySteps` steps; default false. */
  readonly staircase?: boolean;
}

function readDecay(owner: string, given: DecayOptions): (step: number) => [DecayOptions, number] {
  const options = required<DecayOptions>(
    owner,
    checkOptions<DecayOptions>(owner, given, {
      initialLearningRate: notNegative,
      decaySteps: positive,
      decayRate: notNegative,
      staircase: boolean,
    }),
    ["initialLearningRate", "decaySteps", "decayRate"],
  );
  return (step) => {
    const passed = step / options.decaySteps;
    return [options, options.staircase ? Math.floor(passed) : passed];
  };
}

function required<T extends object>(owner: string, options: T, names: (keyof T & string)[]): T {
  for (const name of names) {
    if (options[name] === undefined) {
      throw new ArgumentError(`${owner} needs the option ${name}`);
    }
  }
  return options;
}

/**
 * initialLearningRate · decayRate^(step / decaySteps): Keras's `ExponentialDecay`.
 *
 * @throws {ArgumentError} where an option is missing, unknown or not allowed.
 *
 * @example Half the rate every 100 steps
 * ```ts
 * import { exponentialDecay } from "@densemark/densemark";
 *
 * const rate = exponentialDecay({ initialLearningRate: 0.1, decaySteps: 100, decayRate: 0.5 });
 * if (`${[rate(0), rate(100), rate(200)]}` !== "0.1,0.05,0.025") throw new Error(`${rate(100)}`);
 * ```
 */
export function exponentialDecay(options: DecayOptions): Schedule {
  const read = readDecay("exponentialDecay()", options);
  return made("ExponentialDecay", options, (step) => {
    const [{ initialLearningRate, decayRate }, passed] = read(step);
    return initialLearningRate * decayRate ** passed;
  });
}

/**
 * initialLearningRate / (1 + decayRate · step / decaySteps): Keras's `InverseTimeDecay`.
 *
 * @throws {ArgumentError} where an option is missing, unknown or not allowed.
 *
 * @example Half the rate after 100 steps, a third after 200
 * ```ts
 * import { inverseTimeDecay } from "@densemark/densemark";
 *
 * const rate = inverseTimeDecay({ initialLearningRate: 0.6, decaySteps: 100, decayRate: 1 });
 * const rates = [0, 100, 200].map((step) => +rate(step).toFixed(4));
 * if (`${rates}` !== "0.6,0.3,0.2") throw new Error(`${rates}`);
 * ```
 */
export function inverseTimeDecay(options: DecayOptions): Schedule {
  const read = readDecay("inverseTimeDecay()", options);
  return made("InverseTimeDecay", options, (step) => {
    const [{ initialLearningRate, decayRate }, passed] = read(step);
    return initialLearningRate / (1 + decayRate * passed);
  });
}

/** The options of {@linkcode piecewiseConstantDecay}. */
export interface PiecewiseOptions {
  /** After which steps the rate changes, rising. */
  readonly boundaries: readonly number[];
  /** The rates, one more than boundaries. */
  readonly values: readonly number[];
}

/**
 * values[0] up to and at step boundaries[0], then values[1], and so on: Keras's
 * `PiecewiseConstantDecay`.
 *
 * @throws {ArgumentError} where there is not one value more than boundaries, or these do not rise.
 *
 * @example Up to step 100, up to 200, and then
 * ```ts
 * import { piecewiseConstantDecay } from "@densemark/densemark";
 *
 * const rate = piecewiseConstantDecay({ boundaries: [100, 200], values: [0.3, 0.2, 0.1] });
 * const rates = [100, 101, 999].map((step) => +rate(step).toFixed(4));
 * if (`${rates}` !== "0.3,0.2,0.1") throw new Error(`${rates}`);
 * ```
 */
export function piecewiseConstantDecay(options: PiecewiseOptions): Schedule {
  const owner = "piecewiseConstantDecay()";
  const numbers = (value: unknown) =>
    Array.isArray(value) && value.every((each) => finite(each) === null)
      ? null
      : "an array of numbers";
  const checked = checkOptions<PiecewiseOptions>(owner, options, {
    boundaries: numbers,
    values: numbers,
  });
  const { boundaries, values } = required<PiecewiseOptions>(owner, checked, [
    "boundaries",
    "values",
  ]);
  if (values.length !== boundaries.length + 1) {
    throw new ArgumentError(
      `${owner} needs one value more than boundaries; got ${values.length} values and ${boundaries.length} boundaries`,
    );
  }
  if (boundaries.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1]!)) {
    throw new ArgumentError(`${owner} needs boundaries that rise; got ${boundaries.join(", ")}`);
  }
  const [ends, rates] = [[...boundaries], [...values]];
  return made("PiecewiseConstantDecay", checked, (step) => {
    const i = ends.findIndex((end) => step <= end);
    return rates[i < 0 ? ends.length : i]!;
  });
}

/** The options of {@linkcode polynomialDecay}. */
export interface PolynomialOptions {
  /** The rate of the first step. */
  readonly initialLearningRate: number;
  /** After how many steps the rate is `endLearningRate`. */
  readonly decaySteps: number;
  /** The last rate; default 0.0001. */
  readonly endLearningRate?: number;
  /** The power of the way that is left; default 1, a straight line. */
  readonly power?: number;
  /** Whether it begins again, each time with more steps, when the end is reached; default false. */
  readonly cycle?: boolean;
}

/**
 * From the first rate to the last one along a power of the way that is left:
 * Keras's `PolynomialDecay`.
 *
 * @throws {ArgumentError} where an option is missing, unknown or not allowed.
 *
 * @example Along a straight line
 * ```ts
 * import { polynomialDecay } from "@densemark/densemark";
 *
 * const rate = polynomialDecay({ initialLearningRate: 0.1, decaySteps: 100, endLearningRate: 0 });
 * const rates = [0, 50, 100, 999].map((step) => +rate(step).toFixed(4));
 * if (`${rates}` !== "0.1,0.05,0,0") throw new Error(`${rates}`);
 * ```
 */
export function polynomialDecay(options: PolynomialOptions): Schedule {
  const owner = "polynomialDecay()";
  const checked = checkOptions<PolynomialOptions>(owner, options, {
    initialLearningRate: notNegative,
    decaySteps: positive,
    endLearningRate: notNegative,
    power: finite,
    cycle: boolean,
  });
  const { initialLearningRate: first, decaySteps, endLearningRate: last = 1e-4, power = 1, cycle } =
    required<PolynomialOptions>(owner, checked, ["initialLearningRate", "decaySteps"]);
  return made("PolynomialDecay", checked, (step) => {
    const whole = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    return (first - last) * (1 - Math.min(step, whole) / whole) ** power + last;
  });
}

/** The options of {@linkcode cosineDecay}. */
export interface CosineOptions {
  /** The rate of the first step. */
  readonly initialLearningRate: number;
  /** How many steps the rate falls, after the warm-up. */
  readonly decaySteps: number;
  /** The last rate as a share of the highest; default 0. */
  readonly alpha?: number;
  /** The rate that the warm-up ends with; without it there is none. */
  readonly warmupTarget?: number;
  /** How many steps the rate rises to `warmupTarget`; default 0. */
  readonly warmupSteps?: number;
}

/**
 * Along half a cosine from the highest rate to `alpha` of it, after a straight
 * warm-up where there is one: Keras's `CosineDecay` (Loshchilov & Hutter, 2017).
 *
 * @throws {ArgumentError} where an option is missing, unknown or not allowed.
 *
 * @example After a warm-up of 10 steps
 * ```ts
 * import { cosineDecay } from "@densemark/densemark";
 *
 * const rate = cosineDecay({
 *   initialLearningRate: 0,
 *   warmupTarget: 0.1,
 *   warmupSteps: 10,
 *   decaySteps: 100,
 * });
 * const rates = [0, 5, 10, 60, 110].map((step) => +rate(step).toFixed(4));
 * if (`${rates}` !== "0,0.05,0.1,0.05,0") throw new Error(`${rates}`);
 * ```
 */
export function cosineDecay(options: CosineOptions): Schedule {
  const owner = "cosineDecay()";
  const checked = checkOptions<CosineOptions>(owner, options, {
    initialLearningRate: notNegative,
    decaySteps: positive,
    alpha: fraction,
    warmupTarget: notNegative,
    warmupSteps: notNegative,
  });
  const { initialLearningRate: first, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } =
    required<CosineOptions>(owner, checked, ["initialLearningRate", "decaySteps"]);
  const fall = (step: number, from: number) => {
    const cosine = (1 + Math.cos(Math.PI * Math.min(1, step / decaySteps))) / 2;
    return from * ((1 - alpha) * cosine + alpha);
  };
  return made("CosineDecay", checked, (step) => {
    if (warmupTarget === undefined) return fall(step, first);
    return step < warmupSteps
      ? first + (warmupTarget - first) * step / warmupSteps
      : fall(step - warmupSteps, warmupTarget);
  });
}

/** What an optimizer takes as learning rate. */
export type LearningRate = number | Schedule;

/** The learning rate of a step. */
export function rateAt(learningRate: LearningRate, step: number): number {
  const rate: unknown = typeof learningRate === "number" ? learningRate : learningRate(step);
  const wanted = notNegative(rate);
  if (wanted === null) return rate as number;
  throw new ArgumentError(
    `a learning rate must be ${wanted}; the schedule gives ${describe(rate)} at step ${step}`,
  );
}

/** Allows learning rates. */
export function learningRate(value: unknown): string | null {
  const wanted = typeof value === "function" ? null : notNegative(value);
  return wanted === null ? null : `${wanted} or a schedule`;
}

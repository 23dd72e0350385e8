/**
 * The losses of which each result's cost depends on that result alone, with
 * Keras 3's names, arguments and clipping (keras/src/losses/losses.py).
 *
 * @module
 */
import { boolean, checkOptions } from "../../common/options.ts";
import {
  abs,
  activated,
  add,
  choose,
  div,
  exp,
  type Expression,
  log,
  log1p,
  max,
  min,
  mul,
  neg,
  sub,
} from "../../kernels/formula/expression.ts";
import { fraction, positive } from "../numbers.ts";
import { ElementwiseLoss, type Loss } from "./loss.ts";

/** What Keras adds or clips with, `keras.config.epsilon()`, as float32. */
export const epsilon: number = Math.fround(1e-7);
/** The largest probability below 1 that Keras lets into a logarithm: 1 − epsilon as float32. */
export const largestProbability: number = Math.fround(1 - epsilon);

const squared = (e: Expression) => mul(e, e);

/** (t − y)², the mean over the results: Keras's `MeanSquaredError`, named `"mse"`. */
export function meanSquaredError(): Loss {
  return new ElementwiseLoss("mean_squared_error", (y, t) => squared(sub(y, t)));
}

/** |t − y|, the mean over the results: Keras's `MeanAbsoluteError`, named `"mae"`. */
export function meanAbsoluteError(): Loss {
  return new ElementwiseLoss("mean_absolute_error", (y, t) => abs(sub(y, t)));
}

/** 100·|(t − y)/t|, with |t| at least 1e-7: Keras's `MeanAbsolutePercentageError`, named `"mape"`. */
export function meanAbsolutePercentageError(): Loss {
  return new ElementwiseLoss(
    "mean_absolute_percentage_error",
    (y, t) => mul(100, abs(div(sub(t, y), max(abs(t), epsilon)))),
  );
}

/** (log(1 + t) − log(1 + y))², with t and y at least 1e-7: Keras's `MeanSquaredLogarithmicError`, named `"msle"`. */
export function meanSquaredLogarithmicError(): Loss {
  const logarithm = (e: Expression) => log1p(max(e, epsilon));
  return new ElementwiseLoss(
    "mean_squared_logarithmic_error",
    (y, t) => squared(sub(logarithm(y), logarithm(t))),
  );
}

/** The options of {@linkcode huber}. */
export interface HuberOptions {
  /** Where the square goes over into a straight line, above 0; default 1. */
  readonly delta?: number;
}

/**
 * e²/2 for errors up to delta and a straight line beyond: Keras's `Huber`, named `"huber"`.
 *
 * @throws {ArgumentError} where delta is not a number above 0.
 */
export function huber(options: HuberOptions = {}): Loss {
  const given = checkOptions<HuberOptions>("huber()", options, { delta: positive });
  const delta = Math.fround(given.delta ?? 1);
  return new ElementwiseLoss("huber", (y, t) => {
    const error = abs(sub(y, t));
    const far = sub(mul(delta, error), delta * delta / 2);
    return choose("lessOrEqual", error, delta, mul(0.5, squared(error)), far);
  });
}

/** log cosh(y − t): Keras's `LogCosh`, named `"log_cosh"`. */
export function logCosh(): Loss {
  return new ElementwiseLoss(
    "log_cosh",
    (y, t) => {
      const error = abs(sub(y, t));
      return add(error, sub(log1p(exp(mul(-2, error))), Math.LN2));
    },
    (y, t) => activated("tanh", sub(y, t)),
  );
}

/** y − t·log(y + 1e-7): Keras's `Poisson`, named `"poisson"`. */
export function poisson(): Loss {
  return new ElementwiseLoss("poisson", (y, t) => sub(y, mul(t, log(add(y, epsilon)))));
}

/** t·log(t/y), the sum over the results, both clipped to [1e-7, 1]: Keras's `KLDivergence`, named `"kl_divergence"`. */
export function klDivergence(): Loss {
  const clipped = (e: Expression) => min(max(e, epsilon), 1);
  return new ElementwiseLoss(
    "kl_divergence",
    (y, t) => mul(clipped(t), log(div(clipped(t), clipped(y)))),
    null,
    null,
    "sum",
  );
}

/** The options of the cross-entropies. */
export interface CrossentropyOptions {
  /** Whether the predictions are logits, to which no sigmoid or softmax was applied; default false. */
  readonly fromLogits?: boolean;
  /** By how much targets are drawn from 0 and 1 towards equal ones, in [0, 1]; default 0. */
  readonly labelSmoothing?: number;
}

/** The options of a cross-entropy with their defaults. */
export function readCrossentropyOptions(
  owner: string,
  given: CrossentropyOptions,
): Required<CrossentropyOptions> {
  const { fromLogits = false, labelSmoothing = 0 } = checkOptions<CrossentropyOptions>(
    owner,
    given,
    { fromLogits: boolean, labelSmoothing: fraction },
  );
  return { fromLogits, labelSmoothing };
}

/**
 * −t·log(y) − (1 − t)·log(1 − y), the mean over the results: Keras's
 * `BinaryCrossentropy`, named `"binary_crossentropy"`. Probabilities are clipped
 * to [1e-7, 1 − 1e-7], those of a sigmoid that the model ends with by float32 alone:
 * the loss is at most 87 for a target of 1 and 17 for one of 0 then. With
 * `fromLogits` nothing is clipped.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 */
export function binaryCrossentropy(options: CrossentropyOptions = {}): Loss {
  const { fromLogits, labelSmoothing } = readCrossentropyOptions("binaryCrossentropy()", options);
  const smooth = (t: Expression) =>
    labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / 2);
  const name = "binary_crossentropy";
  const ofLogits = new ElementwiseLoss(
    name,
    (z, t) => add(sub(activated("relu", z), mul(z, smooth(t))), log1p(exp(neg(abs(z))))),
    (z, t) => sub(activated("sigmoid", z), smooth(t)),
  );
  if (fromLogits) return ofLogits;
  return new ElementwiseLoss(
    name,
    (y, t) => {
      const p = min(max(y, epsilon), largestProbability);
      const s = smooth(t);
      return neg(add(mul(s, log(p)), mul(sub(1, s), log(sub(1, p)))));
    },
    null,
    { activation: "sigmoid", loss: ofLogits },
  );
}

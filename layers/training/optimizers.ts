/**
 * The optimizers by Keras's names, with Keras 3's arguments and defaults.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { boolean } from "../../common/options.ts";
import { formatList } from "../../common/text.ts";
import { plainName } from "../names.ts";
import { decay, fraction, notNegative } from "../numbers.ts";
import { Optimizer, type OptimizerOptions, readOptimizerOptions } from "./optimizer.ts";
import {
  adadeltaRule,
  adagradRule,
  adamaxRule,
  adamRule,
  lionRule,
  nadamRule,
  rmspropRule,
  sgdRule,
} from "./update_rules.ts";

/** The options of {@linkcode sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** The share of the last change that goes on, in [0, 1]; default 0. */
  readonly momentum?: number;
  /** Whether the momentum is applied ahead (Nesterov); default false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with a learning rate of 0.01: Keras's `SGD`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Two steps with momentum
 * ```ts
 * import { createKernel, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
 * using tensor = kernel.tensor([1], [1]);
 * using gradient = kernel.tensor([1], [1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // 0.1 · 1, then as much again and 0.9 of the first step.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.710") throw new Error(`${values}`);
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const checked = readOptimizerOptions<SgdOptions>("sgd()", options, {
    momentum: fraction,
    nesterov: boolean,
  });
  const { momentum = 0, nesterov = false } = checked;
  return new Optimizer("sgd", sgdRule(momentum, nesterov), { learningRate: 0.01, ...checked });
}

/** The options of {@linkcode rmsprop}. */
export interface RmspropOptions extends OptimizerOptions {
  /** The share of the mean square that stays, in [0, 1); default 0.9. */
  readonly rho?: number;
  /** The share of the last change that goes on, in [0, 1]; default 0. */
  readonly momentum?: number;
  /** What is added under the root; default 1e-7. */
  readonly epsilon?: number;
  /** Whether the square of the mean is taken from the mean square; default false. */
  readonly centered?: boolean;
}

/**
 * Gradients over the root of their mean square: Keras's `RMSprop`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example The first step
 * ```ts
 * import { createKernel, rmsprop } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = rmsprop({ learningRate: 0.1 });
 * using tensor = kernel.tensor([2], [1, 1]);
 * using gradient = kernel.tensor([2], [3, -0.1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // The mean square is a tenth of the square at first: the step is 0.1/√0.1.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.684,1.316") throw new Error(`${values}`);
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const checked = readOptimizerOptions<RmspropOptions>("rmsprop()", options, {
    rho: decay,
    momentum: fraction,
    epsilon: notNegative,
    centered: boolean,
  });
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = checked;
  const rule = rmspropRule({ rho, momentum, epsilon, centered });
  return new Optimizer("rmsprop", rule, { learningRate: 0.001, ...checked });
}

/** The options of {@linkcode adamax} and {@linkcode nadam}, and among those of {@linkcode adam}. */
export interface BetaOptions extends OptimizerOptions {
  /** The share of the mean that stays, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /** The share of the mean square that stays, in [0, 1); default 0.999. */
  readonly beta2?: number;
  /** What is added to the root; default 1e-7. */
  readonly epsilon?: number;
}

/** The options of {@linkcode adam} and {@linkcode adamW}. */
export interface AdamOptions extends BetaOptions {
  /** Whether the largest mean square so far is taken (Reddi, Kale & Kumar 2018); default false. */
  readonly amsgrad?: boolean;
}

const betaChecks = { beta1: decay, beta2: decay, epsilon: notNegative } as const;
const betasOf = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: BetaOptions) => ({
  beta1,
  beta2,
  epsilon,
});

function makeAdam(name: string, owner: string, options: AdamOptions, weightDecay: number | null) {
  const checked = readOptimizerOptions<AdamOptions>(owner, options, {
    ...betaChecks,
    amsgrad: boolean,
  });
  const rule = adamRule(betasOf(checked), checked.amsgrad ?? false);
  return new Optimizer(name, rule, { learningRate: 0.001, weightDecay, ...checked });
}

/**
 * Adam (Kingma & Ba 2015) with Keras's defaults: learning rate 0.001, epsilon 1e-7.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example One step by hand
 * ```ts
 * import { adam, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = adam({ learningRate: 0.5 });
 * using tensor = kernel.tensor([2], [1, 1]);
 * using gradient = kernel.tensor([2], [3, -0.1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // The first step of Adam is as long as the learning rate, whatever the gradient.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.500,1.500") throw new Error(`${values}`);
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return makeAdam("adam", "adam()", options, null);
}

/**
 * Adam with a weight decay of 0.004 (Loshchilov & Hutter 2019): Keras's `AdamW`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Weights decay where there is no gradient
 * ```ts
 * import { adamW, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = adamW({ learningRate: 0.1, weightDecay: 0.5 });
 * using tensor = kernel.tensor([1], [1]);
 * using gradient = kernel.tensor([1], [0]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // 1 - 0.1 · 0.5 · 1.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.950") throw new Error(`${values}`);
 * ```
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return makeAdam("adamw", "adamW()", options, 0.004);
}

/**
 * Adam with Nesterov's momentum (Dozat 2016): Keras's `Nadam`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example The first step
 * ```ts
 * import { createKernel, nadam } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = nadam({ learningRate: 0.1 });
 * using tensor = kernel.tensor([2], [1, 1]);
 * using gradient = kernel.tensor([2], [3, -0.1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // As long as the rate and a bit, whatever the gradient.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.894,1.106") throw new Error(`${values}`);
 * ```
 */
export function nadam(options: BetaOptions = {}): Optimizer {
  const checked = readOptimizerOptions<BetaOptions>("nadam()", options, betaChecks);
  return new Optimizer("nadam", nadamRule(betasOf(checked)), { learningRate: 0.001, ...checked });
}

/**
 * Adam with the largest gradient instead of the mean square: Keras's `Adamax`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example The first step
 * ```ts
 * import { adamax, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = adamax({ learningRate: 0.1 });
 * using tensor = kernel.tensor([2], [1, 1]);
 * using gradient = kernel.tensor([2], [3, -0.1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // As long as the learning rate.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.900,1.100") throw new Error(`${values}`);
 * ```
 */
export function adamax(options: BetaOptions = {}): Optimizer {
  const checked = readOptimizerOptions<BetaOptions>("adamax()", options, betaChecks);
  return new Optimizer("adamax", adamaxRule(betasOf(checked)), { learningRate: 0.001, ...checked });
}

/** The options of {@linkcode adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** What the sum of squares begins with; default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** What is added under the root; default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Gradients over the root of the sum of their squares (Duchi et al. 2011): Keras's `Adagrad`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Steps that get shorter
 * ```ts
 * import { adagrad, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = adagrad({ learningRate: 0.1, initialAccumulatorValue: 0 });
 * using tensor = kernel.tensor([1], [1]);
 * using gradient = kernel.tensor([1], [5]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // 0.1/√1 and 0.1/√2.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.829") throw new Error(`${values}`);
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const checked = readOptimizerOptions<AdagradOptions>("adagrad()", options, {
    initialAccumulatorValue: notNegative,
    epsilon: notNegative,
  });
  const rule = adagradRule(checked.initialAccumulatorValue ?? 0.1, checked.epsilon ?? 1e-7);
  return new Optimizer("adagrad", rule, { learningRate: 0.001, ...checked });
}

/** The options of {@linkcode adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** The share of the mean squares that stays, in [0, 1); default 0.95. */
  readonly rho?: number;
  /** What is added under the roots; default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Zeiler's Adadelta of 2012, with Keras's learning rate of 0.001: Keras's `Adadelta`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example The first step
 * ```ts
 * import { adadelta, createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = adadelta({ learningRate: 1, epsilon: 0.01 });
 * using tensor = kernel.tensor([1], [1]);
 * using gradient = kernel.tensor([1], [1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // √(0.01/(0.05 · 1 + 0.01)) · 1.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.592") throw new Error(`${values}`);
 * ```
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const checked = readOptimizerOptions<AdadeltaOptions>("adadelta()", options, {
    rho: decay,
    epsilon: notNegative,
  });
  const rule = adadeltaRule(checked.rho ?? 0.95, checked.epsilon ?? 1e-7);
  return new Optimizer("adadelta", rule, { learningRate: 0.001, ...checked });
}

/** The options of {@linkcode lion}. */
export type LionOptions = Omit<BetaOptions, "epsilon">;

/**
 * The sign of a momentum (Chen et al. 2023), beta2 0.99: Keras's `Lion`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 *
 * @example Only the sign counts
 * ```ts
 * import { createKernel, lion } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using optimizer = lion({ learningRate: 0.1 });
 * using tensor = kernel.tensor([2], [1, 1]);
 * using gradient = kernel.tensor([2], [3, -0.1]);
 * optimizer.apply(kernel, [{ tensor, gradient }]);
 * // As long as the learning rate.
 * const values = [...await tensor.read()].map((value) => value.toFixed(3));
 * if (`${values}` !== "0.900,1.100") throw new Error(`${values}`);
 * ```
 */
export function lion(options: LionOptions = {}): Optimizer {
  const checked = readOptimizerOptions<LionOptions>("lion()", options, {
    beta1: decay,
    beta2: decay,
  });
  const rule = lionRule(checked.beta1 ?? 0.9, checked.beta2 ?? 0.99);
  return new Optimizer("lion", rule, { learningRate: 0.001, ...checked });
}

/** The name of an optimizer, as Keras has it, in lower case. */
export type OptimizerName =
  | "sgd"
  | "rmsprop"
  | "adam"
  | "adamw"
  | "nadam"
  | "adamax"
  | "adagrad"
  | "adadelta"
  | "lion";

/** What makes each optimizer. */
export const optimizerMakers: Readonly<
  Record<OptimizerName, (options?: OptimizerOptions) => Optimizer>
> = {
  sgd,
  rmsprop,
  adam,
  adamw: adamW,
  nadam,
  adamax,
  adagrad,
  adadelta,
  lion,
};

/** All names of optimizers. */
export const optimizerNames: readonly OptimizerName[] = Object.keys(
  optimizerMakers,
) as OptimizerName[];

/**
 * The optimizer that was given, or a new one that is called so.
 *
 * @throws {ArgumentError} where there is none of that name.
 */
export function readOptimizer(given: unknown): Optimizer {
  if (given instanceof Optimizer) return given;
  const name = typeof given === "string"
    ? optimizerNames.find((known) => known === plainName(given))
    : undefined;
  if (name !== undefined) return optimizerMakers[name]();
  throw new ArgumentError(
    `an optimizer is made by functions such as adam(), or one of ${
      formatList(optimizerNames)
    }; got ${describe(given)}`,
  );
}

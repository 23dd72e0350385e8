/**
 * All activations of Keras 3 by name, with their parameters and defaults: the
 * table to which another one is added. Those of the kernels' contract stay theirs
 * where their parameters have the contract's values.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { boolean, checkOptions, type OptionCheck, unchecked } from "../common/options.ts";
import { formatList, quote } from "../common/text.ts";
import type { Activation } from "../kernels/activation.ts";
import { checkPointwise } from "../kernels/formula/checks.ts";
import { type Expression, isExpression, operand } from "../kernels/formula/expression.ts";
import { Formula } from "../kernels/formula/formula.ts";
import {
  type ActivationExpression,
  type ActivationFunction,
  type ActivationParameter,
  type Elementwise,
  FormulaActivation,
  KernelActivation,
} from "./activation_function.ts";
import { alongAxis, type Axis, checkAxis } from "./axis_activation.ts";
import { isFloat } from "./numbers.ts";
import {
  celu,
  elu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  leakyRelu,
  logSigmoid,
  relu,
  softShrink,
  softsign,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  thresholded,
} from "./elementwise.ts";
import {
  glu,
  logSoftmax,
  RowActivation,
  type Rowwise,
  softmax,
  sparsemax,
} from "./row_activations.ts";

type Made = Activation | Elementwise | Rowwise;

/** A parameter: its default, undefined where it has none, and what it must be. */
interface Parameter<T> {
  readonly value?: T;
  readonly check: OptionCheck;
}

/** How an activation is made of its parameters, which are all there; a name stands for one of the contract. */
interface Definition {
  readonly parameters: Readonly<Record<string, Parameter<ActivationParameter>>>;
  readonly make: (values: never) => Made;
}

const number = (
  value?: number,
  allowed = "a finite number",
  test: (value: number) => boolean = () => true,
): Parameter<number> => ({
  ...(value === undefined ? {} : { value }),
  check: (given) => isFloat(given) && test(given) && test(Math.fround(given)) ? null : allowed,
});
const notNegative = (value: number): Parameter<number> =>
  number(value, "a finite number >= 0", (v) => v >= 0);
const axis: Parameter<Axis> = { value: -1, check: unchecked };

function of<P extends object>(
  parameters: { readonly [K in keyof P]: Parameter<P[K]> },
  make: (values: P) => Made,
): Definition {
  return { parameters, make } as unknown as Definition;
}
const plain = (what: Activation | Elementwise): Definition => of({}, () => what);
const rows = (name: string, how: Rowwise): Definition =>
  of({ axis }, ({ axis }) => alongAxis(name, how, axis));

/** The names of all activations of layers, without aliases. */
export const activationNames = [
  "linear",
  "relu",
  "leaky_relu",
  "relu6",
  "sigmoid",
  "tanh",
  "softmax",
  "log_softmax",
  "softplus",
  "softsign",
  "elu",
  "selu",
  "celu",
  "gelu",
  "gelu_tanh",
  "silu",
  "hard_sigmoid",
  "hard_silu",
  "hard_tanh",
  "mish",
  "exponential",
  "log_sigmoid",
  "squareplus",
  "sparse_plus",
  "sparse_sigmoid",
  "tanh_shrink",
  "soft_shrink",
  "hard_shrink",
  "threshold",
  "glu",
  "sparsemax",
] as const;

/** The name of an activation of a layer, which is Keras's. */
export type ActivationName = typeof activationNames[number];

const definitions: Readonly<Record<ActivationName, Definition>> = {
  linear: plain("linear"),
  relu: of(
    {
      negativeSlope: number(0),
      maxValue: {
        value: null,
        check: (v) => v === null || isFloat(v) && v >= 0 ? null : "a finite number >= 0, or null",
      } as Parameter<number | null>,
      threshold: number(0),
    },
    ({ negativeSlope, maxValue, threshold }) =>
      negativeSlope === 0 && maxValue === null && threshold === 0
        ? "relu"
        : relu(negativeSlope, maxValue, threshold),
  ),
  leaky_relu: of(
    { negativeSlope: number(0.2) },
    ({ negativeSlope }) => leakyRelu(negativeSlope),
  ),
  relu6: plain(relu(0, 6, 0)),
  sigmoid: plain("sigmoid"),
  tanh: plain("tanh"),
  softmax: of(
    { axis },
    ({ axis }) => axis === -1 ? "softmax" : alongAxis("softmax", softmax, axis),
  ),
  log_softmax: rows("log_softmax", logSoftmax),
  softplus: plain("softplus"),
  softsign: plain(softsign),
  elu: of({ alpha: number(1) }, ({ alpha }) => alpha === 1 ? "elu" : elu(alpha)),
  selu: plain("selu"),
  celu: of(
    { alpha: number(1, "a finite number other than 0", (v) => v !== 0) },
    ({ alpha }) => celu(alpha),
  ),
  gelu: of({
    approximate: {
      value: false,
      check: boolean,
    } as Parameter<boolean>,
  }, ({ approximate }) => approximate ? "gelu_tanh" : "gelu"),
  gelu_tanh: plain("gelu_tanh"),
  silu: plain("silu"),
  hard_sigmoid: of({
    slope: number(1 / 6, "a finite number above 0", (v) => v > 0),
    offset: number(0.5),
  }, ({ slope, offset }) => hardSigmoid(slope, offset)),
  hard_silu: plain(hardSilu),
  hard_tanh: plain(hardTanh),
  mish: plain("mish"),
  exponential: plain("exponential"),
  log_sigmoid: plain(logSigmoid),
  squareplus: of(
    { b: number(4, "a number from 0 to 1e12", (v) => v >= 0 && v <= 1e12) },
    ({ b }) => squareplus(b),
  ),
  sparse_plus: plain(sparsePlus),
  sparse_sigmoid: plain(sparseSigmoid),
  tanh_shrink: plain(tanhShrink),
  soft_shrink: of({ threshold: notNegative(0.5) }, ({ threshold }) => softShrink(threshold)),
  hard_shrink: of({ threshold: notNegative(0.5) }, ({ threshold }) => hardShrink(threshold)),
  threshold: of(
    { threshold: number(), defaultValue: number() },
    ({ threshold, defaultValue }) => thresholded(threshold, defaultValue),
  ),
  glu: of({
    axis: { value: -1, check: (v) => v === -1 ? null : "-1, the last" } as Parameter<number>,
  }, () => glu),
  sparsemax: rows("sparsemax", sparsemax),
};

/** Other names: Keras's, and that of TensorFlow.js. */
export type ActivationAlias = "swish" | "hard_swish" | "gelu_new";

const aliases: Readonly<Record<ActivationAlias, ActivationName>> = {
  swish: "silu",
  hard_swish: "hard_silu",
  gelu_new: "gelu_tanh",
};

/** An activation with parameters: its name, and those that are not the default's. */
export interface NamedActivation {
  /** Its name, which is Keras's, or an alias. */
  readonly name: ActivationName | ActivationAlias;
  /** The slope below 0, of relu (default 0) and leaky_relu (0.2). */
  readonly negativeSlope?: number;
  /** The highest value of relu; default null, none. */
  readonly maxValue?: number | null;
  /** Of relu (default 0), soft_shrink and hard_shrink (0.5), and threshold (no default). */
  readonly threshold?: number;
  /** What threshold gives up to its threshold; no default. */
  readonly defaultValue?: number;
  /** Of elu and celu; default 1. */
  readonly alpha?: number;
  /** Whether gelu is the tanh form; default false. */
  readonly approximate?: boolean;
  /** Of squareplus; default 4. */
  readonly b?: number;
  /** Of hard_sigmoid; default 1/6, and 0.2 in Keras 2 and ONNX. */
  readonly slope?: number;
  /** Of hard_sigmoid; default 0.5. */
  readonly offset?: number;
  /** The axis of softmax, log_softmax, sparsemax and glu, several, or null for all; default −1. */
  readonly axis?: Axis;
}

/**
 * What an activation may be given as: a name, one with parameters, a function of
 * an expression, a formula of one operand, or what {@linkcode getActivation} gave.
 */
export type ActivationLike =
  | ActivationName
  | ActivationAlias
  | NamedActivation
  | ActivationExpression
  | Formula
  | ActivationFunction;

function isFunction(value: unknown): value is ActivationFunction {
  return typeof value === "object" && value !== null && "outputColumns" in value &&
    typeof value.outputColumns === "function" && "gradient" in value;
}

function byName(given: string, parameters: Readonly<Record<string, unknown>>): ActivationFunction {
  const name = Object.hasOwn(aliases, given) ? aliases[given as ActivationAlias] : given;
  if (!Object.hasOwn(definitions, name)) {
    throw new ArgumentError(
      `Could not interpret activation function identifier: ${quote(given)}; there are ${
        formatList([...activationNames, ...Object.keys(aliases)])
      }`,
    );
  }
  const definition: Definition = definitions[name as ActivationName];
  const entries = Object.entries(definition.parameters);
  const options = checkOptions<Record<string, ActivationParameter>>(
    `the activation ${name}`,
    parameters,
    Object.fromEntries(entries.map(([key, { check }]) => [key, check])),
  );
  if ("axis" in definition.parameters && "axis" in options) checkAxis(name, options.axis);
  const values = Object.fromEntries(
    entries.map(([key, { value }]) => {
      const chosen = key in options ? options[key] : value;
      if (chosen !== undefined) return [key, Array.isArray(chosen) ? [...chosen] : chosen];
      throw new ArgumentError(
        `the activation ${name} needs ${key}: { name: ${quote(name)}, ${key}: … }`,
      );
    }),
  );
  const what = definition.make(values as never);
  if (typeof what === "string") return new KernelActivation(what, name, values);
  return "apply" in what
    ? new RowActivation(name, what, values)
    : new FormulaActivation(name, what, values);
}

const known = new Map<string, ActivationFunction>();

/** By its name with defaults; made once, since kernels keep the code of a formula. */
function named(name: string): ActivationFunction {
  let found = known.get(name);
  if (!found) known.set(name, found = byName(name, {}));
  return found;
}

/**
 * An activation by whatever means it is given; null is `linear`.
 *
 * @throws {ArgumentError} where it is unknown, or a parameter is unknown, missing or not allowed.
 *
 * @example Parameters, a function and a formula
 * ```ts
 * import { add, createKernel, Dense, exp, getActivation, mul } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * const leaky = getActivation({ name: "leaky_relu", negativeSlope: 0.5 });
 * const own = getActivation((z) => add(z, mul(z, z)));
 * using x = kernel.tensor([1, 1], [-2]);
 * for (const [activation, expected] of [[leaky, -1], [own, 2]] as const) {
 *   using layer = new Dense(kernel, { units: 1, activation, kernelInitializer: "ones" });
 *   using y = layer.forward(x);
 *   if ((await y.read())[0] !== expected) throw new Error(activation.name);
 * }
 * ```
 */
export function getActivation(identifier: ActivationLike | null): ActivationFunction {
  const given: unknown = identifier ?? "linear";
  if (typeof given === "string") return named(given);
  if (isFunction(given)) return given;
  if (given instanceof Formula) {
    checkPointwise(given);
    return new FormulaActivation("custom", { value: () => given.outputs[0]! }, {});
  }
  if (typeof given === "function") {
    const value = (z: Expression): Expression => {
      const result: unknown = given(z);
      if (isExpression(result)) return result;
      throw new ArgumentError(
        `an activation as a function takes an expression and gives one, as exp() makes it; got ${
          describe(result)
        }`,
      );
    };
    const made = value(operand(0));
    return new FormulaActivation(
      given.name || "custom",
      { value: () => made },
      {},
      given as ActivationExpression,
    );
  }
  if (typeof given === "object" && given !== null && "name" in given) {
    const { name, ...parameters } = given;
    if (typeof name === "string") return byName(name, parameters);
  }
  throw new ArgumentError(
    `Could not interpret activation function identifier: ${
      describe(given)
    }; an activation is a name, { name, parameters }, a function of an expression or a formula`,
  );
}

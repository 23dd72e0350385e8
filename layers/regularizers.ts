/**
 * Penalties of weights or results, as Keras 3 has them: l1, l2, both, orthogonal,
 * or the sum of an expression of the caller's. Penalty and gradient are computed
 * on the kernel.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { checkOptions, unchecked } from "../common/options.ts";
import { derivative } from "../kernels/formula/derivative.ts";
import {
  abs,
  add,
  choose,
  type Expression,
  isExpression,
  mul,
  operand,
  parameter,
  sign,
} from "../kernels/formula/expression.ts";
import { type Formula, formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { isConfig, type KerasConfig, kerasObject, readKerasObject } from "./keras_objects.ts";
import { spelled } from "./names.ts";
import { isFloat } from "./numbers.ts";
import { OrthogonalRegularizer } from "./orthogonal_regularizer.ts";
import type { Regularizer } from "./regularizer.ts";
import { checkFormulaKernel, type FormulaKernel } from "./temporaries.ts";

export type { Regularizer };
import { sumAll } from "./sums.ts";

/** A penalty by name with its arguments; Keras's defaults. */
export interface NamedRegularizer {
  /** `l1l2` is also called `l1_l2`, and `orthogonal_regularizer` `orthogonal`. */
  readonly name: "l1" | "l2" | "l1l2" | "l1_l2" | "orthogonal_regularizer" | "orthogonal";
  /** The factor of Σ|w|: default 0.01 for l1, 0 for l1l2. */
  readonly l1?: number;
  /** The factor of Σw²: default 0.01 for l2, 0 for l1l2. */
  readonly l2?: number;
  /** Of the orthogonal one; default 0.01. */
  readonly factor?: number;
  /** What is to be orthogonal; default `rows`. */
  readonly mode?: "rows" | "columns";
}

/** What a regularizer may be given as: a name, one with arguments, a function whose sum over all values is the penalty, or a regularizer. */
export type RegularizerLike =
  | "l1"
  | "l2"
  | "l1l2"
  | "orthogonal_regularizer"
  | NamedRegularizer
  | ((value: Expression) => Expression)
  | Regularizer;

const w = operand(0);

/** A penalty that is a sum of one expression over all values. */
class SumRegularizer implements Regularizer {
  readonly #penalty: Formula;
  readonly #gradient: Formula;

  constructor(
    readonly name: string,
    value: Expression,
    slope: Expression,
    readonly parameters: readonly number[],
    readonly config: () => KerasConfig,
  ) {
    const factor = parameter(parameters.length);
    this.#penalty = formula(mul(factor, value));
    this.#gradient = formula(add(operand(1), mul(factor, slope)));
  }

  check(kernel: Kernel): void {
    checkFormulaKernel("a regularizer", kernel);
  }

  penalty(kernel: Kernel, values: Tensor, out: Tensor, factor = 1): void {
    sumAll(kernel as FormulaKernel, this.#penalty, values, out, [...this.parameters, factor]);
  }

  addGradient(kernel: Kernel, values: Tensor, gradient: Tensor, out: Tensor, factor = 1): void {
    kernel.map!(this.#gradient, [values, gradient], [out], [...this.parameters, factor]);
  }

  getConfig(): KerasConfig {
    return this.config();
  }
}

// Made once: the factors are parameters, so that all layers share the code.
const bothValue = add(mul(parameter(0), abs(w)), mul(parameter(1), mul(w, w)));
const bothSlope = add(mul(parameter(0), sign(w)), mul(2, mul(parameter(1), w)));
const classNames = { l1: "L1", l2: "L2", l1l2: "L1L2" } as const;

function ofNorms(name: "l1" | "l2" | "l1l2", l1: number, l2: number): Regularizer {
  const config = { ...(name === "l2" ? {} : { l1 }), ...(name === "l1" ? {} : { l2 }) };
  return new SumRegularizer(
    name,
    bothValue,
    bothSlope,
    [l1, l2],
    () => kerasObject("keras.regularizers", classNames[name], config),
  );
}

/** Keras's check of a factor; null is the default. */
function checkFactor(name: string, value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (isFloat(value) && value >= 0) return value;
  throw new ArgumentError(
    `Invalid value for argument ${name}: expected a non-negative float. Received: ${name}=${
      describe(value)
    }`,
  );
}

type Arguments = Readonly<Record<string, unknown>>;

/** By name; each takes the arguments that it has. */
const named: Readonly<Record<string, (given: Arguments) => Regularizer>> = {
  l1: (given) => {
    const { l1 } = checkOptions<{ l1?: unknown }>("the regularizer l1", given, { l1: unchecked });
    return ofNorms("l1", checkFactor("l1", l1, 0.01), 0);
  },
  l2: (given) => {
    const { l2 } = checkOptions<{ l2?: unknown }>("the regularizer l2", given, { l2: unchecked });
    return ofNorms("l2", 0, checkFactor("l2", l2, 0.01));
  },
  l1l2: (given) => {
    const { l1, l2 } = checkOptions<{ l1?: unknown; l2?: unknown }>(
      "the regularizer l1l2",
      given,
      { l1: unchecked, l2: unchecked },
    );
    return ofNorms("l1l2", checkFactor("l1", l1, 0), checkFactor("l2", l2, 0));
  },
  orthogonal_regularizer: (given) => {
    const { factor, mode = "rows" } = checkOptions<{ factor?: unknown; mode?: unknown }>(
      "the regularizer orthogonal_regularizer",
      given,
      { factor: unchecked, mode: unchecked },
    );
    if (mode !== "rows" && mode !== "columns") {
      throw new ArgumentError(
        `Invalid value for argument mode. Expected one of {"rows", "columns"}. Received: mode=${
          describe(mode)
        }`,
      );
    }
    return new OrthogonalRegularizer(checkFactor("factor", factor, 0.01), mode);
  },
};

function byName(name: string, given: Arguments): Regularizer {
  const full = name === "orthogonal" ? "orthogonal_regularizer" : name;
  const known = spelled(Object.keys(named), full);
  if (known !== undefined) return named[known]!(given);
  throw new ArgumentError(
    `Could not interpret regularizer identifier: ${describe(name)}; there are ${
      Object.keys(named).join(", ")
    }`,
  );
}

function isRegularizer(value: object): value is Regularizer {
  const { check, penalty, addGradient, getConfig } = value as Partial<
    Record<keyof Regularizer, unknown>
  >;
  return [check, penalty, addGradient, getConfig].every((each) => typeof each === "function");
}

/**
 * A regularizer by whatever means it is given; null is none.
 *
 * The name `l1l2` alone has factors of 0, as in Keras, and so is no penalty;
 * `l1_l2` alone, for which Keras 2 had 0.01, is refused.
 *
 * @throws {ArgumentError} where it is unknown, or a factor is not a finite number >= 0.
 *
 * @example A penalty of weights
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, {
 *   units: 1,
 *   kernelInitializer: [3, -4],
 *   kernelRegularizer: { name: "l2", l2: 0.1 },
 * });
 * layer.build([null, 2]);
 * const [penalty] = layer.losses();
 * const [value] = await penalty!.read();
 * if (value !== 2.5) throw new Error(`${value}`); // 0.1 · (9 + 16)
 * ```
 */
export function getRegularizer(identifier: RegularizerLike | null): Regularizer | null {
  const given: unknown = identifier;
  if (given === null) return null;
  if (typeof given === "string" && given !== "l1_l2") return byName(given, {});
  if (typeof given === "function") {
    const density: unknown = given(w);
    if (!isExpression(density)) {
      throw new ArgumentError(
        `a regularizer as a function takes an expression and gives one, as abs() makes it; got ${
          describe(density)
        }`,
      );
    }
    // The values are read also where the slope is a number.
    const slope = add(derivative(density, w), choose("equal", w, 0, 0, 0));
    return new SumRegularizer(given.name || "custom", density, slope, [], () => {
      throw new ArgumentError("a function as regularizer cannot be written to a configuration");
    });
  }
  if (isConfig(given)) {
    if (isRegularizer(given)) return given;
    if (typeof given.name === "string") {
      const { name, ...rest } = given;
      return byName(name, rest);
    }
  }
  throw new ArgumentError(
    `Could not interpret regularizer identifier: ${
      describe(given)
    }; a regularizer is a name, { name, l1, l2 } or a function of an expression`,
  );
}

/** The regularizer of a configuration of Keras 2 or 3, or of TensorFlow.js. */
export function readRegularizer(config: unknown): Regularizer | null {
  if (config === null || config === undefined) return null;
  if (typeof config === "string") return byName(config, {});
  const { class_name, config: given } = readKerasObject("a regularizer", config);
  // Keras 2 wrote l1_l2() as L1L2, TensorFlow.js writes all as that.
  return byName(class_name, given);
}

/**
 * What weights are brought to after each update, as Keras 3 has it: max_norm,
 * non_neg, unit_norm and min_max_norm. Norms are of axis 0, the weights of one
 * unit, unless said otherwise; all is computed on the kernel.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { checkOptions, unchecked } from "../common/options.ts";
import { formatShape, matrixOf } from "../kernels/checks.ts";
import {
  add,
  div,
  type Expression,
  expressionOf,
  max,
  min,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sqrt,
} from "../kernels/formula/expression.ts";
import { type Formula, formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { isConfig, type KerasConfig, kerasObject, readKerasObject } from "./keras_objects.ts";
import { spelled } from "./names.ts";
import { isFloat } from "./numbers.ts";
import { checkFormulaKernel, withTemporaries } from "./temporaries.ts";

/** A constraint of a weight. */
export interface Constraint {
  /** Its name, which is Keras's. */
  readonly name: string;
  /**
   * Checks whether a kernel can compute it.
   *
   * @throws {ArgumentError} where it cannot.
   */
  check(kernel: Kernel): void;
  /**
   * Checks whether it can be of a variable of this shape, when that is made; absent where it can be of all.
   *
   * @throws {ShapeError} where it cannot.
   */
  checkShape?(shape: readonly number[]): void;
  /** Brings the values to what is allowed, in place. */
  apply(kernel: Kernel, values: Tensor): void;
  /** The object that Keras 3 writes into a configuration. */
  getConfig(): KerasConfig;
}

/** The name of a constraint, which is Keras's. */
export type ConstraintName = "max_norm" | "non_neg" | "unit_norm" | "min_max_norm";

/** A constraint by name with its arguments; Keras's defaults. */
export interface NamedConstraint {
  /** Which one. */
  readonly name: ConstraintName;
  /** The smallest norm of min_max_norm; default 0. */
  readonly minValue?: number;
  /** The largest norm: default 2 of max_norm, 1 of min_max_norm. */
  readonly maxValue?: number;
  /** How far min_max_norm goes towards what is allowed; default 1. */
  readonly rate?: number;
  /** Along which axis the norm is taken; default 0. */
  readonly axis?: number;
}

/** What a constraint may be given as. */
export type ConstraintLike = ConstraintName | NamedConstraint | Constraint;

const epsilon = 1e-7;
const w = operand(0);
const square = formula(mul(w, w));
const notNegative = formula(max(w, 0));

/** w times what its norm is to become, divided by what it is. */
const scaled = (per: (index: number) => Expression, wanted: (norm: Expression) => Expression) => {
  const norm = sqrt(per(1));
  return formula(mul(w, div(wanted(norm), add(epsilon, norm))));
};

/** The formulas of a constraint of norms: of norms by row, and by column. */
function ofNorms(wanted: (norm: Expression) => Expression): { rows: Formula; columns: Formula } {
  return { rows: scaled(perRow, wanted), columns: scaled(perColumn, wanted) };
}

const [low, high, rate] = [parameter(0), parameter(1), parameter(2)];
const clipped = ofNorms((norm) => {
  const inside = max(min(norm, high), low);
  return add(mul(rate, inside), mul(add(1, mul(-1, rate)), norm));
});
// Not clip(norm, 1, 1), so that a column of zeros stays.
const unit = ofNorms(() => expressionOf(1));

class NormConstraint implements Constraint {
  constructor(
    readonly name: ConstraintName,
    readonly formulas: { readonly rows: Formula; readonly columns: Formula },
    readonly parameters: readonly number[],
    readonly axis: number,
    readonly config: KerasConfig,
    readonly className: string,
  ) {}

  check(kernel: Kernel): void {
    checkFormulaKernel("a constraint", kernel);
  }

  checkShape(shape: readonly number[]): void {
    const rank = shape.length;
    if (rank <= 2 && this.axis < rank && this.axis >= -rank) return;
    throw new ShapeError(
      `the constraint ${this.name} takes norms along axis ${this.axis}, which ${
        formatShape(shape)
      } does not have, or has more than two`,
    );
  }

  apply(kernel: Kernel, values: Tensor): void {
    this.checkShape(values.shape);
    const { rows, columns } = matrixOf(values.shape);
    const rank = values.shape.length;
    // A vector is one row, whose only axis runs along it.
    const along = (this.axis + rank) % rank === rank - 1 ? "rows" : "columns";
    withTemporaries(kernel, (create) => {
      const squares = create([along === "rows" ? rows : columns]);
      kernel.reduce!("sum", along, square, [values], squares);
      kernel.map!(this.formulas[along], [values, squares], [values], this.parameters);
    });
  }

  getConfig(): KerasConfig {
    return kerasObject("keras.constraints", this.className, this.config);
  }
}

class NonNegative implements Constraint {
  readonly name = "non_neg";

  check(kernel: Kernel): void {
    checkFormulaKernel("a constraint", kernel);
  }

  apply(kernel: Kernel, values: Tensor): void {
    kernel.map!(notNegative, [values], [values]);
  }

  getConfig(): KerasConfig {
    return kerasObject("keras.constraints", "NonNeg", {});
  }
}

function checkNumber(constraint: string, name: string, value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (isFloat(value)) return value;
  throw new ArgumentError(
    `${name} of the constraint ${constraint} must be a finite number; got ${describe(value)}`,
  );
}

function checkAxis(constraint: string, axis: unknown): number {
  // Keras 2 wrote lists too.
  const value = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis ?? 0;
  if (Number.isInteger(value)) return value as number;
  throw new ArgumentError(
    `the axis of the constraint ${constraint} must be a whole number; got ${describe(axis)}`,
  );
}

interface Arguments {
  readonly minValue?: unknown;
  readonly maxValue?: unknown;
  readonly rate?: unknown;
  readonly axis?: unknown;
}

const take = (name: string, given: object, ...allowed: (keyof Arguments)[]): Arguments =>
  checkOptions<Arguments>(
    `the constraint ${name}`,
    given,
    Object.fromEntries(allowed.map((key) => [key, unchecked])) as Record<
      keyof Arguments,
      typeof unchecked
    >,
  );

const named: Readonly<Record<ConstraintName, (given: object) => Constraint>> = {
  max_norm: (given) => {
    const options = take("max_norm", given, "maxValue", "axis");
    const max_value = checkNumber("max_norm", "maxValue", options.maxValue, 2);
    const axis = checkAxis("max_norm", options.axis);
    const config = { max_value, axis };
    return new NormConstraint("max_norm", clipped, [0, max_value, 1], axis, config, "MaxNorm");
  },
  non_neg: (given) => {
    take("non_neg", given);
    return new NonNegative();
  },
  unit_norm: (given) => {
    const axis = checkAxis("unit_norm", take("unit_norm", given, "axis").axis);
    return new NormConstraint("unit_norm", unit, [], axis, { axis }, "UnitNorm");
  },
  min_max_norm: (given) => {
    const options = take("min_max_norm", given, "minValue", "maxValue", "rate", "axis");
    const min_value = checkNumber("min_max_norm", "minValue", options.minValue, 0);
    const max_value = checkNumber("min_max_norm", "maxValue", options.maxValue, 1);
    const rate = checkNumber("min_max_norm", "rate", options.rate, 1);
    const axis = checkAxis("min_max_norm", options.axis);
    return new NormConstraint(
      "min_max_norm",
      clipped,
      [min_value, max_value, rate],
      axis,
      { min_value, max_value, rate, axis },
      "MinMaxNorm",
    );
  },
};

function byName(name: string, given: object): Constraint {
  const known = spelled(Object.keys(named) as ConstraintName[], name);
  if (known !== undefined) return named[known](given);
  throw new ArgumentError(
    `Could not interpret constraint identifier: ${describe(name)}; there are ${
      Object.keys(named).join(", ")
    }`,
  );
}

/**
 * A constraint by whatever means it is given; null is none.
 *
 * @throws {ArgumentError} where it is unknown, or an argument is not allowed.
 *
 * @example A weight that training keeps short
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using layer = new Dense(kernel, {
 *   units: 1,
 *   kernelInitializer: [3, 4],
 *   kernelConstraint: { name: "max_norm", maxValue: 1 },
 * });
 * layer.build([null, 2]);
 * layer.variables[0]!.constrain!(); // as an optimizer does after an update
 * const [weight] = await layer.getWeights();
 * if (Math.abs(weight![0]! - 0.6) > 1e-6) throw new Error(`${weight}`);
 * ```
 */
export function getConstraint(identifier: ConstraintLike | null): Constraint | null {
  const given: unknown = identifier;
  if (given === null) return null;
  if (typeof given === "string") return byName(given, {});
  if (isConfig(given)) {
    const { check, apply, getConfig } = given;
    if ([check, apply, getConfig].every((each) => typeof each === "function")) {
      return given as unknown as Constraint;
    }
    if (typeof given.name === "string") {
      const { name, ...rest } = given;
      return byName(name, rest);
    }
  }
  throw new ArgumentError(
    `Could not interpret constraint identifier: ${
      describe(given)
    }; a constraint is a name, { name, … } or an object with check(), apply() and getConfig()`,
  );
}

/** The constraint of a configuration of Keras 2 or 3, or of TensorFlow.js. */
export function readConstraint(config: unknown): Constraint | null {
  if (config === null || config === undefined) return null;
  if (typeof config === "string") return byName(config, {});
  const { class_name, config: given } = readKerasObject("a constraint", config);
  const { min_value, max_value, rate, axis, ...rest } = given;
  const all = { minValue: min_value, maxValue: max_value, rate, axis, ...rest };
  return byName(
    class_name,
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  );
}

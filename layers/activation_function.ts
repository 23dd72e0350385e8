/**
 * What a layer applies to the sums of its products: an activation of the
 * kernel's own, fused into the product, or a formula, whose gradient follows by
 * rule or is given where the rule would cancel.
 *
 * @module
 */
import { type Activation, gradientNeedsZ } from "../kernels/activation.ts";
import { derivative } from "../kernels/formula/derivative.ts";
import { type Expression, mul, operand } from "../kernels/formula/expression.ts";
import { type Formula, formula, Numbering } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** The value of a parameter of an activation. */
export type ActivationParameter = number | boolean | null | readonly number[];

/** An activation as a function of an expression. */
export type ActivationExpression = (z: Expression) => Expression;

/** The parameters of an activation, by name. */
export type ActivationParameters = Readonly<Record<string, ActivationParameter>>;

/** The tensors of a product with an activation: y = f(z), z = x · weight + bias. */
export interface DenseOperands {
  /** [m, k]. */
  readonly x: Tensor;
  /** [k, n]. */
  readonly weight: Tensor;
  /** [n], or null. */
  readonly bias: Tensor | null;
  /** [m, n], of as many columns as {@linkcode ActivationFunction.outputColumns} says. */
  readonly y: Tensor;
  /** [m, n], or null where it is not asked for. */
  readonly z: Tensor | null;
}

/** The tensors of the gradient of an activation: dz = dy · f'(z). */
export interface GradientOperands {
  /** Where {@linkcode ActivationFunction.needsZ}, else it may be null. */
  readonly z: Tensor | null;
  /** f(z). */
  readonly y: Tensor;
  /** Of y's shape. */
  readonly dy: Tensor;
  /** Of z's shape. */
  readonly dz: Tensor;
}

/** An activation with its parameters, as {@linkcode getActivation} gives it. */
export interface ActivationFunction {
  /** Its name, which is Keras's; that of the function, or `custom`, for one that is none of Keras's. */
  readonly name: string;
  /** Its parameters, defaults included, in camelCase. */
  readonly parameters: ActivationParameters;
  /** The activation of the contract that it is; null where it is none. */
  readonly ofKernel: Activation | null;
  /** Its formula, of one operand; null where it is not computed by one alone. */
  readonly formula: Formula | null;
  /** What its formula was made by, where that was a function of the caller. */
  readonly custom?: ActivationExpression;
  /** Whether its gradient needs z, and not y alone. */
  readonly needsZ: boolean;
  /** How many columns the result has; other than z only for glu. */
  outputColumns(columns: number): number;
  /** Checks whether a kernel can compute it. */
  check(kernel: Kernel): void;
  /** y = f(z); not in place. */
  apply(kernel: Kernel, z: Tensor, y: Tensor): void;
  /** y = f(x · weight + bias), in one operation where the kernel has one. */
  dense(kernel: Kernel, operands: DenseOperands): void;
  /** dz = dy · f'(z). */
  gradient(kernel: Kernel, operands: GradientOperands): void;
}

/** An activation of the contract, as every kernel computes it. */
export class KernelActivation implements ActivationFunction {
  readonly formula = null;
  readonly needsZ: boolean;

  constructor(
    readonly ofKernel: Activation,
    readonly name: string = ofKernel,
    readonly parameters: ActivationParameters = {},
  ) {
    this.needsZ = gradientNeedsZ(ofKernel);
  }

  check(): void {}

  outputColumns(columns: number): number {
    return columns;
  }

  apply(kernel: Kernel, z: Tensor, y: Tensor): void {
    kernel.activate(this.ofKernel, z, y);
  }

  dense(kernel: Kernel, { x, weight, bias, y, z }: DenseOperands): void {
    kernel.dense(x, weight, bias, this.ofKernel, y, z ?? undefined);
  }

  gradient(kernel: Kernel, { z, y, dy, dz }: GradientOperands): void {
    kernel.activateGradient(this.ofKernel, z, y, dy, dz);
  }
}

/** What an elementwise activation is made of. */
export interface Elementwise {
  /** f(z). */
  readonly value: (z: Expression) => Expression;
  /** f'(z), where the rule would lose digits or overflow; absent, it is made by rule. */
  readonly slope?: (z: Expression) => Expression;
  /** f'(z) as a function of y = f(z), where z can be forgotten without a loss of digits. */
  readonly slopeFromY?: (y: Expression) => Expression;
}

/** An elementwise activation that is a formula. */
export class FormulaActivation implements ActivationFunction {
  readonly ofKernel = null;
  readonly formula: Formula;
  readonly needsZ: boolean;
  readonly custom?: ActivationExpression;
  /** dy · f', of z or y, which is operand 0, and dy, operand 1; or of dy alone, where f' is a number. */
  readonly #gradient: Formula;

  constructor(
    readonly name: string,
    { value, slope, slopeFromY }: Elementwise,
    readonly parameters: ActivationParameters,
    custom?: ActivationExpression,
  ) {
    const z = operand(0);
    const f = value(z);
    this.formula = formula(f);
    this.needsZ = slopeFromY === undefined;
    if (custom) this.custom = custom;
    const by = slopeFromY?.(z) ?? slope?.(z) ?? derivative(f, z);
    const numbering = new Numbering();
    numbering.numberOf(by);
    const depends = numbering.steps.some(({ kind }) => kind === "operand");
    this.#gradient = formula(mul(operand(depends ? 1 : 0), by));
  }

  check(kernel: Kernel): void {
    checkFormulaKernel(`the activation ${this.name}`, kernel);
  }

  outputColumns(columns: number): number {
    return columns;
  }

  apply(kernel: Kernel, z: Tensor, y: Tensor): void {
    kernel.map!(this.formula, [z], [y]);
  }

  dense(kernel: Kernel, { x, weight, bias, y, z }: DenseOperands): void {
    kernel.denseMap!(x, weight, bias, this.formula, y, z ?? undefined);
  }

  gradient(kernel: Kernel, { z, y, dy, dz }: GradientOperands): void {
    const of = this.needsZ ? z! : y;
    kernel.map!(this.#gradient, this.#gradient.operands.length === 2 ? [of, dy] : [dy], [dz]);
  }
}

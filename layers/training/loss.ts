/**
 * What a loss is: what a model's results cost for each row of a batch, and the
 * gradient of the mean cost, both by formulas on the kernel. As in Keras 3 the
 * rows' losses, times their weights, are summed and divided by the number of
 * rows (`sum_over_batch_size`).
 *
 * @module
 */
import { matrixOf, type MatrixSize } from "../../kernels/checks.ts";
import { derivative } from "../../kernels/formula/derivative.ts";
import {
  choose,
  type Expression,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
} from "../../kernels/formula/expression.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { CompactFormula } from "./compact.ts";
import type { FormulaKernel } from "./formula_kernel.ts";

/** What is to be predicted: a number for each result, or one label, a whole number from 0, for each row of results. */
export type TargetKind = "values" | "labels";

/** The results of a batch and what they should have been. */
export interface LossInputs {
  /** The results, seen as [rows, columns]. */
  readonly prediction: Tensor;
  /** Of the prediction's size in rows and columns; for labels [rows]. */
  readonly target: Tensor;
  /** What each row counts, [rows]; null where all count 1. */
  readonly weights: Tensor | null;
}

/** Where a loss is written. */
export interface LossOutputs {
  /** Each row's loss times its weight, [rows]. */
  readonly rows: Tensor;
  /** The gradient of their mean by the prediction, of its size; null where none is wanted. */
  readonly gradient: Tensor | null;
}

/** A loss, made by functions such as {@linkcode meanSquaredError}, or named as in Keras: `"mse"`. */
export interface Loss {
  /** Keras's name of its function: `mean_squared_error`. */
  readonly name: string;
  /** What it takes as target. */
  readonly targets: TargetKind;
  /** The same loss of what this activation makes its predictions of: exact where they are rounded to 0 or 1. Keras takes it too where the model ends with that activation. */
  readonly ofLogits: { readonly activation: "softmax" | "sigmoid"; readonly loss: Loss } | null;
  /** Computes the loss of a batch; queued like any operation of the kernel. */
  compute(kernel: FormulaKernel, inputs: LossInputs, outputs: LossOutputs): void;
}

/** The operands of losses and metrics by their numbers. */
export const places = { prediction: 0, target: 1, columns: 2, weights: 3, rows: 4 } as const;

/** The prediction at an element. */
export const prediction: Expression = operand(places.prediction);

/** The target at an element: for labels 1 in the column of the label and 0 in others. */
export const targetOf: Readonly<Record<TargetKind, Expression>> = {
  values: operand(places.target),
  labels: choose("equal", perRow(places.target), perColumn(places.columns), 1, 0),
};

/** The tensor of this number among those that a formula reads by row besides the weights. */
export const ofRow = (number: number): Expression => perRow(places.rows + number);

/** What an element counts: 1 over the number of rows where a gradient is of the mean over them. */
export const share: Expression = parameter(0);

/** What the row counts. */
export const weightOf = (weighted: boolean): Expression | 1 =>
  weighted ? perRow(places.weights) : 1;

/** A product without a factor 1. */
export function times(a: Expression | number, b: Expression | number): Expression | number {
  return a === 1 ? b : b === 1 ? a : mul(a, b);
}

/** The numbers 0 to columns − 1, with which labels are compared: a new tensor. */
export function columnNumbers(kernel: FormulaKernel, columns: number): Tensor {
  return kernel.tensor([columns], Float32Array.from({ length: columns }, (_, j) => j));
}

/** Makes the formulas of a case once, and gives them again. */
export function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    let found = made.get(key);
    if (found === undefined) made.set(key, found = make(key));
    return found;
  };
}

/** The tensors that a loss's formulas read, by their numbers. */
export function tensorsOf(
  { prediction, target, weights }: LossInputs,
  columns: Tensor | null,
  ...rows: readonly Tensor[]
): (Tensor | null)[] {
  return [prediction, target, columns, weights, ...rows];
}

/** Rows and columns of the prediction. */
export const sizeOfLoss = ({ prediction }: LossInputs): MatrixSize => matrixOf(prediction.shape);

/** How the loss of an element follows from prediction and target. */
export type ElementLoss = (y: Expression, t: Expression) => Expression;

/** A loss that is a mean over the results of a row of what each costs by itself. */
export class ElementwiseLoss implements Loss {
  readonly targets = "values";
  readonly #formulas: (weighted: boolean) => {
    readonly rows: CompactFormula;
    readonly gradient: CompactFormula;
  };

  /** @param slope The derivative by y, where that by rule would cancel or overflow. */
  constructor(
    readonly name: string,
    value: ElementLoss,
    slope: ElementLoss | null = null,
    readonly ofLogits: Loss["ofLogits"] = null,
    /** Whether a row's loss is the mean of its elements' or their sum. */
    readonly over: "mean" | "sum" = "mean",
  ) {
    const t = targetOf.values;
    const cost = value(prediction, t);
    const derived = slope ? slope(prediction, t) : derivative(cost, prediction);
    this.#formulas = once((weighted: boolean) => {
      const weight = weightOf(weighted);
      return {
        rows: new CompactFormula(times(mul(cost, share), weight)),
        gradient: new CompactFormula(times(mul(derived, share), weight)),
      };
    });
  }

  compute(kernel: FormulaKernel, inputs: LossInputs, { rows, gradient }: LossOutputs): void {
    const size = sizeOfLoss(inputs);
    const formulas = this.#formulas(inputs.weights !== null);
    const tensors = tensorsOf(inputs, null);
    const ofElement = this.over === "mean" ? 1 / size.columns : 1;
    formulas.rows.reduceRows(kernel, "sum", tensors, rows, [ofElement]);
    if (gradient) formulas.gradient.map(kernel, tensors, [gradient], [ofElement / size.rows]);
  }
}

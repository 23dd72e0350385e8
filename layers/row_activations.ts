/**
 * Activations of whole rows: log_softmax, sparsemax, and glu, which halves them.
 * Each is a few passes of `reduce` and `map` on the kernel; nothing is read back.
 *
 * @module
 */
import {
  add,
  choose,
  div,
  exp,
  log,
  max,
  mul,
  neg,
  operand,
  parameter,
  perRow,
  sub,
  unary,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { matrixOf } from "../kernels/checks.ts";
import { ShapeError } from "../common/errors.ts";
import type {
  ActivationFunction,
  ActivationParameters,
  DenseOperands,
  GradientOperands,
} from "./activation_function.ts";
import { checkFormulaKernel, type FormulaKernel, withTemporaries } from "./temporaries.ts";

/** What a row activation computes, on matrices. */
export interface Rowwise {
  readonly apply: (kernel: FormulaKernel, z: Tensor, y: Tensor) => void;
  readonly gradient: (kernel: FormulaKernel, operands: GradientOperands) => void;
  readonly needsZ: boolean;
  /** Default is as many as z has. */
  readonly outputColumns?: (columns: number) => number;
}

/** An activation that is more than one formula: its product is computed first. */
export class RowActivation implements ActivationFunction {
  readonly ofKernel = null;
  readonly formula = null;
  readonly needsZ: boolean;
  readonly #how: Rowwise;

  constructor(
    readonly name: string,
    how: Rowwise,
    readonly parameters: ActivationParameters = {},
  ) {
    this.#how = how;
    this.needsZ = how.needsZ;
  }

  outputColumns(columns: number): number {
    return this.#how.outputColumns?.(columns) ?? columns;
  }

  check(kernel: Kernel): void {
    checkFormulaKernel(`the activation ${this.name}`, kernel);
  }

  apply(kernel: Kernel, z: Tensor, y: Tensor): void {
    this.#how.apply(kernel as FormulaKernel, z, y);
  }

  dense(kernel: Kernel, { x, weight, bias, y, z }: DenseOperands): void {
    withTemporaries(kernel, (create) => {
      const sums = z ?? create([...x.shape.slice(0, -1), weight.shape[1]!]);
      kernel.dense(x, weight, bias, "linear", sums);
      this.apply(kernel, sums, y);
    });
  }

  gradient(kernel: Kernel, operands: GradientOperands): void {
    this.#how.gradient(kernel as FormulaKernel, operands);
  }
}

const [z, dy] = [operand(0), operand(1)];
const first = formula(z);
const expOfDifference = formula(exp(sub(z, perRow(1))));
const logSoftmaxValue = formula(sub(sub(z, perRow(1)), log(perRow(2))));
const logSoftmaxGradient = formula(sub(dy, mul(exp(z), perRow(2))));

/** z − max − log Σ e^(z − max), of each row. */
export const logSoftmax: Rowwise = {
  needsZ: false,
  apply: (kernel, z, y) =>
    withTemporaries(kernel, (create) => {
      const { rows } = matrixOf(z.shape);
      const [largest, total] = [create([rows]), create([rows])];
      kernel.reduce("max", "rows", first, [z], largest);
      kernel.reduce("sum", "rows", expOfDifference, [z, largest], total);
      kernel.map(logSoftmaxValue, [z, largest, total], [y]);
    }),
  gradient: (kernel, { y, dy, dz }) =>
    withTemporaries(kernel, (create) => {
      const total = create([matrixOf(y.shape).rows]);
      kernel.reduce("sum", "rows", first, [dy], total);
      kernel.map(logSoftmaxGradient, [y, dy, total], [dz]);
    }),
};

/** The softmax of each row, as the kernel has it. */
export const softmax: Rowwise = {
  needsZ: false,
  apply: (kernel, z, y) => kernel.activate("softmax", z, y),
  gradient: (kernel, { y, dy, dz }) => kernel.activateGradient("softmax", null, y, dy, dz),
};

// z relative to the largest of its row, so that the threshold lies in [−1, 0).
const relative = formula(sub(z, perRow(1)));
const excess = formula(max(sub(z, add(perRow(1), parameter(0))), 0));
const raised = formula(
  choose("lessOrEqual", 1, operand(1), add(operand(0), parameter(0)), operand(0)),
);
const inSupport = choose("less", perRow(1), z, 1, 0);
const supportSize = formula(inSupport);
const supportSum = formula(choose("less", perRow(1), z, z, 0));
const threshold = formula(div(sub(operand(0), 1), operand(1)));
const sparsemaxValue = formula(max(sub(z, perRow(1)), 0));
const active = choose("less", 0, z, 1, 0);
const activeSum = formula(mul(active, dy));
const activeCount = formula(active);
const sparsemaxGradient = formula(
  choose("less", 0, z, sub(dy, div(perRow(2), perRow(3))), 0),
);

/**
 * max(z − τ, 0) with τ such that each row sums to 1 (Martins & Astudillo, ICML
 * 2016). τ is found by bisection, and then to all digits from the support, since
 * kernels do not sort.
 */
export const sparsemax: Rowwise = {
  needsZ: false,
  apply: (kernel, z, y) =>
    withTemporaries(kernel, (create) => {
      const { rows } = matrixOf(z.shape);
      const [largest, low, sum, count] = [0, 1, 2, 3].map(() => create([rows])) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      kernel.reduce("max", "rows", first, [z], largest);
      const centred = create(z.shape);
      kernel.map(relative, [z, largest], [centred]);
      // From −1, where the sum is at least 1, upwards as long as it stays so.
      low.write(new Float32Array(rows).fill(-1));
      for (let step = 0.5; step >= 2 ** -24; step /= 2) {
        kernel.reduce("sum", "rows", excess, [centred, low], sum, [step]);
        kernel.map(raised, [low, sum], [low], [step]);
      }
      kernel.reduce("sum", "rows", supportSum, [centred, low], sum);
      kernel.reduce("sum", "rows", supportSize, [centred, low], count);
      kernel.map(threshold, [sum, count], [low]);
      kernel.map(sparsemaxValue, [centred, low], [y]);
    }),
  gradient: (kernel, { y, dy, dz }) =>
    withTemporaries(kernel, (create) => {
      const { rows } = matrixOf(y.shape);
      const [sum, count] = [create([rows]), create([rows])];
      kernel.reduce("sum", "rows", activeSum, [y, dy], sum);
      kernel.reduce("sum", "rows", activeCount, [y], count);
      kernel.map(sparsemaxGradient, [y, dy, sum, count], [dz]);
    }),
};

const gate = unary("sigmoid", operand(1));
const gated = formula(mul(operand(0), gate));
// By a in the rows whose number is even, by b in the others.
const gluGradient = formula(
  choose(
    "equal",
    perRow(3),
    0,
    mul(operand(2), gate),
    mul(mul(operand(2), operand(0)), mul(gate, unary("sigmoid", neg(operand(1))))),
  ),
);

/** a · sigmoid(b) of the halves a and b of each row (Dauphin et al., ICML 2017). */
export const glu: Rowwise = {
  needsZ: true,
  outputColumns: (columns) => {
    if (columns % 2 === 0) return columns / 2;
    throw new ShapeError(`axis size must be divisible by 2. Received: ${columns} columns for glu`);
  },
  apply: (kernel, z, y) =>
    withTemporaries(kernel, (create) => {
      const { rows, columns } = matrixOf(z.shape);
      // The halves take turns as the rows of [2 rows, columns / 2].
      const folded = create([2 * rows, columns / 2]);
      kernel.copy(z, folded);
      const [a, b] = [0, 1].map((half) => {
        const taken = create([rows, columns / 2]);
        kernel.gather(folded, Uint32Array.from({ length: rows }, (_, i) => 2 * i + half), taken);
        return taken;
      });
      kernel.map(gated, [a!, b!], [y]);
    }),
  gradient: (kernel, { z, dy, dz }) =>
    withTemporaries(kernel, (create) => {
      const { rows, columns } = matrixOf(z!.shape);
      const [folded, a, b, twice] = [0, 1, 2, 3].map(() => create([2 * rows, columns / 2]));
      kernel.copy(z!, folded!);
      const index = (of: (i: number) => number) =>
        Uint32Array.from({ length: 2 * rows }, (_, i) => of(i));
      kernel.gather(folded!, index((i) => i - i % 2), a!);
      kernel.gather(folded!, index((i) => i - i % 2 + 1), b!);
      kernel.gather(dy, index((i) => (i - i % 2) / 2), twice!);
      const half = create([2 * rows]);
      half.write(Float32Array.from({ length: 2 * rows }, (_, i) => i % 2));
      kernel.map(gluGradient, [a!, b!, twice!, half], [folded!]);
      kernel.copy(folded!, dz);
    }),
};

/**
 * Keras's OrthogonalRegularizer: half the mean |cosine| between the rows of a
 * matrix, or its columns, so that they become orthogonal.
 *
 * @module
 */
import { ShapeError } from "../common/errors.ts";
import { formatShape } from "../kernels/checks.ts";
import {
  abs,
  add,
  choose,
  div,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sign,
  sqrt,
  sub,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { type KerasConfig, kerasObject } from "./keras_objects.ts";
import type { Regularizer } from "./regularizer.ts";
import { sumAll } from "./sums.ts";
import { checkFormulaKernel, type FormulaKernel, withTemporaries } from "./temporaries.ts";

const w = operand(0);
const square = formula(mul(w, w));
const length = formula(sqrt(max(w, 1e-14)));
const byRow = formula(div(w, perRow(1)));
const byColumn = formula(div(w, perColumn(1)));
const offDiagonal = (value: typeof w) => choose("equal", perRow(1), perColumn(2), 0, value);
const cosine = formula(offDiagonal(w));
const magnitude = formula(mul(parameter(0), abs(w)));
const signs = formula(offDiagonal(mul(parameter(0), sign(w))));
const product = formula(mul(w, operand(1)));
// (direction − unit · Σ direction · unit)/length: what is along the unit vector changes nothing.
const along = (per: typeof perRow) =>
  formula(add(operand(2), div(sub(operand(0), mul(operand(1), per(3))), per(4))));
const [alongRow, alongColumn] = [along(perRow), along(perColumn)];

/** The tensors that penalty and gradient have in common. */
interface Cosines {
  readonly lengths: Tensor;
  readonly units: Tensor;
  readonly gram: Tensor;
  readonly index: Tensor;
  readonly count: number;
}

/** The penalty of vectors that are not orthogonal. */
export class OrthogonalRegularizer implements Regularizer {
  readonly name = "orthogonal_regularizer";

  constructor(readonly factor: number, readonly mode: "rows" | "columns") {}

  check(kernel: Kernel): void {
    checkFormulaKernel("a regularizer", kernel);
  }

  checkShape(shape: readonly number[]): void {
    if (shape.length === 2) return;
    throw new ShapeError(
      `Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape=${
        formatShape(shape)
      }`,
    );
  }

  penalty(given: Kernel, values: Tensor, out: Tensor, factor = 1): void {
    const kernel = given as FormulaKernel;
    withTemporaries(kernel, (create) => {
      const { gram, index, count } = this.#cosines(kernel, values, create);
      kernel.map(cosine, [gram, index, index], [gram]);
      sumAll(kernel, magnitude, gram, out, [factor * this.#weight(count)]);
    });
  }

  addGradient(given: Kernel, values: Tensor, gradient: Tensor, out: Tensor, factor = 1): void {
    const kernel = given as FormulaKernel;
    const rows = this.mode === "rows";
    withTemporaries(kernel, (create) => {
      const { lengths, units, gram, index, count } = this.#cosines(kernel, values, create);
      // Each pair is twice in the matrix, and its derivative is of both.
      kernel.map(signs, [gram, index, index], [gram], [2 * factor * this.#weight(count)]);
      const direction = create(values.shape);
      if (rows) kernel.matmul(gram, units, direction);
      else kernel.matmul(units, gram, direction);
      const products = create(values.shape);
      kernel.map(product, [direction, units], [products]);
      const shares = create([count]);
      kernel.reduce("sum", this.mode, formula(w), [products], shares);
      kernel.map(
        rows ? alongRow : alongColumn,
        [direction, units, gradient, shares, lengths],
        [out],
      );
    });
  }

  getConfig(): KerasConfig {
    const { factor, mode } = this;
    return kerasObject("keras.regularizers", "OrthogonalRegularizer", { factor, mode });
  }

  /** The factor of the sum over the whole matrix of cosines, where each pair is twice. */
  #weight(count: number): number {
    const pairs = count * (count - 1) / 2;
    return pairs === 0 ? 0 : this.factor * 0.5 / pairs;
  }

  #cosines(
    kernel: FormulaKernel,
    values: Tensor,
    create: (shape: readonly number[]) => Tensor,
  ): Cosines {
    this.checkShape(values.shape);
    const rows = this.mode === "rows";
    const count = values.shape[rows ? 0 : 1]!;
    const squares = create([count]);
    const lengths = create([count]);
    kernel.reduce("sum", this.mode, square, [values], squares);
    kernel.map(length, [squares], [lengths]);
    const units = create(values.shape);
    kernel.map(rows ? byRow : byColumn, [values, lengths], [units]);
    const gram = create([count, count]);
    kernel.matmul(units, units, gram, rows ? { transposeB: true } : { transposeA: true });
    const index = create([count]);
    index.write(Float32Array.from({ length: count }, (_, i) => i));
    return { lengths, units, gram, index, count };
  }
}

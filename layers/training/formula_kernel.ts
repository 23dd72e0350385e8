/**
 * What training needs of a kernel: the operations on formulas, which a kernel
 * may lack, and a few that are made of them.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { quote } from "../../common/text.ts";
import { add, mul, operand, perColumn } from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";

/** A kernel that computes formulas. */
export type FormulaKernel = Kernel & Required<Pick<Kernel, "map" | "reduce" | "gather">>;

/**
 * The kernel, which takes formulas.
 *
 * @param what What needs them, as the message begins: `fit()`.
 * @throws {ArgumentError} where it lacks them.
 */
export function withFormulas(what: string, kernel: Kernel): FormulaKernel {
  const missing = (["map", "reduce", "gather"] as const).filter((name) =>
    typeof kernel[name] !== "function"
  );
  if (missing.length === 0) return kernel as FormulaKernel;
  throw new ArgumentError(
    `${what} needs a kernel that computes formulas; ${quote(kernel.name)} lacks ${
      missing.join(", ")
    }`,
  );
}

const identity = formula(operand(0));
const square = formula(mul(operand(0), operand(0)));
const spreading = formula(add(mul(0, operand(0)), perColumn(1)));

/** The values of one tensor copied to another of its shape. */
export function copyTo({ map }: FormulaKernel, from: Tensor, to: Tensor): void {
  map.call(from.kernel, identity, [from], [to]);
}

/** The sum of the squares of all elements, a new tensor [1]. */
export function sumOfSquares(kernel: FormulaKernel, a: Tensor): Tensor {
  using rows = kernel.tensor([a.size / Math.max(1, a.shape.at(-1)!)]);
  const total = kernel.tensor([1]);
  kernel.reduce("sum", "rows", square, [a], rows);
  kernel.reduce("sum", "rows", identity, [rows], total);
  return total;
}

/** The one value of a tensor [1] for each of so many rows: a new tensor [rows], as formulas read it by row. */
export function spread(kernel: FormulaKernel, scalar: Tensor, rows: number): Tensor {
  using zeros = kernel.tensor([rows, 1]);
  const out = kernel.tensor([rows]);
  kernel.reduce("sum", "rows", spreading, [zeros, scalar], out);
  return out;
}

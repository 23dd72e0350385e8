/**
 * What training needs of a kernel: the operations on formulas, which a kernel
 * may lack, and a few that are made of them.
 *
 * @module
 */
import { add, mul, operand, perColumn } from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { checkFormulaKernel, type FormulaKernel } from "../temporaries.ts";

export type { FormulaKernel };

/**
 * The kernel, which takes formulas.
 *
 * @param what What needs them, as the message ends: `fit()`.
 * @throws {ArgumentError} where it computes none.
 */
export function withFormulas(what: string, kernel: Kernel): FormulaKernel {
  checkFormulaKernel(what, kernel);
  return kernel;
}

const spreading = formula(add(mul(0, operand(0)), perColumn(1)));

/** The one value of a tensor [1] for each of so many rows: a new tensor [rows], as formulas read it by row. */
export function spread(kernel: FormulaKernel, scalar: Tensor, rows: number): Tensor {
  using zeros = kernel.tensor([rows, 1]);
  const out = kernel.tensor([rows]);
  kernel.reduce("sum", "rows", spreading, [zeros, scalar], out);
  return out;
}

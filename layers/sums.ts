/**
 * Sums over all elements of a tensor, by two reductions.
 *
 * @module
 */
import { type Formula, identity } from "../kernels/formula/formula.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { matrixOf } from "../kernels/checks.ts";
import { type FormulaKernel, withTemporaries } from "./temporaries.ts";

/** out [1] = the sum of the formula's values over all elements. */
export function sumAll(
  kernel: FormulaKernel,
  value: Formula,
  values: Tensor,
  out: Tensor,
  parameters: readonly number[] = [],
): void {
  withTemporaries(kernel, (create) => {
    const ofColumns = create([matrixOf(values.shape).columns]);
    kernel.reduce("sum", "columns", value, [values], ofColumns, parameters);
    kernel.reduce("sum", "rows", identity, [ofColumns], out);
  });
}

/**
 * Mutants that are wrong beyond some size alone, one for each way of being so:
 * operands of fewer bits, a lost tail. The kinds are few here, since every run
 * tests them; `sizes/broken_testing.ts` and its neighbour have more of each.
 *
 * @module
 */
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import { altered, dataOf, type Mutant } from "./mutant.ts";

/** The float32 number with 11 bits of the mantissa, as TF32 has them, towards 0. */
function tf32(value: number): number {
  const bits = bitsOf(value);
  return floatOf(bits - bits % 2 ** 13);
}

/** Mutants that only the checks of sizes find. */
export const sizeMutants: readonly Mutant[] = [
  altered(
    "weights of more than 1000 elements are rounded to TF32",
    "product-sizes",
    (original) => ({
      dense: (x, weight, bias, activation, y, z) => {
        if (weight.size <= 1000) return original.dense(x, weight, bias, activation, y, z);
        using other = original.tensor(weight.shape, dataOf(weight).map(tf32));
        original.dense(x, other, bias, activation, y, z);
      },
    }),
    { key: true },
  ),
  altered(
    "the sum of more than 400 rows leaves the last one out",
    "array-sizes",
    (original) => ({
      sumRows: (a, out, options) => {
        const columns = a.shape.at(-1) ?? 1;
        if (a.size <= 400 * columns) return original.sumRows(a, out, options);
        using other = original.tensor([a.size / columns, columns], dataOf(a));
        dataOf(other).fill(0, a.size - columns);
        original.sumRows(other, out, options);
      },
    }),
    { key: true },
  ),
  altered(
    "softmax leaves the last column of rows of more than 500 unwritten",
    "array-sizes",
    (original) => ({
      activate: (activation, z, y) => {
        const columns = y.shape.at(-1) ?? 1;
        const old = dataOf(y).slice();
        original.activate(activation, z, y);
        if (activation !== "softmax" || columns <= 500) return;
        for (let at = columns - 1; at < old.length; at += columns) dataOf(y)[at] = old[at]!;
      },
    }),
  ),
];

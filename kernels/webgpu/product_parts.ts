/**
 * How a product is cut whose operands cannot be bound as a whole: by rows of each
 * as it is stored, so that most parts are bound where they lie. Parts of k are
 * added in y, one after the other.
 *
 * @module
 */
import type { Dimensions } from "../checks.ts";
import type { ProductShape } from "./product_layout.ts";
import { rowsWithin } from "./windows.ts";

/** The largest parts of m, n and k with which no operand has more than `most` elements; `hasA` where a is read at all. */
export function blocksOf(
  { m, n, k, transposeA, transposeB }: ProductShape,
  hasA: boolean,
  most: number,
): Dimensions {
  const blocks = { m: rowsWithin(m, n, most), n, k };
  const limit = (axis: keyof Dimensions, rows: number) => {
    blocks[axis] = Math.min(blocks[axis], rows);
  };
  if (hasA && transposeA) limit("k", rowsWithin(k, m, most));
  if (hasA && !transposeA) limit("m", rowsWithin(m, k, most));
  if (transposeB) limit("n", rowsWithin(n, k, most));
  else limit("k", rowsWithin(k, n, most));
  return blocks;
}

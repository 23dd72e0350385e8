/**
 * The products of blocked with fewer than 4 rows or columns, for which most of a
 * tile would be empty and packing would cost as much as the product. Each matrix
 * is read once, in the order of its memory, straight from the float32 arrays;
 * sums are float64.
 *
 * @module
 */
import type { Dimensions } from "./checks.ts";
import type { Product, View } from "./heap.ts";

/** The transposed view of a matrix. */
function transpose({ data, rowStride, columnStride }: View): View {
  return { data, rowStride: columnStride, columnStride: rowStride };
}

/** out[m,n] = a · b, or out += it, for m or n below 4. */
export const multiplyThin: Product = (dimensions, a, b, out, accumulate) => {
  const { m, n } = dimensions;
  if (m <= n) {
    multiplyFewRows(dimensions, a, b, out, n, 1, accumulate);
  } else {
    // (a · b)ᵀ = bᵀ · aᵀ: the few columns become few rows.
    const swapped = { m: n, n: m, k: dimensions.k };
    multiplyFewRows(swapped, transpose(b), transpose(a), out, 1, n, accumulate);
  }
};

function multiplyFewRows(
  { m, n, k }: Dimensions,
  a: View,
  b: View,
  out: Float32Array,
  rowStride: number,
  columnStride: number,
  accumulate: boolean,
): void {
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    if (b.columnStride === 1) addScaledRows(n, k, a, i, b, sums);
    else dotColumns(n, k, a, i, b, sums);
    for (let j = 0; j < n; j++) {
      const at = i * rowStride + j * columnStride;
      out[at] = accumulate ? out[at]! + sums[j]! : sums[j]!;
    }
  }
}

/** sums[n] = row i of a · b where the rows of b are contiguous: four of them at a time, so that each sum is loaded once for four products. */
function addScaledRows(
  n: number,
  k: number,
  a: View,
  i: number,
  b: View,
  sums: Float64Array,
): void {
  sums.fill(0);
  const stepA = a.columnStride;
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const atA = i * a.rowStride + p * stepA;
    const a0 = a.data[atA]!;
    const a1 = a.data[atA + stepA]!;
    const a2 = a.data[atA + 2 * stepA]!;
    const a3 = a.data[atA + 3 * stepA]!;
    const b0 = p * b.rowStride;
    const b1 = b0 + b.rowStride;
    const b2 = b1 + b.rowStride;
    const b3 = b2 + b.rowStride;
    for (let j = 0; j < n; j++) {
      sums[j] = sums[j]! + a0 * b.data[b0 + j]! + a1 * b.data[b1 + j]! + a2 * b.data[b2 + j]! +
        a3 * b.data[b3 + j]!;
    }
  }
  for (; p < k; p++) {
    const scale = a.data[i * a.rowStride + p * stepA]!;
    const at = p * b.rowStride;
    for (let j = 0; j < n; j++) sums[j]! += scale * b.data[at + j]!;
  }
}

/** sums[n] = row i of a · b where the columns of b are contiguous: four at a time, so that four sums do not wait for each other. */
function dotColumns(n: number, k: number, a: View, i: number, b: View, sums: Float64Array): void {
  const { data } = b;
  const step = b.rowStride;
  const width = b.columnStride;
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    let atA = i * a.rowStride;
    for (let p = 0, at = j * width; p < k; p++, at += step, atA += a.columnStride) {
      const value = a.data[atA]!;
      s0 += value * data[at]!;
      s1 += value * data[at + width]!;
      s2 += value * data[at + 2 * width]!;
      s3 += value * data[at + 3 * width]!;
    }
    sums[j] = s0, sums[j + 1] = s1, sums[j + 2] = s2, sums[j + 3] = s3;
  }
  for (; j < n; j++) {
    let sum = 0;
    for (let p = 0; p < k; p++) {
      sum += a.data[i * a.rowStride + p * a.columnStride]! * data[j * width + p * step]!;
    }
    sums[j] = sum;
  }
}

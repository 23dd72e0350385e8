/**
 * Operands of which every sum is exact in float32 in any order, although single
 * numbers need up to 24 bits: so that large products are compared bit by bit,
 * and whatever rounds an operand, a bias or a sum to fewer bits (bfloat16, TF32,
 * float16), or adds operands before it multiplies them (Strassen, Winograd),
 * shows in every size. A sum is exact because it has one term, or because the
 * terms are whole numbers of 12 bits, at most 4000 of them.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Random } from "../../common/random.ts";
import { exactMost, integers } from "../check.ts";
import { scratchFloats, scratchZeros } from "../scratch.ts";

/** Operands and, where each result is one product, the results. */
export interface ExactData {
  /** [m, k] */
  readonly x: Float32Array;
  /** [k, n] */
  readonly weight: Float32Array;
  /** [n] */
  readonly bias: Float32Array;
  /** x · weight [m, n], without the bias; null where whole numbers are to be multiplied again. */
  readonly product: Float32Array | null;
}

/** Numbers in ±[1, 2) with the last of their 24 bits set, so that every rounding to fewer bits changes each. */
export function fullMantissas(length: number, random: Random): Float32Array {
  const values = scratchFloats(length);
  const patterns = bitPatterns(values);
  for (let i = 0; i < length; i++) {
    const bits = random.integer();
    // The sign, the exponent of 1, and 22 bits above the last.
    patterns[i] = bits & 0x80000000 | 0x3f800000 | (bits & 0x3fffff) << 1 | 1;
  }
  return values;
}

/** Powers of two: magnitudes so different that an error relative to one is huge relative to another. */
export function scales(length: number, octaves: number, random: Random): Float32Array {
  const powers = Float32Array.from({ length: 2 * octaves + 1 }, (_, i) => 2 ** (i - octaves));
  // Loops fill arrays of millions, which Float32Array.from() would take ten times as long for.
  const values = scratchFloats(length);
  for (let i = 0; i < length; i++) values[i] = powers[random.between(0, 2 * octaves)]!;
  return values;
}

/** For each of `length` results the one of `count` terms that is not 0: the first, the last, and any. */
function chosenTerms(length: number, count: number, random: Random): Uint32Array {
  const terms = new Uint32Array(length);
  for (let i = 1; i < length; i++) terms[i] = random.between(0, count - 1);
  if (length > 0) terms[length - 1] = count - 1;
  return terms;
}

/**
 * Every row of x has one number, a power of two, and every column of weight a
 * scale of its own, from 2^-octaves to 2^octaves. A few columns have the bias alone.
 */
export function selectedRows(
  { m, n, k }: Dimensions,
  random: Random,
  octaves = 20,
): ExactData & { readonly product: Float32Array } {
  const x = scratchZeros(m * k);
  const weight = fullMantissas(k * n, random);
  const bias = scratchZeros(n);
  const product = scratchFloats(m * n);
  const columns = scales(n, octaves, random);
  const own = fullMantissas(n, random);
  for (let j = 0; j < n; j++) {
    if (random.integer() % 8 !== 0) continue;
    columns[j] = 0;
    bias[j] = own[j]!;
  }
  for (let p = 0, at = 0; p < k; p++) {
    for (let j = 0; j < n; j++, at++) weight[at] = weight[at]! * columns[j]!;
  }
  const rows = scales(m, octaves, random);
  const terms = chosenTerms(m, k, random);
  for (let i = 0; i < m; i++) {
    const p = terms[i]!;
    const scale = random.integer() % 2 ? rows[i]! : -rows[i]!;
    x[i * k + p] = scale;
    for (let j = 0, at = i * n, from = p * n; j < n; j++) product[at++] = scale * weight[from++]!;
  }
  return { x, weight, bias, product };
}

/** Every column of weight has one number, a power of two, and every row of x a scale of its own. */
function selectedColumns({ m, n, k }: Dimensions, random: Random): ExactData {
  const x = fullMantissas(m * k, random);
  const weight = scratchZeros(k * n);
  const product = scratchFloats(m * n);
  const rows = scales(m, 20, random);
  for (let i = 0, at = 0; i < m; i++) {
    for (let p = 0; p < k; p++, at++) x[at] = x[at]! * rows[i]!;
  }
  const columns = scales(n, 20, random);
  const terms = chosenTerms(n, k, random);
  for (let j = 0; j < n; j++) {
    if (random.integer() % 2 === 0) columns[j] = -columns[j]!;
    weight[terms[j]! * n + j] = columns[j]!;
  }
  for (let i = 0, at = 0; i < m; i++) {
    for (let j = 0; j < n; j++, at++) product[at] = columns[j]! * x[i * k + terms[j]!]!;
  }
  return { x, weight, bias: scratchZeros(n), product };
}

/**
 * Rows of one number and rows of 24-bit numbers, columns of 24-bit numbers and
 * columns of one number, at random: one product of both operands' every bit.
 * Where both are full there is no exact sum, and nothing is wanted: NaN.
 */
function mixed({ m, n, k }: Dimensions, random: Random): ExactData {
  const x = fullMantissas(m * k, random);
  const weight = fullMantissas(k * n, random);
  const product = scratchFloats(m * n);
  const [rows, columns] = [scales(m, 20, random), scales(n, 20, random)];
  const [termOfRow, termOfColumn] = [chosenTerms(m, k, random), chosenTerms(n, k, random)];
  const fullRow = Uint8Array.from(rows, () => random.integer() % 2);
  const fullColumn = Uint8Array.from(columns, () => random.integer() % 2);
  for (let i = 0, at = 0; i < m; i++) {
    for (let p = 0; p < k; p++, at++) {
      x[at] = fullRow[i] ? x[at]! * rows[i]! : p === termOfRow[i] ? rows[i]! : 0;
    }
  }
  for (let p = 0, at = 0; p < k; p++) {
    for (let j = 0; j < n; j++, at++) {
      weight[at] = fullColumn[j]
        ? weight[at]! * columns[j]!
        : p === termOfColumn[j]
        ? columns[j]!
        : 0;
    }
  }
  for (let i = 0, at = 0; i < m; i++) {
    for (let j = 0; j < n; j++, at++) {
      const p = fullRow[i] ? termOfColumn[j]! : termOfRow[i]!;
      product[at] = fullRow[i] && fullColumn[j] ? NaN : x[i * k + p]! * weight[p * n + j]!;
    }
  }
  return { x, weight, bias: scratchZeros(n), product };
}

/** So many products of 12 bits, and a bias of 18, add up to at most 2^24. */
const mostTerms = 4000;

/** Which lines of a matrix are sums' own: the rows of x, the columns of weight. */
type Lines = "rows" | "columns";

/** Odd whole numbers of 12 bits, which 11 bits cannot hold; those of even lines are positive, so that sums grow to 24 bits. */
function twelveBits(rows: number, columns: number, lines: Lines, random: Random): Float32Array {
  const values = scratchFloats(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const bits = random.integer() | 0;
      const line = lines === "rows" ? i : j;
      // A sign by a factor, and none where the line is even.
      values[at++] = (2048 + 2 * (bits & 1023) + 1) * (1 | bits >> 31 & -(line & 1));
    }
  }
  return values;
}

/** Ones of either sign, positive in even lines; of a long sum only some, the first and last 8 among them. */
function signs(rows: number, columns: number, lines: Lines, random: Random): Float32Array {
  const k = lines === "rows" ? columns : rows;
  const step = k <= mostTerms ? 1 : Math.ceil(k / (mostTerms - 20));
  const values = scratchZeros(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      const line = lines === "rows" ? i : j;
      const term = lines === "rows" ? j : i;
      if (step > 1 && term >= 8 && term < k - 8 && (term + line) % step !== 0) continue;
      values[at] = line & 1 && random.integer() >>> 31 ? -1 : 1;
    }
  }
  return values;
}

function biasOf(n: number, random: Random): Float32Array {
  const bias = scratchFloats(n);
  for (let j = 0; j < n; j++) {
    const bits = random.integer();
    const magnitude = 2 ** 17 + 2 * (bits & 0xffff) + 1;
    bias[j] = bits >>> 31 ? -magnitude : magnitude;
  }
  return bias;
}

/** x of 12 bits, weight of ones. */
function wideX({ m, n, k }: Dimensions, random: Random): ExactData {
  return {
    x: twelveBits(m, k, "rows", random),
    weight: signs(k, n, "columns", random),
    bias: biasOf(n, random),
    product: null,
  };
}

/** weight of 12 bits, x of ones. */
function wideWeight({ m, n, k }: Dimensions, random: Random): ExactData {
  return {
    x: signs(m, k, "rows", random),
    weight: twelveBits(k, n, "columns", random),
    bias: biasOf(n, random),
    product: null,
  };
}

/** Whole numbers without 0, as large as k of their products allow, so that no term can be left out unseen. */
function everyTerm({ m, n, k }: Dimensions, random: Random): ExactData {
  const most = exactMost(k);
  return {
    x: integers(m * k, most, random),
    weight: integers(k * n, most, random),
    bias: integers(n, most * most, random),
    product: null,
  };
}

/** The families, by their names in ids. */
export const exactFamilies = {
  "selected-rows": (shape: Dimensions, random: Random): ExactData => selectedRows(shape, random),
  "selected-columns": selectedColumns,
  mixed,
  "wide-x": wideX,
  "wide-weight": wideWeight,
  "every-term": everyTerm,
} as const;

/** The name of a family. */
export type ExactFamily = keyof typeof exactFamilies;

/** The most terms of a sum that {@linkcode exactFamilies} can keep exact. */
export const mostExactTerms = 2 ** 24 - 2;

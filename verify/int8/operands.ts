/**
 * Data for products with int8 weights: numbers of all 24 bits where every rounding
 * is known, whole numbers where a kernel may round to either neighbour, and the
 * families in which a shortcut goes wrong.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import { floats } from "../check.ts";
import { adjacentFloat } from "../float32.ts";
import { repeated } from "../sizes/elementwise.ts";
import { type Int8Operands, multiplierOf } from "./reference.ts";

const { fround } = Math;

/** So many numbers are drawn at most, a prime; longer rows repeat them. */
const mostDrawn = 16411;

/** Whole numbers from -127 to 127, one in eight of them an end. */
function weightValues(length: number, random: Random): Int8Array {
  const values = new Int8Array(length);
  for (let i = 0; i < length; i++) {
    const bits = random.integer();
    const value = bits << 24 >> 24;
    const end = value < 0 ? -127 : 127;
    values[i] = (bits & 0x700) === 0 ? end : Math.max(-127, value);
  }
  return values;
}

/** Multipliers across 16 powers of two. */
export function multipliers(length: number, random: Random): Float32Array {
  return Float32Array.from(
    { length },
    () => (1 + random.uniform()) * 2 ** random.between(-8, 8),
  );
}

/** Rows of real numbers, each of its own magnitude. */
function realRows(m: number, k: number, random: Random): Float32Array {
  const x = repeated(floats(Math.min(m * k, mostDrawn) || 1, -1, 1, random), m * k);
  for (let row = 0; row < m; row++) {
    const factor = 2 ** random.between(-12, 12);
    for (let i = row * k; i < (row + 1) * k; i++) x[i] = x[i]! * factor;
  }
  return x;
}

/** Rows of whole numbers whose multiplier is 1 or next to it, so that they stay what they are however it is rounded. */
export function wholeRows(m: number, k: number, random: Random): Float32Array {
  const x = Float32Array.from(weightValues(m * k, random));
  for (let row = 0; row < m && k > 0; row++) {
    x[row * k + random.between(0, k - 1)] = random.uniform() < 0.5 ? -127 : 127;
  }
  return x;
}

/** Operands of this shape; with `whole` numbers in x. */
export function operandsOf(
  { m, n, k }: Dimensions,
  random: Random,
  whole: boolean,
  given: Partial<Int8Operands> = {},
): Int8Operands {
  return {
    m,
    n,
    k,
    x: (whole ? wholeRows : realRows)(m, k, random),
    values: weightValues(k * n, random),
    scale: multipliers(n, random),
    // Of the magnitude of the quotients, as far as there is one.
    bias: random.uniform() < 0.8 ? floats(n, -4, 4, random) : null,
    ...given,
  };
}

/** A row of numbers that come to lie halfway between two whole ones, after the product is rounded to float32. */
function tiedRow(k: number, random: Random): number[] {
  const largest = fround((1 + random.uniform()) * 2 ** random.between(-6, 6));
  const multiplier = multiplierOf(largest);
  return Array.from({ length: k }, (_, i) => {
    if (i === 0) return random.uniform() < 0.5 ? -largest : largest;
    const half = random.between(-127, 126) + 0.5;
    const near = fround(half / multiplier);
    const candidates = [near, adjacentFloat(near, 1), adjacentFloat(near, -1)];
    return candidates.find((each) => fround(each * multiplier) === half) ?? near;
  });
}

type Row = (k: number, random: Random) => ArrayLike<number>;

const rowsOf = (rows: readonly Row[], k: number, random: Random) =>
  Float32Array.from(rows.flatMap((row) => Array.from(row(k, random))));

/** Random numbers of a magnitude. */
const scaled = (magnitude: number): Row => (k, random) =>
  floats(k, -1, 1, random).map((value) => value * magnitude);
const filled = (value: number): Row => (k) => Array<number>(k).fill(value);
/** The numbers of a row, with one of them replaced. */
const withOne = (row: Row, place: (k: number) => number, value: number): Row => (k, random) => {
  const numbers = Array.from(row(k, random));
  numbers[place(k)] = value;
  return numbers;
};
const alternating = (value: number): Row => (k) =>
  Array.from({ length: k }, (_, i) => i % 2 === 0 ? value : -value);

/** A value that is not finite at each place of a row, beside rows without. */
const oddRows = (odd: number): readonly Row[] => [
  withOne(scaled(1), () => 0, odd),
  scaled(1),
  withOne(scaled(1), (k) => k - 1, odd),
  withOne(filled(0), (k) => k >> 1, odd),
  filled(odd),
];

/** The largest float32 number. */
const most = 2 ** 128 - 2 ** 104;

/** Families of rows, by what they need of a kernel besides rounding to the nearest. */
export const families: Readonly<
  Record<string, { readonly rows: readonly Row[]; readonly needs?: "nan" | "denormals" }>
> = {
  equal: { rows: [filled(0.7), filled(-3), filled(127), filled(1e-3), alternating(2.5)] },
  zeros: { rows: [filled(0), scaled(1), filled(-0), alternating(0)] },
  ties: { rows: [tiedRow, tiedRow, tiedRow, tiedRow, tiedRow, tiedRow] },
  "one-huge": {
    rows: [
      withOne(scaled(1), (k) => k - 1, 300),
      withOne(scaled(1), () => 0, -1e6),
      withOne(scaled(1), (k) => k >> 1, 126.5),
      withOne(scaled(2 ** -20), (k) => k >> 1, most),
    ],
  },
  small: {
    rows: [-17, -20, -22, -24, -25, -30, -60, -110].map((power) => scaled(2 ** power)),
  },
  large: {
    rows: [scaled(most), scaled(2 ** 127), filled(most), alternating(most), scaled(2 ** 60)],
  },
  subnormal: {
    rows: [scaled(2 ** -126), scaled(2 ** -140), filled(2 ** -149)],
    needs: "denormals",
  },
  "not-finite": { rows: [NaN, Infinity, -Infinity].flatMap(oddRows), needs: "nan" },
  // Apart too: what looks for one of them in a matrix may pass the rows with another.
  nan: { rows: oddRows(NaN), needs: "nan" },
  infinite: { rows: oddRows(-Infinity), needs: "nan" },
};

/** Operands of a family. */
export function operandsOfFamily(
  name: string,
  n: number,
  k: number,
  random: Random,
): Int8Operands {
  const { rows } = families[name]!;
  const x = rowsOf(rows, k, random);
  return operandsOf({ m: rows.length, n, k }, random, false, { x });
}

/** Multipliers and biases that are no usual ones. */
export const oddNumbers = [0, -0, NaN, Infinity, -Infinity, -3, most, -most, 2 ** -126, 1] as const;

/**
 * What sums of products must be, whatever the operands hold: whole numbers to the
 * bit, real ones within the componentwise bound, and NaN and infinities as IEEE
 * 754 has them. Of large results a block of rows and columns is computed again,
 * the last ones and those with an unusual number among them.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { activationBounds, isActivation, withinRange } from "../activation_bounds.ts";
import { productBound } from "../bounds.ts";
import { compareBounded, type Outcome } from "../compare.ts";
import { exactProduct } from "../reference.ts";
import { scratchFloats } from "../scratch.ts";
import { sample } from "../sizes/sampled.ts";
import type { Values } from "./values.ts";

/** The products that are added, and what is added to them. */
export interface Terms {
  readonly shape: Dimensions;
  /** [m, k], or [k, m] where it is stored transposed. */
  readonly a: Values;
  /** [k, n], or [n, k]. */
  readonly b: Values;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [n] or [m, n]; null where nothing is added. */
  readonly addend: Values | null;
}

/** Some elements of a matrix of sums: those of some rows and columns. */
export interface Block {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** How many columns the matrix has. */
  readonly width: number;
  readonly all: number;
  readonly value: Float64Array;
  readonly bounds: Float64Array;
  /** The sums of all rows of the matrix; null where the block is all of it. */
  readonly rowSums: BoundedSums | null;
}

/** Numbers that are known to some bounds. */
interface BoundedSums {
  readonly value: Float64Array;
  readonly bounds: Float64Array;
}

/** Multiply-adds and elements of a reference. */
const [mostTerms, mostElements] = [2 ** 13, 2 ** 9];

/** Indices among which those of `wanted` are. */
function sampleWith(
  length: number,
  most: number,
  wanted: readonly (number | null)[],
  random: Random,
): number[] {
  const drawn = sample(length, Math.max(1, most), random);
  if (drawn.length === length) return drawn;
  const own = wanted.filter((each) => each !== null);
  return [...new Set([...drawn, ...own])].sort((one, other) => one - other);
}

function indicesOf(
  { shape: { m, n, k }, a, b, addend, transposeA = false, transposeB = false }: Terms,
  wholeRows: boolean,
  random: Random,
): Pick<Block, "rows" | "columns"> {
  const most = Math.min(mostElements, Math.max(4, Math.floor(mostTerms / Math.max(1, k))));
  const rowOf = (place: number | null, width: number) => place && Math.floor(place / width);
  const columnOf = (place: number | null, width: number) => place && place % width;
  const ofA = transposeA ? columnOf(a.place, m) : rowOf(a.place, k);
  const ofB = transposeB ? rowOf(b.place, k) : columnOf(b.place, n);
  const at = addend?.place ?? null;
  const columns = wholeRows
    ? upTo(n)
    : sampleWith(n, m * n <= most ? n : Math.max(most / m, 24), [ofB, columnOf(at, n)], random);
  const rows = sampleWith(
    m,
    Math.floor(most / Math.max(1, columns.length)),
    [ofA, addend && addend.values.length > n ? rowOf(at, n) : null],
    random,
  );
  return { rows, columns };
}

const upTo = (length: number) => Array.from({ length }, (_, i) => i);

/** Some lines of a matrix, or of the transpose of one. */
function taken(
  values: Float32Array,
  [rowStride, columnStride]: readonly [number, number],
  rows: readonly number[],
  columns: readonly number[],
): Float32Array {
  if (columnStride === 1 && rows.length * columns.length === values.length) return values;
  const out = scratchFloats(rows.length * columns.length);
  let at = 0;
  for (const row of rows) {
    const start = row * rowStride;
    for (const column of columns) out[at++] = values[start + column * columnStride]!;
  }
  return out;
}

function magnitudes(values: Float32Array): Float32Array {
  const out = scratchFloats(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(values[i]!);
  return out;
}

/** Whole numbers up to this have sums of no rounding. */
const exactSum = 2 ** 24;

/** A block of the sums, of whole rows where that is asked for. */
export function blockOf(
  terms: Terms,
  traits: KernelTraits,
  random: Random,
  { wholeRows = false, addendName = "bias" }: {
    readonly wholeRows?: boolean;
    readonly addendName?: "bias" | "accumulation";
  } = {},
): Block {
  const { shape: { m, n, k }, a, b, addend, transposeA = false, transposeB = false } = terms;
  const { rows, columns } = indicesOf(terms, wholeRows, random);
  const part = { m: rows.length, n: columns.length, k };
  const left = taken(a.values, transposeA ? [1, m] : [k, 1], rows, upTo(k));
  const right = taken(b.values, transposeB ? [1, k] : [n, 1], upTo(k), columns);
  const perColumn = addend !== null && addendName === "bias";
  const added = addend &&
    taken(addend.values, [n, 1], perColumn ? [0] : rows, columns);
  const options = (values: Float32Array | null) =>
    values === null ? {} : perColumn ? { bias: values } : { initial: values };
  const value = exactProduct(part, left, right, options(added));
  const gauge = exactProduct(
    part,
    magnitudes(left),
    magnitudes(right),
    options(added && magnitudes(added)),
  );
  const whole = a.whole && b.whole && (addend?.whole ?? true);
  const claims = addendName === "bias" || addend === null
    ? traits
    : { ...traits, bias: traits.accumulation ?? "after" };
  const bounds = gauge.map((total, i) => {
    if (whole && total <= exactSum) return 0;
    const own = added === null ? null : perColumn ? added[i % columns.length]! : added[i]!;
    // The reference is a plain sum in float64, whose own roundings count.
    return productBound(claims, k, { value: value[i]!, gauge: total }, own) + k * 2 ** -53 * total;
  });
  const rowSums = value.length === m * n ? null : sumsOfRows(terms, claims, perColumn, whole);
  return { rows, columns, width: n, all: m * n, value, bounds, rowSums };
}

/**
 * The sums of all rows of x · w are x · (w · 1), for little more than to read the
 * operands: so every element is seen, if not every one by itself.
 */
function sumsOfRows(
  { shape: { m, n, k }, a, b, addend, transposeA, transposeB }: Terms,
  traits: KernelTraits,
  perColumn: boolean,
  whole: boolean,
): BoundedSums {
  const columns = new Float64Array(k);
  const magnitudes = new Float64Array(k);
  // In the order in which they are stored.
  for (let at = 0; at < b.values.length; at++) {
    const p = transposeB ? at % k : Math.floor(at / n);
    columns[p]! += b.values[at]!;
    magnitudes[p]! += Math.abs(b.values[at]!);
  }
  const value = new Float64Array(m);
  const bounds = new Float64Array(m);
  const [step, next] = transposeA ? [1, m] : [k, 1];
  // Bounds are homogeneous but for what underflows in each element.
  const underflow = n * productBound(traits, k, { value: 0, gauge: 0 }, addend && 0);
  for (let i = 0; i < m; i++) {
    let [sum, gauge, own] = [0, 0, 0];
    for (let j = 0, at = perColumn ? 0 : i * n; addend && j < n; j++, at++) {
      sum += addend.values[at]!;
      own += Math.abs(addend.values[at]!);
    }
    for (let p = 0, at = i * step; p < k; p++, at += next) {
      sum += a.values[at]! * columns[p]!;
      gauge += Math.abs(a.values[at]!) * magnitudes[p]!;
    }
    const total = gauge + own;
    value[i] = sum;
    bounds[i] = whole && total <= n * exactSum ? 0 : underflow +
      productBound(traits, k, { value: total, gauge: total }, addend && own) +
      (k + n) * 2 ** -52 * total;
  }
  return { value, bounds };
}

/** What is wrong with the sum of a row; null where nothing is, or a row is not finite. */
function faultOfRows(got: Float32Array, { rowSums, width }: Block): string | null {
  if (rowSums === null) return null;
  const { value, bounds } = rowSums;
  for (let row = 0; row < value.length; row++) {
    if (!Number.isFinite(value[row])) continue;
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += got[at]!;
    if (!(Math.abs(sum - value[row]!) <= bounds[row]!)) {
      return `row ${row} adds up to ${sum}, want ${value[row]}, at most ${bounds[row]} off`;
    }
  }
  return null;
}

/** What a result is called, and which of its elements were looked at. */
function nameIn(what: string, { rows, columns, value, all }: Block): string {
  return value.length === all
    ? what
    : `${what} (of which ${rows.length} rows and ${columns.length} columns were sampled, and are counted so)`;
}

/** The elements of a result that a block has; where nothing is NaN, one that is not of the block must not be either. */
function ofBlock(got: Float32Array, block: Block): Float32Array | string {
  const { rows, columns, width, all, value } = block;
  if (got.length !== all) return `${got.length} elements, want ${all}`;
  if (value.length < all && value.every(Number.isFinite)) {
    const lost = got.findIndex(Number.isNaN);
    if (lost >= 0) return `[${Math.floor(lost / width)}, ${lost % width}] is NaN`;
  }
  return taken(got, [width, 1], rows, columns);
}

/** The same numbers, with 0 in place of what is right without being finite. */
function withoutRight(
  got: Float32Array,
  want: Float64Array,
  right: (i: number) => boolean,
): readonly [Float64Array | Float32Array, Float64Array] {
  // Nothing is right without being finite where all is finite, NaN of course too.
  if (want.every(Number.isFinite) && got.every(Number.isFinite)) return [got, want];
  const [own, other] = [Float64Array.from(got), want.slice()];
  for (let i = 0; i < own.length; i++) if (right(i)) own[i] = other[i] = 0;
  return [own, other];
}

/** Whether an infinity may become NaN, as the error of an infinite sum is when it is compensated. */
const losesInfinities = ({ summation }: KernelTraits) => summation.order === "compensated";

/** Results and what they should be, with 0 in both where a result is as it should be and not finite. */
export function rightWhereInfinite(
  got: Float32Array,
  want: Float64Array,
  traits: KernelTraits,
): readonly [ArrayLike<number>, Float64Array] {
  const loose = losesInfinities(traits);
  return withoutRight(got, want, (i) => {
    if (Number.isFinite(want[i])) return false;
    return Object.is(got[i], want[i]) || loose && Number.isNaN(got[i]);
  });
}

/** Compares sums with a block of them. */
export function compareSums(
  what: string,
  got: Float32Array,
  block: Block,
  traits: KernelTraits,
): Outcome {
  const found = ofBlock(got, block);
  if (typeof found === "string") return { worst: Infinity, problem: `${what}: ${found}` };
  const { value, bounds, columns } = block;
  const [own, want] = rightWhereInfinite(found, value, traits);
  const outcome = compareBounded(
    nameIn(what, block),
    own,
    want,
    (i) => bounds[i]!,
    columns.length,
  );
  const fault = outcome.problem === null ? faultOfRows(got, block) : null;
  if (fault !== null) return { worst: Infinity, problem: `${what}: ${fault}` };
  return { ...outcome, elements: { all: block.all, compared: value.length } };
}

/** Compares an activation of sums with a block of them, which has whole rows where it is softmax. */
export function compareActivated(
  activation: Activation,
  got: Float32Array,
  block: Block,
  traits: KernelTraits,
): Outcome {
  const found = ofBlock(got, block);
  if (typeof found === "string") return { worst: Infinity, problem: `${activation}: ${found}` };
  const { value, bounds, columns } = block;
  const width = columns.length;
  // Where a sum is not finite, there is no error of it; its row is NaN to softmax.
  const delta = bounds.map((bound, i) => Number.isFinite(value[i]) ? bound : 0);
  const { want, edges } = activationBounds(activation, value, delta, width, traits);
  const loose = losesInfinities(traits);
  const isRight = (i: number): boolean => {
    if (activation === "softmax") {
      const row = value.subarray(i - i % width, i - i % width + width);
      return Number.isNaN(want[i]) && Number.isNaN(found[i]) ||
        loose && row.includes(-Infinity) && Number.isNaN(found[i]);
    }
    return !Number.isFinite(value[i]) &&
      (isActivation(activation, value[i]!, found[i]!, traits) ||
        loose && Number.isNaN(found[i]));
  };
  const [own, wanted] = withoutRight(found, want, isRight);
  const outcome = compareBounded(
    nameIn(activation, block),
    Float64Array.from(own, withinRange),
    wanted,
    (i) => {
      const { below, above } = edges(i);
      const bound = own[i]! >= wanted[i]! ? above : below;
      // Of inputs that are known to no more than hundreds nothing is known but that results are from 0 to 1.
      return activation === "softmax" && Number.isNaN(bound) ? 1 : bound;
    },
    width,
  );
  return { ...outcome, elements: { all: block.all, compared: value.length } };
}

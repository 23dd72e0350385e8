/**
 * What one step of a formula may make of an exact result, by a kernel's claims:
 * its relative error, the rounding to the claimed precision, or none where a
 * step is joined to the next, subnormals that are flushed, and overflow. Method:
 * running error analysis (Wilkinson; Higham, Accuracy and Stability, §3.3) by
 * intervals, which are rounded outwards and need no linearisation.
 *
 * @module
 */
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import type { BinaryFunction, UnaryFunction } from "../../kernels/formula/expression.ts";
import type { FormulaTraits, KernelTraits } from "../../kernels/kernel.ts";
import { largestFloat, smallestNormal } from "../float32.ts";

/** What is claimed of the arithmetic of formulas. */
export interface Claims {
  /** Whether steps are of float64, and not of float32. */
  readonly wide: boolean;
  /** Whether a result is rounded to either neighbour. */
  readonly either: boolean;
  /** Whether subnormals may be taken for zero. */
  readonly flushed: boolean;
  /** Whether NaN and infinities are as IEEE 754 says; otherwise anything may come of them. */
  readonly special: boolean;
  readonly errors: FormulaTraits["errors"];
  readonly traits: KernelTraits;
}

/** The traits of a kernel that takes formulas. */
export type FormulaKernelTraits = KernelTraits & { readonly formulas: FormulaTraits };

/** The claims of a kernel that takes formulas. */
export function claimsOf(traits: FormulaKernelTraits): Claims {
  const { formulas } = traits;
  return {
    wide: formulas.arithmetic === "float64",
    either: traits.rounding === "either",
    flushed: traits.denormals === "flushed",
    special: traits.nan === "propagates",
    errors: formulas.errors,
    traits,
  };
}

/** The relative error that is claimed of a function; 0 for one that is correctly rounded. */
export function errorOf(name: UnaryFunction | BinaryFunction, { errors }: Claims): number {
  return errors[name] ?? 0;
}

/** May be NaN. */
export const mayBeNaN = 1;
/** Is no number. */
export const isNaNAlone = 2;
/** Is no finite number. */
export const isInfinite = 4;

/** The largest float32 that is not above a number. */
export function roundedDown(value: number): number {
  const near = Math.fround(value);
  if (!(near > value)) return near;
  if (near === Infinity) return largestFloat;
  return near > 0 ? floatOf(bitsOf(near) - 1) : floatOf(near === 0 ? 0x80000001 : bitsOf(near) + 1);
}

/** The smallest float32 that is not below a number. */
function roundedUp(value: number): number {
  return -roundedDown(-value);
}

/** An interval that is being made. */
export interface Interval {
  low: number;
  high: number;
  flags: number;
}

/** Makes one interval like another. */
export function copy({ low, high, flags }: Interval, to: Interval): void {
  to.low = low;
  to.high = high;
  to.flags = flags;
}

/** Anything, a NaN among it. */
export function anything(set: Interval): void {
  set.low = -Infinity;
  set.high = Infinity;
  set.flags = mayBeNaN;
}

/** NaN and nothing else. */
export function nothingButNaN(set: Interval): void {
  set.low = Infinity;
  set.high = -Infinity;
  set.flags = mayBeNaN | isNaNAlone;
}

/** Takes in zero where the interval has numbers that are subnormal, of float32 or of what has this least normal one. */
function flush(set: Interval, least = smallestNormal): void {
  if (set.low < least && set.high > -least) {
    if (set.low > 0) set.low = 0;
    if (set.high < 0) set.high = 0;
  }
}

function outside(set: Interval, { special }: Claims): boolean {
  return !special && (set.flags !== 0 || !(set.low >= -largestFloat && set.high <= largestFloat));
}

/** Rounds an interval outwards to float32, as a result is stored. */
function roundOutwards(set: Interval, { either }: Claims): void {
  if (either) {
    set.low = roundedDown(set.low);
    set.high = roundedUp(set.high);
  } else {
    set.low = Math.fround(set.low);
    set.high = Math.fround(set.high);
  }
}

/** How far an end of an image may be off. */
function errorAt(
  end: number,
  error: number,
  own: number,
  size: number | null,
  least: number,
): number {
  const magnitude = Math.abs(end);
  if (magnitude === Infinity) return 0;
  return error * Math.max(size ?? magnitude, least) + own * Math.max(size ?? 0, magnitude, least);
}

/**
 * Widens the image of a step by what its arithmetic may be off.
 *
 * @param error The claimed error, relative to `size`; 0 where it is the rounding alone.
 * @param own How far the image itself may be off, relatively.
 * @param lost What flushing may take besides.
 */
export function widen(
  set: Interval,
  claims: Claims,
  error: number,
  own: number,
  size: number | null,
  lost: number,
): void {
  if ((set.flags & isNaNAlone) !== 0) {
    if (!claims.special) anything(set);
    return;
  }
  const { wide } = claims;
  if (own > 0 || error > 0 || lost > 0) {
    // Below twice the smallest normal number a number of units in the last place is an absolute error.
    const least = wide ? 2 ** -1021 : error === 0 ? 0 : 2 ** -125;
    set.low -= errorAt(set.low, error, own, size, least) + lost;
    set.high += errorAt(set.high, error, own, size, least) + lost;
    // Functions by exponentials lose what is subnormal in float64, and with it its sign.
    if (wide) flush(set, 2 ** -1022);
  }
  if (!wide) {
    const { low, high } = set;
    roundOutwards(set, claims);
    // A step that is joined to the next need not be rounded.
    set.low = Math.min(set.low, low);
    set.high = Math.max(set.high, high);
    if (claims.flushed) flush(set);
  }
  if (outside(set, claims)) anything(set);
}

/** A result that needs no rounding: only subnormals and what is no finite number are not as they were. */
export function keep(set: Interval, claims: Claims): void {
  if (claims.flushed && !claims.wide) flush(set);
  if (outside(set, claims)) anything(set);
}

/** What a kernel makes of a number that it reads. */
export function take(value: number, set: Interval, claims: Claims): void {
  set.flags = 0;
  if (Number.isNaN(value)) nothingButNaN(set);
  else {
    set.low = value;
    set.high = value;
    if (claims.flushed) flush(set);
  }
  if (outside(set, claims)) anything(set);
}

/** What a kernel makes of a number of the formula or of a call, which may be no float32. */
export function takeNumber(value: number, set: Interval, claims: Claims): void {
  take(value, set, claims);
  if (set.flags === 0 && !claims.wide) widen(set, claims, 0, 0, null, 0);
}

/** What is stored of a result, as float32. */
export function store(set: Interval, claims: Claims): void {
  if ((set.flags & isNaNAlone) !== 0) return;
  roundOutwards(set, claims);
  if (claims.flushed) flush(set);
  if (outside(set, claims)) anything(set);
}

/** Whether a stored result is within what may be stored. */
export function holds(set: Interval, got: number): boolean {
  if (Number.isNaN(got)) return (set.flags & mayBeNaN) !== 0;
  if ((set.flags & isInfinite) !== 0 && Number.isFinite(got)) return false;
  return set.low <= got && got <= set.high;
}

/** The widest interval, relative to its ends, that says anything of a result. */
const useful = 2 ** -12;

/** Whether an interval is so narrow that a result within it says something. */
export function decides({ low, high, flags }: Interval): boolean {
  if ((flags & (isNaNAlone | isInfinite)) !== 0) return true;
  if ((flags & mayBeNaN) !== 0) return false;
  if (low === high) return true;
  const most = Math.max(Math.abs(low), Math.abs(high));
  return high - low <= useful * most || most <= smallestNormal;
}

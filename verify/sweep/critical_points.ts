/**
 * Where a function changes its nature: where its float32 result begins to be
 * 0, subnormal, infinite, negative, its own input, or the value it has at 0 or
 * far away. Kernels change their formula there, and go wrong there. The points
 * are found in the reference by bisection, at most one between two numbers whose
 * bits are 2^21 apart: a new activation has its own, but not every one.
 *
 * @module
 */
import { bitPatterns, bitsOf } from "../../common/float_bits.ts";
import { gradientNeedsZ } from "../../kernels/activation.ts";
import type { SweptName } from "./findings.ts";
import { type BitRange, sweptFunctions } from "./functions.ts";
import type { Part } from "./part.ts";

const { fround } = Math;
const sign = 0x80000000;

/**
 * The bits between two numbers whose results are compared: four of them in each binade. Where the
 * nature changes more than once from one to the next, one change is found, or none.
 */
const step = 2 ** 21;

/** Where the numbers themselves change: 0, the smallest normal one, 1. The largest are the ends of what is swept. */
const ofNumbers = [0, 2 ** -126, 1].map(bitsOf);

const scratch = new Float32Array(1);
const scratchBits = bitPatterns(scratch);

/** The number that has these bits, without the arrays that `floatOf` makes. */
function numberOf(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0]!;
}

/** A description of what a function's results are like, equal for those that are alike. */
function natureOf(value: (x: number) => number): (bits: number) => number {
  const far = [value(-3e38), value(3e38)].map(fround);
  const atZero = fround(value(0));
  // Of a function that is 0 at 0, the line that touches it there.
  const touching = value(2 ** -60) * 2 ** 60;
  return (bits) => {
    const x = numberOf(bits);
    const y = fround(value(x));
    const magnitude = Math.abs(y);
    return Number(y === 0) +
      2 * Number(magnitude < 2 ** -126) +
      4 * Number(magnitude === Infinity) +
      8 * Number(y < 0) +
      16 * Number(y === x) +
      32 * Number(y === atZero) +
      64 * Number(atZero === 0 && y === fround(touching * x)) +
      128 * Number(y === far[0]) +
      256 * Number(y === far[1]);
  };
}

/** The first bits in (low, high] of another nature than those at `low`, given that those at `high` are. */
function firstChange(nature: (bits: number) => number, low: number, high: number): number {
  const before = nature(low);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (nature(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

const changes = new Map<(x: number) => number, Map<string, readonly number[]>>();

/** The bits within these ranges at which a function's nature changes, found once for each function. */
export function changesOf(
  value: (x: number) => number,
  inputs: readonly BitRange[],
): readonly number[] {
  const ranges = inputs.map(({ start, end }) => `${start}-${end}`).join();
  const known = changes.get(value) ?? new Map<string, readonly number[]>();
  changes.set(value, known);
  const found = known.get(ranges) ?? findChanges(value, inputs);
  known.set(ranges, found);
  return found;
}

function findChanges(value: (x: number) => number, inputs: readonly BitRange[]): number[] {
  const nature = natureOf(value);
  const found: number[] = [];
  for (const { start, end } of inputs) {
    let low = start;
    let before = nature(low);
    while (low < end - 1) {
      const high = Math.min(low + step, end - 1);
      const now = nature(high);
      if (now !== before) found.push(firstChange(nature, low, high));
      [low, before] = [high, now];
    }
  }
  return found;
}

const kept = new Map<SweptName, readonly number[]>();

/**
 * The bits of the numbers at which the function's nature changes, in ascending
 * order. Functions of z also have those of e^z and of e^−z, which their formulas
 * are made of.
 *
 * @example The numbers at which e^z overflows and from which it is 0
 * ```ts
 * import { floatOf } from "../../common/float_bits.ts";
 * import { criticalBits } from "./critical_points.ts";
 * import { assert } from "@std/assert";
 *
 * const points = criticalBits("exponential").map(floatOf);
 * for (const end of [88.72284, -103.97208]) {
 *   assert(points.some((point) => Math.abs(point - end) < 1e-5));
 * }
 * ```
 */
export function criticalBits(name: SweptName): readonly number[] {
  const before = kept.get(name);
  if (before) return before;
  const { activation, gradient, inputs, value } = sweptFunctions[name];
  const own = [...changesOf(value, inputs), ...inputs.map(({ end }) => end - 1)];
  const isOfZ = gradient ? gradientNeedsZ(activation) : activation !== "linear";
  const shared = isOfZ && name !== "exponential" ? criticalBits("exponential") : [];
  const mirrored = [...ofNumbers, ...shared].flatMap((bits) => [bits, (bits ^ sign) >>> 0]);
  const within = (bits: number) => inputs.some(({ start, end }) => start <= bits && bits < end);
  const all = [...new Set([...own, ...mirrored])].filter(within).sort((a, b) => a - b);
  kept.set(name, all);
  return all;
}

/** How many floats on either side of a round number are inputs. */
const besideRound = 24;

/** The numbers of two digits from 0.1 to 199, which people choose for thresholds, and 2^n beside them. */
const roundNumbers: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (i + 1) / 10),
  ...Array.from({ length: 190 }, (_, i) => i + 10),
];

/** Short stretches around round numbers of either sign. */
export function roundNumberParts(name: SweptName): Part[] {
  const both = roundNumbers.map(bitsOf).flatMap((bits) => [bits, bits + sign]);
  return both.map((bits) => ({
    activation: name,
    first: bits - besideRound,
    last: bits + besideRound + 1,
    stride: 1,
  }));
}

/** The stretches of all inputs within `reach` floats of a critical point, those that overlap joined. */
export function criticalParts(name: SweptName, reach: number): Part[] {
  const joined: { start: number; end: number }[] = [];
  for (const bits of criticalBits(name)) {
    const range = sweptFunctions[name].inputs.find(({ start, end }) =>
      start <= bits && bits < end
    ) as BitRange;
    const start = Math.max(range.start, bits - reach);
    // The end is exclusive: as many floats after the point as before it.
    const end = Math.min(range.end, bits + reach + 1);
    const last = joined.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined.map(({ start, end }) => ({ activation: name, first: start, last: end, stride: 1 }));
}

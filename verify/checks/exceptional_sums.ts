/**
 * NaN, infinities, zeros and numbers near the ends of float32 at random places
 * of every operand of every operation that adds products, one or two at once.
 * All else is small whole numbers, so that each result is known exactly: what
 * IEEE 754 makes of a NaN reaches the outputs that depend on it and no other,
 * also where the other factor is 0, and a kernel that skips zeros is found out.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { productBound } from "../bounds.ts";
import { type Case, type Effort, shapedCase, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { largestFloat } from "../float32.ts";
import { referenceProduct } from "../reference.ts";
import {
  addendAt,
  impliedSums,
  type OperandName,
  shapeFor,
  sizeClasses,
  type SumOperation,
  sumOperations,
  type Sums,
} from "./sum_operations.ts";

/** From here on a sum is rounded to infinity. */
const overflow = 2 ** 128 - 2 ** 103;

/** Orders in which an infinity stays one: a compensated sum may make NaN of it. */
const plainOrders: ReadonlySet<string> = new Set([
  "sequential",
  "blocked",
  "interleaved",
  "pairwise",
  "tree",
  "unspecified",
]);

type Writable = { -readonly [Key in keyof Sums]: Sums[Key] };

/** Small whole numbers, three in ten of them zeros of either sign. */
function small(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => {
    const choice = random.between(0, 9);
    if (choice < 3) return choice === 0 ? -0 : 0;
    return (choice % 2 ? 1 : -1) * random.between(1, 4);
  });
}

function smallSums(operation: SumOperation, { m, n, k }: Dimensions, random: Random): Writable {
  return {
    a: operation.sumsRows ? new Float32Array(m * k).fill(1) : small(m * k, random),
    b: small(k * n, random),
    addend: operation.addend === "none"
      ? null
      : small(operation.addend === "bias" ? n : m * n, random),
  };
}

/** A place in [0, length): the first, the last, the middle, beside a multiple of 4, 8 or 16, or any. */
export function placeIn(length: number, random: Random): number {
  const edge = 4 * 2 ** random.between(0, 2) * random.between(1, Math.max(1, length >> 3));
  const places = [0, length - 1, length >> 1, edge - 1, edge, random.between(0, length - 1)];
  return Math.min(length - 1, places[random.between(0, places.length - 1)]!);
}

/** What was put where, for the message. */
type Planted = string[];

/** Puts a value into row i of a, column p; or into row p of b, column j. */
function put(
  sums: Sums,
  shape: Dimensions,
  operand: OperandName,
  row: number,
  column: number,
  value: number,
  planted: Planted,
): void {
  const columns = operand === "a" ? shape.k : shape.n;
  const values = sums[operand]!;
  values[(row * columns + column) % values.length] = value;
  planted.push(`${Object.is(value, -0) ? "-0" : value} in ${operand}[${row}, ${column}]`);
}

/** Where one exceptional value goes, and in which operand. */
interface Place {
  readonly i: number;
  readonly j: number;
  readonly p: number;
}

function placeFor({ m, n, k }: Dimensions, random: Random): Place {
  return { i: placeIn(m, random), j: placeIn(n, random), p: placeIn(k, random) };
}

function plant(
  sums: Sums,
  shape: Dimensions,
  operand: OperandName,
  { i, j, p }: Place,
  value: number,
  planted: Planted,
): void {
  const [row, column] = operand === "a" ? [i, p] : operand === "b" ? [p, j] : [i, j];
  put(sums, shape, operand, row, column, value, planted);
}

/** What is done to the small numbers before the call. */
type Scenario = (
  sums: Writable,
  shape: Dimensions,
  operands: readonly OperandName[],
  random: Random,
  planted: Planted,
  traits: KernelTraits,
) => void;

function oneOf<T>(items: readonly T[], random: Random): T {
  return items[random.between(0, items.length - 1)]!;
}

const infinities = [Infinity, -Infinity] as const;

/** The operand opposite to a factor; null for what has none. */
function opposite(operand: OperandName, operands: readonly OperandName[]): "a" | "b" | null {
  const other = operand === "a" ? "b" : operand === "b" ? "a" : null;
  return other !== null && operands.includes(other) ? other : null;
}

/** Sets the whole row or column that a factor meets. */
function setOpposite(
  sums: Sums,
  { m, n, k }: Dimensions,
  operand: OperandName,
  operands: readonly OperandName[],
  p: number,
  value: number,
): void {
  const other = opposite(operand, operands);
  if (other === "b") sums.b.fill(value, p * n, (p + 1) * n);
  if (other === "a") { for (let i = 0; i < m; i++) sums.a[i * k + p] = value; }
}

/** A value in one operand that meets zeros of one sign alone, in every sum that has it. */
function timesZero(operand: "a" | "b", valueOf: (random: Random) => number): Scenario {
  return (sums, shape, operands, random, planted) => {
    if (!operands.includes(operand)) return;
    const place = placeFor(shape, random);
    setOpposite(sums, shape, operand, operands, place.p, random.integer() % 2 ? 0 : -0);
    plant(sums, shape, operand, place, valueOf(random), planted);
  };
}

const scenarios: Readonly<Record<string, Scenario>> = {
  nan: (sums, shape, operands, random, planted) => {
    const operand = oneOf(operands, random);
    plant(sums, shape, operand, placeFor(shape, random), NaN, planted);
  },
  "nan-times-zero-of-b": timesZero("a", () => NaN),
  "nan-times-zero-of-a": timesZero("b", () => NaN),
  "two-nan": (sums, shape, operands, random, planted) => {
    for (let i = 0; i < 2; i++) {
      plant(sums, shape, oneOf(operands, random), placeFor(shape, random), NaN, planted);
    }
  },
  infinity: (sums, shape, operands, random, planted) => {
    const operand = oneOf(operands, random);
    const value = oneOf(infinities, random);
    plant(sums, shape, operand, placeFor(shape, random), value, planted);
  },
  "infinity-times-zero-of-b": timesZero("a", (random) => oneOf(infinities, random)),
  "infinity-times-zero-of-a": timesZero("b", (random) => oneOf(infinities, random)),
  // Infinity times the smallest number is Infinity, which flushing it would make NaN.
  "infinity-times-subnormal": (sums, shape, operands, random, planted, traits) => {
    if (traits.denormals === "flushed") return;
    const operand = oneOf(operands, random);
    const place = placeFor(shape, random);
    const other = opposite(operand, operands);
    setOpposite(sums, shape, operand, operands, place.p, 0);
    // Nothing else may meet the smallest number, with which sums would no longer be exact.
    if (other !== null) {
      setOpposite(sums, shape, other, operands, place.p, 0);
      plant(sums, shape, other, place, oneOf([2 ** -149, -(2 ** -149)], random), planted);
    }
    plant(sums, shape, operand, place, oneOf(infinities, random), planted);
  },
  "two-infinities": (sums, shape, operands, random, planted) => {
    const place = placeFor(shape, random);
    const first = oneOf(operands, random);
    plant(sums, shape, first, place, Infinity, planted);
    // In the same sum as the first, at another p, in the same or another operand.
    const other = {
      ...place,
      p: (place.p + random.between(1, Math.max(1, shape.k - 1))) % shape.k,
    };
    plant(sums, shape, oneOf(operands, random), other, oneOf(infinities, random), planted);
  },
  "nan-and-infinity": (sums, shape, operands, random, planted) => {
    plant(sums, shape, oneOf(operands, random), placeFor(shape, random), NaN, planted);
    const value = oneOf(infinities, random);
    plant(sums, shape, oneOf(operands, random), placeFor(shape, random), value, planted);
  },
};

/** The results in float64, in which small whole numbers are exact and all else is as in float32. */
function exactSums({ m, n, k }: Dimensions, sums: Sums): Float32Array {
  const { a, b } = sums;
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const left = a[i * k + p]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += left * b[p * n + j]!;
    }
  }
  return new Float32Array(out.map((value, at) => value + addendAt(sums, at)));
}

/** Equal to the last bit; where `loose`, NaN for an infinity too. */
function compareSums(
  what: string,
  got: Float32Array,
  want: Float32Array,
  columns: number,
  loose: boolean,
): Outcome {
  const accepted = loose
    ? want.map((value, i) => Math.abs(value) === Infinity && Number.isNaN(got[i]) ? NaN : value)
    : want;
  return compareExact(what, got, accepted, columns);
}

/** Which operands of an operation can hold a value. */
export function operandsOf({ sumsRows, addend }: SumOperation): OperandName[] {
  return [
    ...(sumsRows ? [] : ["a"] as const),
    "b",
    ...(addend === "none" ? [] : ["addend"] as const),
  ];
}

function propagationCase(operation: SumOperation, shape: Dimensions): Case {
  const prefix = `exceptional/${operation.name}`;
  return shapedCase(prefix, shapeFor(operation, shape), null, async (given, kernel, random) => {
    const shape = shapeFor(operation, given);
    if (shape.m * shape.n * shape.k === 0) return { worst: 0, problem: null };
    const loose = !plainOrders.has(kernel.traits.summation.order);
    const outcomes: Outcome[] = [];
    for (const scenario of Object.values(scenarios)) {
      const sums = smallSums(operation, shape, random);
      const planted: Planted = [];
      scenario(sums, shape, operandsOf(operation), random, planted, kernel.traits);
      if (planted.length === 0) continue;
      using space = new Workspace(kernel);
      const got = await operation.call(space, shape, sums).read();
      const what = `${operation.name} with ${planted.join(" and ")}`;
      outcomes.push(compareSums(what, got, exactSums(shape, sums), shape.n, loose));
    }
    return merge(outcomes);
  });
}

/** Whether IEEE 754 allows `got` for a sum of these terms in any order, none of which is claimed. */
function allowedInAnyOrder(
  got: number,
  { positive, negative, value, bound }: {
    readonly positive: number;
    readonly negative: number;
    readonly value: number;
    readonly bound: number;
  },
): boolean {
  const slack = 1 + 2 ** -10;
  const [up, down] = [positive * slack >= overflow, negative * slack >= overflow];
  if (Number.isNaN(got)) return up && down;
  if (got === Infinity) return up;
  if (got === -Infinity) return down;
  return Math.abs(got - value) <= bound;
}

/** Sums that overflow on the way, or do not, by their order. */
function overflowCase(operation: SumOperation, shape: Dimensions): Case {
  const prefix = `exceptional/overflow-${operation.name}`;
  return shapedCase(prefix, shapeFor(operation, shape), null, async (given, kernel, random) => {
    const shape = shapeFor(operation, given);
    const { m, n, k } = shape;
    const { traits } = kernel;
    const sums = smallSums(operation, shape, random);
    const large = () =>
      oneOf([largestFloat, -largestFloat, largestFloat / 2, -largestFloat / 2, 0, 1], random);
    // The large numbers are in one operand, for products of two would overflow by themselves.
    if (operation.sumsRows || random.integer() % 2) {
      sums.b.forEach((_, at) => sums.b[at] = large());
      if (!operation.sumsRows) sums.a.forEach((_, at) => sums.a[at] = oneOf([1, -1, 0], random));
    } else {
      sums.a.forEach((_, at) => sums.a[at] = large());
      sums.b.forEach((_, at) => sums.b[at] = oneOf([1, -1, 0], random));
    }
    sums.addend?.forEach((_, at) => sums.addend![at] = large());
    using space = new Workspace(kernel);
    const got = await operation.call(space, shape, sums).read();
    const what = `${operation.name} of numbers near the largest`;
    const implied = impliedSums(traits, operation, shape, sums);
    if (implied !== null) return compareExact(`${what}, as claimed,`, got, implied, n);
    const loose = !plainOrders.has(traits.summation.order);
    const { value, gauge } = referenceProduct(shape, sums.a, sums.b);
    const want = new Float64Array(m * n);
    for (let at = 0; at < want.length; at++) {
      const addend = addendAt(sums, at);
      const exact = value[at]! + addend;
      const total = gauge[at]! + Math.abs(addend);
      const terms = { value: exact, gauge: total };
      // Sums in float64 do not overflow on the way, but where they are rounded.
      const wide = traits.accumulator === "float64" && traits.storedEvery === undefined &&
        !operation.sumsRows;
      const allowed = allowedInAnyOrder(got[at]!, {
        positive: wide ? Math.max(0, value[at]!, exact) : (total + exact) / 2,
        negative: wide ? Math.max(0, -value[at]!, -exact) : (total - exact) / 2,
        value: exact,
        bound: productBound(traits, k + 1, terms, addend),
        // What is rounded towards zero stays at the largest number, and goes on from there.
      }) || total >= overflow && (traits.rounding === "either" || loose && Number.isNaN(got[at]));
      want[at] = allowed ? got[at]! : exact;
    }
    return compareExact(what, got, want, n);
  });
}

/** The cases; none for a kernel that promises nothing of NaN and infinities. */
export function exceptionalSumCases(traits: KernelTraits, effort: Effort): Case[] {
  if (traits.nan !== "propagates") return [];
  const shapes = sizeClasses(traits);
  const used = effort === "smoke" ? shapes.slice(0, 3) : shapes;
  return sumOperations.flatMap((operation) => [
    ...used.map((shape) => propagationCase(operation, shape)),
    ...used.slice(0, 3).map((shape) => overflowCase(operation, shape)),
    // Of two terms and three each order is met.
    overflowCase(operation, { m: 5, n: 7, k: 3 }),
  ]);
}

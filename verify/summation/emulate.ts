/**
 * The results that a kernel's claims imply: the claimed order of summation
 * carried out in JavaScript, with or without fused multiply-add. To the last
 * bit where the claims determine it, so that kernels of the same claims agree;
 * an interval where a result may be rounded in several ways, by its lowest and
 * its highest rounding at every step, since sums grow with their terms.
 *
 * @module
 */
import type { SumTree } from "../../common/sum_tree.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { AddendPosition, KernelTraits } from "../../kernels/kernel.ts";
import { adjacentFloat } from "../float32.ts";
import { mayFlushOperand, mayFlushResult } from "../flushing.ts";
import { hasInterval, isExact, type Plan, planOf } from "./plan.ts";

const { fround } = Math;

const double = new Float64Array(1);
const halves = new BigInt64Array(double.buffer);

/** The float64 next to `value` in the direction of `direction`. */
function next(value: number, direction: number): number {
  if (value === 0) return Math.sign(direction) * Number.MIN_VALUE;
  double[0] = value;
  halves[0] = halves[0]! + (value > 0 === direction > 0 ? 1n : -1n);
  return double[0];
}

/**
 * a·b + c rounded once to float32. The product is exact in float64; their sum
 * is rounded to odd there, so that rounding it again to float32 rounds as if
 * once (Boldo & Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 *
 * @example
 * ```ts
 * import { fusedMultiplyAdd } from "./emulate.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fusedMultiplyAdd(1 + 2 ** -13, 1 - 2 ** -13, -1), -(2 ** -26));
 * ```
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const back = sum - product;
  const error = (product - (sum - back)) + (c - back);
  if (error === 0 || !Number.isFinite(sum)) return fround(sum);
  double[0] = sum;
  return fround((halves[0]! & 1n) === 0n ? next(sum, error) : sum);
}

/** a + b rounded in one direction: the least float32 number that is no less than the exact sum where `up`, or else the greatest that is no greater. */
function directed(a: number, b: number, up: boolean): number {
  const sum = a + b;
  const back = sum - a;
  const error = (a - (sum - back)) + (b - back);
  const near = fround(sum);
  const short = up
    ? near < sum || (near === sum && error > 0)
    : near > sum || (near === sum && error < 0);
  if (!short) return near;
  if (near === 0) return up ? 2 ** -149 : -(2 ** -149);
  return adjacentFloat(near, near > 0 === up ? 1 : -1);
}

/** One way of rounding: what a product, a sum, and a product with an addition give. */
interface Arithmetic {
  product(a: number, b: number): number;
  sum(a: number, b: number): number;
  multiplyAdd(a: number, b: number, c: number): number;
}

type Claims = Pick<
  KernelTraits,
  "summation" | "accumulator" | "fused" | "rounding" | "denormals" | "bias" | "storedEvery"
>;

/** Float32 to the nearest, each operation by itself. */
const plainArithmetic: Arithmetic = {
  product: (a, b) => fround(a * b),
  sum: (a, b) => fround(a + b),
  multiplyAdd: (a, b, c) => fround(c + fround(a * b)),
};

/** The arithmetic of the claims, or its lowest (−1) and highest (1) results where there are several. */
function arithmeticOf(traits: Claims, side: -1 | 0 | 1): Arithmetic {
  const { fused, rounding } = traits;
  if (side === 0) {
    return fused ? { ...plainArithmetic, multiplyAdd: fusedMultiplyAdd } : plainArithmetic;
  }
  const up = side > 0;
  const extreme = up ? Math.max : Math.min;
  // What may be flushed, an operand or a result, is also 0.
  const subnormal = (value: number) => mayFlushOperand(value, traits);
  const flushed = (value: number) => subnormal(value) ? extreme(value, 0) : value;
  const flushedResult = (value: number) =>
    mayFlushResult(value, traits) ? extreme(value, 0) : value;
  const round = rounding === "either"
    ? (a: number, b: number) => flushedResult(directed(a, b, up))
    : (a: number, b: number) => flushedResult(fround(a + b));
  const sum = (a: number, b: number) => round(flushed(a), flushed(b));
  const mayVanish = (a: number, b: number) => subnormal(a) || subnormal(b);
  const product = (a: number, b: number) => {
    const value = round(a * b, 0);
    return mayVanish(a, b) ? extreme(value, 0) : value;
  };
  const separate = (a: number, b: number, c: number) => sum(product(a, b), c);
  const once = rounding === "either"
    // The interval of two roundings holds that of one.
    ? separate
    : (a: number, b: number, c: number) => {
      const value = flushedResult(fusedMultiplyAdd(a, b, flushed(c)));
      return mayVanish(a, b) ? extreme(value, flushed(c)) : value;
    };
  return {
    product,
    sum,
    multiplyAdd: fused === "either"
      ? (a, b, c) => extreme(separate(a, b, c), once(a, b, c))
      : fused
      ? once
      : separate,
  };
}

/** Sums in float64 keep every product whole. */
const wideArithmetic: Arithmetic = {
  product: (a, b) => a * b,
  sum: (a, b) => a + b,
  multiplyAdd: (a, b, c) => a * b + c,
};

/**
 * A tree in postfix notation: the index of a leaf, or −n for the sum of the n
 * values before it. A chain of thousands of blocks is as deep, too deep to recur into.
 */
function postfixOf(tree: SumTree): Int32Array {
  const reversed: number[] = [];
  const open: SumTree[] = [tree];
  while (open.length > 0) {
    const node = open.pop()!;
    if (typeof node === "number") reversed.push(node);
    else {
      reversed.push(-node.length);
      for (const child of node) open.push(child);
    }
  }
  return Int32Array.from(reversed.reverse());
}

/** The value of a tree in postfix notation whose leaves have these; `values` is room for as many. */
function evaluate(
  postfix: Int32Array,
  leaves: ArrayLike<number>,
  values: Float64Array,
  sum: (a: number, b: number) => number,
): number {
  let top = 0;
  for (const item of postfix) {
    if (item >= 0) {
      values[top++] = leaves[item]!;
      continue;
    }
    top += item;
    let running = values[top]!;
    for (let i = 1; i < -item; i++) running = sum(running, values[top + i]!);
    values[top++] = running;
  }
  return values[0]!;
}

/** The operands of one output: a row of x and a column of the weights. */
interface Operands {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  /** Where the row and the column begin, and how far the column's elements are apart. */
  readonly row: number;
  readonly column: number;
  readonly stride: number;
}

/** A plan with its tree in postfix notation, and room for its values. */
interface Prepared extends Pick<Plan, "chains"> {
  readonly combine: Int32Array;
  readonly values: Float64Array;
}

/** One output. */
function total(
  { chains, combine, values }: Prepared,
  { x, weight, row, column, stride }: Operands,
  { sum, multiplyAdd }: Arithmetic,
  stored: number | null,
  begin: number | null,
): number {
  const sums = new Float64Array(chains.length);
  for (let c = 0; c < chains.length; c++) {
    const products = chains[c]!;
    let running = c === 0 && begin !== null ? begin : 0;
    for (let i = 0; i < products.length; i++) {
      const p = products[i]!;
      running = multiplyAdd(x[row + p]!, weight[column + p * stride]!, running);
      if (stored !== null && (i + 1) % stored === 0) running = fround(running);
    }
    sums[c] = stored === null ? running : fround(running);
  }
  return evaluate(combine, sums, values, stored === null ? sum : (a, b) => fround(a + b));
}

/** x · w + bias by one arithmetic. */
function product(
  traits: Claims,
  side: -1 | 0 | 1,
  plan: Plan,
  { m, n, k }: Dimensions,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
): Float32Array {
  const wide = traits.accumulator === "float64";
  const own = arithmeticOf(traits, side);
  const arithmetic = wide ? wideArithmetic : own;
  const position: AddendPosition = traits.bias ?? "after";
  const stored = wide ? traits.storedEvery?.(k) ?? null : null;
  const prepared: Prepared = {
    chains: plan.chains,
    combine: postfixOf(plan.combine),
    values: new Float64Array(plan.chains.length),
  };
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const operands = { x, weight, row: i * k, column: j, stride: n };
      const addend = bias ? bias[(i * n + j) % bias.length]! : null;
      const sum = total(
        prepared,
        operands,
        arithmetic,
        stored,
        position === "first" ? addend : null,
      );
      out[i * n + j] = addend === null || position === "first"
        ? sum
        : wide && position === "unrounded"
        ? sum + addend
        : own.sum(fround(sum), addend);
    }
  }
  return out;
}

/** The lowest and the highest result that claims allow, which are the same array where there is one. */
export interface Emulated {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/**
 * x · w + bias as the claims have it; null where they do not say.
 *
 * @param x [m, k]
 * @param weight [k, n]
 * @param bias [n], or [m, n] where it differs from row to row; added where the claims say of a bias.
 */
export function emulate(
  traits: Claims,
  dimensions: Dimensions,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
): Emulated | null {
  const { summation, accumulator, fused, rounding, denormals } = traits;
  if (!isExact(summation) || !hasInterval(traits)) return null;
  const several = accumulator === "float32" &&
    (fused === "either" || rounding === "either" || denormals === "flushed");
  const plan = planOf(summation, dimensions.k);
  const run = (side: -1 | 0 | 1) => product(traits, side, plan, dimensions, x, weight, bias);
  if (several) return { low: run(-1), high: run(1) };
  const only = run(0);
  return { low: only, high: only };
}

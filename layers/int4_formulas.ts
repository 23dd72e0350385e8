/**
 * Keras 3's formulas of int4 numbers, by operations of a kernel: two of them in a
 * byte and out of it, and a weight as numbers with one scale of each column, or
 * with a scale and a zero of each group of rows. The range of a group has 0 in
 * it, as Keras has it since September 2026 (keras-team/keras#23636); before, a
 * group of numbers of one sign lost nearly all of them.
 *
 * @module
 */
import {
  add,
  choose,
  div,
  max,
  min,
  mul,
  neg,
  operand,
  perColumn,
  sub,
  unary,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { epsilon, findScale, timesColumn } from "./int8.ts";
import { type FormulaKernel, takeElements, withTemporaries } from "./temporaries.ts";

const [a, b, c] = [operand(0), operand(1), operand(2)];
const clip = (value: Parameters<typeof max>[0]) => max(min(value, 7), -8);
const whole = formula(clip(unary("round", a)));

// Of a byte from -128 to 127: the upper half by its sign, the lower from 0 to 15.
const upper = unary("floor", div(a, 16));
const lower = sub(a, mul(16, upper));
const signed = sub(lower, mul(16, unary("floor", div(lower, 8))));
/** By operand 1, one for each column, which half it is. */
const half = formula(choose("equal", perColumn(1), 0, signed, upper));
/** 16 · b + the lower half of a; operand 2 is 0 where there is no b. */
const byte = formula(
  add(mul(mul(16, b), perColumn(2)), sub(a, mul(16, unary("floor", div(a, 8))))),
);

const value = formula(a);
const negative = formula(neg(a));
const fromZero = formula(max(a, 0));
const sum = formula(add(a, b));
const withEpsilon = formula(add(a, epsilon));
const step = formula(div(a, 15));
const quotient = formula(div(a, b));
const zeroOf = formula(clip(sub(unary("round", a), 8)));
const shifted = formula(clip(add(unary("round", a), b)));
const stands = formula(mul(sub(a, b), c));

const halves = (n: number) => Math.ceil(n / 2);

/** packed[k, ⌈n/2⌉] = the bytes of numbers [k, n] from −8 to 7; the half that is left over is 0. */
export function packColumns(kernel: FormulaKernel, numbers: Tensor, packed: Tensor): void {
  const [k, n] = numbers.shape as [number, number];
  const columns = halves(n);
  const from = (part: number) =>
    new Uint32Array(k * columns).map((_, i) =>
      Math.floor(i / columns) * n + Math.min(n - 1, 2 * (i % columns) + part)
    );
  withTemporaries(kernel, (create) => {
    const [low, high] = [create(packed.shape), create(packed.shape)];
    takeElements(kernel, numbers, from(0), low);
    takeElements(kernel, numbers, from(1), high);
    const there = create([columns]);
    there.write(new Float32Array(columns).map((_, j) => 2 * j + 1 < n ? 1 : 0));
    kernel.map(byte, [low, high, there], [packed]);
  });
}

/** numbers[k, n] = those of bytes [k, ⌈n/2⌉]. */
export function unpackColumns(kernel: FormulaKernel, packed: Tensor, numbers: Tensor): void {
  const [k, n] = numbers.shape as [number, number];
  const columns = halves(n);
  const from = new Uint32Array(k * n).map((_, i) =>
    Math.floor(i / n) * columns + Math.floor(i % n / 2)
  );
  withTemporaries(kernel, (create) => {
    const [bytes, parts] = [create(numbers.shape), create([n])];
    takeElements(kernel, packed, from, bytes);
    parts.write(new Float32Array(n).map((_, j) => j % 2));
    kernel.map(half, [bytes, parts], [numbers]);
  });
}

/** numbers = weight · scale, rounded, where scale[n] = 7/(the largest magnitude + epsilon). */
export function encodeColumns(
  kernel: FormulaKernel,
  weight: Tensor,
  scale: Tensor,
  numbers: Tensor,
): void {
  findScale(kernel, weight, "columns", scale, 7);
  kernel.map(timesColumn, [weight, scale], [numbers]);
  kernel.map(whole, [numbers], [numbers]);
}

/** The rows of a tensor [groups, n], each as often as its group has rows. */
function spread(kernel: FormulaKernel, values: Tensor, block: number, out: Tensor): void {
  const rows = new Uint32Array(out.shape[0]!).map((_, i) => Math.floor(i / block));
  kernel.gather(values, rows, out);
}

/** numbers = weight/scale, rounded, + zero, of each group of so many rows. */
export function encodeGroups(
  kernel: FormulaKernel,
  weight: Tensor,
  block: number,
  scale: Tensor,
  zero: Tensor,
  numbers: Tensor,
): void {
  const [k, n] = weight.shape as [number, number];
  const length = Math.min(block, k);
  const groups = scale.shape[0]!;
  if (groups === 0) return;
  // A row for each column of each group; the last group takes its last row again where it is short.
  const from = new Uint32Array(groups * n * length).map((_, i) => {
    const row = Math.floor(i / length);
    const inGroup = Math.floor(row / n) * length + i % length;
    return Math.min(k - 1, inGroup) * n + row % n;
  });
  withTemporaries(kernel, (create) => {
    const [rows, ends] = [create([groups * n, length]), create([groups * n])];
    takeElements(kernel, weight, from, rows);
    const [top, low] = [create(scale.shape), create(scale.shape)];
    for (const [taken, end] of [[value, top], [negative, low]] as const) {
      kernel.reduce("max", "rows", taken, [rows], ends);
      kernel.copy(ends, end);
      kernel.map(fromZero, [end], [end]);
    }
    kernel.map(sum, [top, low], [scale]);
    kernel.map(withEpsilon, [scale], [scale]);
    kernel.map(step, [scale], [scale]);
    kernel.map(quotient, [low, scale], [zero]);
    kernel.map(zeroOf, [zero], [zero]);
    const own = create(weight.shape);
    spread(kernel, scale, block, own);
    kernel.map(quotient, [weight, own], [numbers]);
    spread(kernel, zero, block, own);
    kernel.map(shifted, [numbers, own], [numbers]);
  });
}

/** out = (numbers − zero) · scale, of each group of so many rows. */
export function decodeGroups(
  kernel: FormulaKernel,
  numbers: Tensor,
  block: number,
  scale: Tensor,
  zero: Tensor,
  out: Tensor,
): void {
  withTemporaries(kernel, (create) => {
    const [scales, zeros] = [create(numbers.shape), create(numbers.shape)];
    spread(kernel, scale, block, scales);
    spread(kernel, zero, block, zeros);
    kernel.map(stands, [numbers, zeros, scales], [out]);
  });
}

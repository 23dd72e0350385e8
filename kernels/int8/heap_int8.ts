/**
 * int8 weights on the JavaScript heap, and Dense with them, with the same bits as
 * every other kernel, since sums are exact: in plain loops, or by the kernel's own
 * product where its sums are float64, which holds whole numbers up to 2^53.
 *
 * @module
 */
import type { Dimensions } from "../checks.ts";
import { type BlockMemory, HeldBlocks } from "../held_blocks.ts";
import type { Int8Weight, Kernel } from "../kernel.ts";
import { noteInt8Weight } from "./checks.ts";
import { quantized, type QuantizedWeight, scaleOf } from "./quantize.ts";

const { fround } = Math;

/** A weight [k, n] on the heap: bytes, or float32 numbers for a product that takes these. */
interface HeldWeight {
  readonly values: Int8Array | Float32Array;
  readonly scale: Float32Array;
}

/** The product of a kernel: out[m,n] = a[m,k] · b[k,n], row by row, each sum exact and rounded once. */
export type ExactProduct = (
  dimensions: Dimensions,
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
) => void;

/** A weight [k, n] on the heap. */
export class HeapInt8Weight implements Int8Weight {
  readonly shape: readonly [number, number];
  readonly #held: HeldBlocks<number>;
  #weight: HeldWeight;
  #disposed = false;

  constructor(
    readonly kernel: Kernel & {
      readonly disposed: boolean;
      /** Counts the bytes that are taken. */
      readonly bytes: BlockMemory<number> & { used: number };
    },
    [k, n]: readonly [number, number],
    { values, scale }: QuantizedWeight,
    asFloats: boolean,
  ) {
    this.shape = Object.freeze([k, n] as const);
    const own = asFloats ? new Float32Array(values) : values.slice();
    this.#weight = { values: own, scale: scale.slice() };
    const bytes = own.byteLength + scale.byteLength;
    kernel.bytes.used += bytes;
    this.#held = new HeldBlocks(kernel.bytes, this, bytes);
    noteInt8Weight(this);
  }

  get weight(): HeldWeight {
    return this.#weight;
  }

  get disposed(): boolean {
    return this.#disposed || this.kernel.disposed;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#held.freeAll();
    this.#weight = { values: new Int8Array(0), scale: new Float32Array(0) };
  }
}

/** A row of x as whole numbers; gives its multiplier. */
function quantizeRow(x: Float32Array, start: number, k: number, to: Float32Array): number {
  let largest = 0;
  for (let i = start; i < start + k; i++) largest = Math.max(largest, Math.abs(x[i]!));
  const own = scaleOf(largest);
  // NaN where the row has an infinity; its multiplier of 0 makes the row NaN.
  for (let i = start; i < start + k; i++) to[i] = quantized(x[i]!, own) || 0;
  return own;
}

/** Adds a row of the weight, multiplied, to sums. In a function of its own so that V8 optimises it by how often it is called. */
function addRow(factor: number, values: Int8Array, start: number, sums: Int32Array): void {
  for (let j = 0; j < sums.length; j++) sums[j] = sums[j]! + Math.imul(factor, values[start + j]!);
}

/** The sums of products of whole numbers, each rounded once. */
function multiplyWhole(
  { m, n, k }: Dimensions,
  x: Float32Array,
  values: Int8Array,
  out: Float32Array,
): void {
  const sums = new Int32Array(n);
  for (let row = 0; row < m; row++) {
    sums.fill(0);
    for (let i = 0; i < k; i++) {
      const factor = x[row * k + i]!;
      if (factor !== 0) addRow(factor, values, i * n, sums);
    }
    out.set(sums, row * n);
  }
}

/** Divides a row of sums by the multipliers, and adds the bias. */
function finishRow(
  own: number,
  scale: Float32Array,
  bias: Float32Array | null,
  y: Float32Array,
  start: number,
): void {
  for (let j = 0; j < scale.length; j++) {
    const quotient = fround(y[start + j]! / fround(own * scale[j]!));
    y[start + j] = bias ? quotient + bias[j]! : quotient;
  }
}

/** y = q · weight/(s·scale) + bias, of rows of x that are quantized to q by their own s. */
export function multiplyInt8(
  dimensions: Dimensions,
  x: Float32Array,
  { values, scale }: HeldWeight,
  bias: Float32Array | null,
  y: Float32Array,
  product: ExactProduct | null,
): void {
  const { m, n, k } = dimensions;
  const whole = new Float32Array(m * k);
  const multipliers = new Float32Array(m);
  for (let row = 0; row < m; row++) multipliers[row] = quantizeRow(x, row * k, k, whole);
  if (values instanceof Int8Array) multiplyWhole(dimensions, whole, values, y);
  else product!(dimensions, whole, values, y);
  for (let row = 0; row < m; row++) finishRow(multipliers[row]!, scale, bias, y, row * n);
}

/**
 * int8 weights on the JavaScript heap, and Dense with them: Keras's formulas in
 * plain loops, with the same bits as every other kernel, since sums are exact.
 *
 * @module
 */
import type { Dimensions } from "../checks.ts";
import { type BlockMemory, HeldBlocks } from "../held_blocks.ts";
import type { Int8Weight, Kernel } from "../kernel.ts";
import { noteInt8Weight } from "./checks.ts";
import { quantized, type QuantizedWeight, scaleOf } from "./quantize.ts";

const { fround } = Math;

/** A weight [k, n] on the heap. */
export class HeapInt8Weight implements Int8Weight {
  readonly shape: readonly [number, number];
  readonly #held: HeldBlocks<number>;
  #weight: QuantizedWeight;
  #disposed = false;

  constructor(
    readonly kernel: Kernel & {
      readonly disposed: boolean;
      /** Counts the bytes that are taken. */
      readonly bytes: BlockMemory<number> & { used: number };
    },
    [k, n]: readonly [number, number],
    { values, scale }: QuantizedWeight,
  ) {
    this.shape = Object.freeze([k, n] as const);
    this.#weight = { values: values.slice(), scale: scale.slice() };
    const bytes = values.byteLength + scale.byteLength;
    kernel.bytes.used += bytes;
    this.#held = new HeldBlocks(kernel.bytes, this, bytes);
    noteInt8Weight(this);
  }

  get weight(): QuantizedWeight {
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

/** y = q · weight/(s·scale) + bias, of rows of x that are quantized to q by their own s. */
export function multiplyInt8(
  { m, n, k }: Dimensions,
  x: Float32Array,
  { values, scale }: QuantizedWeight,
  bias: Float32Array | null,
  y: Float32Array,
): void {
  const sums = new Int32Array(n);
  for (let row = 0; row < m; row++) {
    let largest = 0;
    for (let i = 0; i < k; i++) largest = Math.max(largest, Math.abs(x[row * k + i]!));
    const own = scaleOf(largest);
    sums.fill(0);
    for (let i = 0; i < k; i++) {
      // NaN where the row has an infinity; its multiplier of 0 makes the row NaN.
      const q = quantized(x[row * k + i]!, own) || 0;
      for (let j = 0; j < n; j++) sums[j]! += q * values[i * n + j]!;
    }
    for (let j = 0; j < n; j++) {
      const quotient = fround(fround(sums[j]!) / fround(own * scale[j]!));
      y[row * n + j] = bias ? quotient + bias[j]! : quotient;
    }
  }
}

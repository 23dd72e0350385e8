/**
 * How int8 weights and inputs lie in memory. A weight is panels of columns; of
 * each group of rows of k a panel has, column by column, the bytes of the group,
 * so that a vector holds four columns and one instruction multiplies a group of
 * theirs with the same group of x. Method: the packed B of VNNI kernels (oneDNN).
 *
 * @module
 */
import type { QuantizedWeight } from "../int8/quantize.ts";
import type { Int8Method } from "./int8_probe.ts";

/** Vectors of four columns in a panel: with two rows, 12 sums and 3 operands fill V8's 15 registers. */
export const panelVectors = 6;
/** Columns of a panel. */
export const panelColumns = 4 * panelVectors;

/** k is filled up with zeros to whole vectors of x. */
export function paddedDepth(k: number): number {
  return 16 * Math.ceil(k / 16);
}

/** How many steps of k are a group: what four bytes of x hold. */
export function groupLength(method: Int8Method): number {
  return method === "int16" ? 2 : 4;
}

/** Bytes of a row of quantized x. */
export function bytesOfRow(k: number, method: Int8Method): number {
  return paddedDepth(k) * (method === "int16" ? 2 : 1);
}

/** The parts of a weight in memory, by their offsets in bytes. */
export interface Int8Layout {
  readonly panels: number;
  /** Bytes of a panel's numbers. */
  readonly bytesOfPanel: number;
  /** A float32 for each column: its multiplier. */
  readonly scales: number;
  /** An int32 for each column: what its sum begins with. */
  readonly starts: number;
  readonly bytes: number;
}

/** The layout of a weight [k, n]. */
export function int8Layout(n: number, k: number): Int8Layout {
  const panels = Math.ceil(n / panelColumns);
  const bytesOfPanel = paddedDepth(k) * panelColumns;
  const scales = panels * bytesOfPanel;
  const starts = scales + 4 * panels * panelColumns;
  return { panels, bytesOfPanel, scales, starts, bytes: starts + 4 * panels * panelColumns };
}

/** Writes a weight [k, n] to memory. */
export function packInt8(
  { values, scale }: QuantizedWeight,
  k: number,
  method: Int8Method,
  buffer: ArrayBufferLike,
  address: number,
): void {
  const n = scale.length;
  const { panels, bytesOfPanel, scales, starts, bytes } = int8Layout(n, k);
  new Uint8Array(buffer, address, bytes).fill(0);
  const to = new Int8Array(buffer, address, scales);
  const sums = new Int32Array(buffer, address + starts, panels * panelColumns);
  const length = groupLength(method);
  for (let panel = 0; panel < panels; panel++) {
    const start = panel * panelColumns;
    const end = Math.min(n, start + panelColumns);
    for (let row = 0; row < k; row++) {
      const group = Math.floor(row / length) * length * panelColumns + row % length;
      let at = panel * bytesOfPanel + group;
      for (let column = start; column < end; column++, at += length) {
        const value = values[row * n + column]!;
        to[at] = value;
        sums[column]! += value;
      }
    }
  }
  // Inputs are raised by 128 where the second operand is unsigned.
  for (let column = 0; column < sums.length; column++) {
    sums[column] = method === "unsigned" ? -128 * sums[column]! : 0;
  }
  // Not 0 beyond n, where nothing is read.
  new Float32Array(buffer, address + scales, panels * panelColumns).fill(1).set(scale);
}

/**
 * int8 weights of a Wasm kernel, and products with them as tasks. Each weight is
 * packed for the method that is exact on this machine and fastest.
 *
 * @module
 */
import type { QuantizedWeight } from "../int8/quantize.ts";
import type { Dimensions } from "../checks.ts";
import { HeldBlocks } from "../held_blocks.ts";
import { noteInt8Weight } from "../int8/checks.ts";
import type { Int8Weight, Kernel } from "../kernel.ts";
import type { Executor } from "./executor.ts";
import { bytesOfRow, int8Layout, packInt8 } from "./int8_layout.ts";
import type { Int8Method } from "./int8_probe.ts";
import type { Heap } from "./memory.ts";
import { int8Methods, type TaskOf } from "./tasks.ts";

/** A packed weight in the memory of a Wasm kernel. */
export class WasmInt8Weight implements Int8Weight {
  readonly shape: readonly [number, number];
  readonly address: number;
  readonly #held: HeldBlocks<number>;
  #disposed = false;

  constructor(
    readonly kernel: Kernel & { readonly disposed: boolean; readonly heap: Heap },
    [k, n]: readonly [number, number],
    weight: QuantizedWeight,
    readonly method: Int8Method,
  ) {
    this.shape = Object.freeze([k, n] as const);
    const { heap } = kernel;
    this.address = heap.allocate(int8Layout(n, k).bytes);
    this.#held = new HeldBlocks(heap, this, this.address);
    noteInt8Weight(this);
    packInt8(weight, k, method, heap.memory.buffer, this.address);
  }

  get disposed(): boolean {
    return this.#disposed || this.kernel.disposed;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#held.freeAll();
  }
}

/** Does a product: x is quantized to room that is given back, and multiplied. */
export function multiplyInt8(
  heap: Heap,
  executor: Executor,
  { m, n, k }: Dimensions,
  x: number,
  { address: weight, method }: WasmInt8Weight,
  epilogue: Pick<TaskOf<"product8">, "bias" | "activation" | "y">,
): void {
  if (m === 0 || n === 0) return;
  const stride = bytesOfRow(k, method);
  const room = heap.allocate(m * stride + 4 * m);
  const scales = room + m * stride;
  const number = int8Methods.indexOf(method);
  try {
    executor.perform({
      kind: "quantize",
      x,
      to: room,
      scales,
      method: number,
      rows: m,
      columns: k,
    });
    executor.perform({
      kind: "product8",
      x: room,
      scalesOfX: scales,
      weight,
      method: number,
      ...epilogue,
      rows: m,
      columns: n,
      k,
    });
  } finally {
    heap.free(room);
  }
}

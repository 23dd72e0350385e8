/**
 * The tensors of the kernels in WebAssembly memory, with the packed forms of those
 * that are used as weights.
 *
 * @module
 */
import { CheckedTensor } from "../checked_kernel.ts";
import { formatShape } from "../checks.ts";
import { copyFloats } from "../data.ts";
import { HeldBlocks } from "../held_blocks.ts";
import type { Kernel } from "../kernel.ts";
import type { Heap } from "./memory.ts";
import type { PreparedProduct } from "./prepared_runs.ts";

/** The packed form of a weight. */
export interface Packed {
  readonly version: number;
  /** 0 until the weight is used for the second time: one that is used once is not worth packing. */
  readonly address: number;
}

/** The packed forms that a weight may have: of itself, of its transpose, and in the panels of one thread, by which networks are computed. */
export const packedForms = { stored: 0, transposed: 1, network: 2 } as const;

/** One of {@linkcode packedForms}. */
export type PackedForm = keyof typeof packedForms;

/** A tensor in a block of the heap. */
export class WasmTensor extends CheckedTensor {
  readonly address: number;
  /** By {@linkcode packedForms}. */
  readonly packed: [Packed | null, Packed | null, Packed | null] = [null, null, null];
  /** The small product that was computed last with it as a weight. */
  prepared: PreparedProduct | null = null;
  /** The blocks of its elements and of its packed forms. */
  readonly held: HeldBlocks<number>;
  readonly #heap: Heap;

  constructor(
    kernel: Kernel & { readonly disposed: boolean; readonly heap: Heap },
    shape: readonly number[],
    data: Float32Array | undefined,
  ) {
    super(kernel, shape, data);
    this.#heap = kernel.heap;
    this.address = this.#heap.allocate(4 * this.size);
    this.held = new HeldBlocks(this.#heap, this, this.address);
    if (data) this.data.set(data);
    else this.data.fill(0);
  }

  protected store(data: Float32Array): void {
    this.data.set(data);
  }

  protected load(): Float32Array {
    // In an ArrayBuffer of its own, even where the memory is shared.
    return copyFloats(this.data, () => `reading a tensor ${formatShape(this.shape)}`);
  }

  protected override peek(): Float32Array {
    return this.data;
  }

  protected free(): void {
    this.held.freeAll();
  }

  /** The elements, for operations that finish at once. When the memory grows, it gets another buffer. */
  get data(): Float32Array {
    return new Float32Array(this.#heap.memory.buffer, this.address, this.size);
  }
}

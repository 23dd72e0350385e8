/**
 * A tensor in GPU memory. Where it is made without data, its zeros are written
 * only when something reads them: most such tensors are outputs, which the next
 * operation overwrites.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";
import { CheckedTensor } from "../checked_kernel.ts";
import { formatShape } from "../checks.ts";
import { newFloats } from "../data.ts";
import { HeldBlocks } from "../held_blocks.ts";
import type { Bound } from "./bind_groups.ts";
import type { Block } from "./buffers.ts";
import type { Recorder } from "./recorder.ts";

/** A copy of a weight with rows padded to vec4, at one version of the weight. */
interface Padded {
  readonly version: number;
  /** Null until the weight is used for the second time: one that is used once is not worth a copy. */
  readonly block: Block | null;
}

/** A tensor of a WebGPU kernel. */
export class WebGpuTensor extends CheckedTensor {
  padded: Padded | null = null;
  /** The buffers of its elements and of its padded copy. */
  readonly held: HeldBlocks<Block>;
  readonly #recorder: Recorder;
  readonly #block: Block;
  #zero: boolean;

  constructor(
    kernel: CheckedTensor["kernel"],
    recorder: Recorder,
    shape: readonly number[],
    data: Float32Array | undefined,
    mostRowBytes: number,
  ) {
    super(kernel, shape, data);
    recorder.expectAlive();
    this.#recorder = recorder;
    const { pool } = recorder;
    const what = `a tensor ${formatShape(this.shape)}`;
    if (this.size > 0 && 4 * this.columns > mostRowBytes) {
      throw new MemoryError(
        `${what} needs ${4 * this.columns} bytes in one row; this device allows ${mostRowBytes}`,
      );
    }
    this.#block = pool.take(Math.max(16, 4 * this.size), what);
    this.held = new HeldBlocks(pool, this, this.#block);
    this.#zero = !data;
    if (data) recorder.write(this.#block, data);
  }

  /** The buffer, to be read, with zeros where nothing else was written. */
  get source(): Bound {
    if (this.#zero) {
      this.#recorder.clear(this.#block);
      this.#zero = false;
    }
    return { block: this.#block, bytes: 4 * this.size };
  }

  /** The buffer, to be overwritten. */
  get target(): Bound {
    this.#zero = false;
    return { block: this.#block, bytes: 4 * this.size };
  }

  protected store(data: Float32Array): void {
    this.#recorder.write(this.#block, data);
    this.#zero = false;
  }

  protected load(): Float32Array | Promise<Float32Array> {
    if (this.#zero || this.size === 0) {
      this.#recorder.expectAlive();
      return newFloats(this.size, () => `reading a tensor ${formatShape(this.shape)}`);
    }
    return this.#recorder.read(this.#block, this.size);
  }

  protected free(): void {
    this.held.freeAll();
  }
}

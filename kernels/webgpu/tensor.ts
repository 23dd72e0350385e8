/**
 * A tensor in GPU memory. One made without data is zeros, but they are written
 * only where something reads them: most such tensors are outputs, which the
 * next operation fills.
 *
 * @module
 */
import { checkData, checkTensorAlive, formatShape, sizeOf } from "../checks.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import type { Block, Pool } from "./buffers.ts";
import type { Bound, Recorder } from "./recorder.ts";

/** A copy of a weight whose rows are padded to fours, as it was at a version. */
interface Padded {
  readonly version: number;
  /** Null until the weight is used a second time: one that is used once is not worth a copy. */
  readonly block: Block | null;
}

/** What a tensor holds of the pool. */
interface Held {
  readonly pool: Pool;
  readonly blocks: Set<Block>;
}

/** Buffers of tensors that were forgotten without being disposed. */
const forgotten = new FinalizationRegistry(({ pool, blocks }: Held) => {
  for (const block of blocks) pool.release(block);
});

/** A tensor of a WebGPU kernel. */
export class WebGpuTensor implements Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  version = 0;
  padded: Padded | null = null;
  readonly #recorder: Recorder;
  readonly #held: Held;
  readonly #block: Block;
  #disposed = false;
  #zero: boolean;

  constructor(
    readonly kernel: Kernel & { readonly disposed: boolean },
    recorder: Recorder,
    shape: readonly number[],
    data?: Float32Array,
  ) {
    this.size = sizeOf(shape);
    this.shape = Object.freeze([...shape]);
    checkData(this, data);
    recorder.expectAlive();
    this.#recorder = recorder;
    const { pool } = recorder;
    this.#block = pool.take(Math.max(16, 4 * this.size), `a tensor ${formatShape(this.shape)}`);
    this.#held = { pool, blocks: new Set([this.#block]) };
    forgotten.register(this, this.#held, this.#held);
    this.#zero = !data;
    if (data) recorder.write(this.#block, data);
  }

  get disposed(): boolean {
    return this.#disposed || this.kernel.disposed;
  }

  /** The buffer, to be read from: with its zeros, where nothing else was written. */
  get source(): Bound {
    if (this.#zero) {
      this.#recorder.clear(this.#block);
      this.#zero = false;
    }
    return { block: this.#block, bytes: 4 * this.size };
  }

  /** The buffer, to be filled: the version is raised, and what it held is lost. */
  get target(): Bound {
    this.version++;
    this.#zero = false;
    return { block: this.#block, bytes: 4 * this.size };
  }

  /** The buffer, to be added to. */
  get sum(): Bound {
    this.version++;
    return this.source;
  }

  write(data: Float32Array): void {
    checkTensorAlive(this);
    checkData(this, data);
    this.#recorder.write(this.#block, data);
    this.#zero = false;
    this.version++;
  }

  async read(): Promise<Float32Array> {
    checkTensorAlive(this);
    if (this.#zero || this.size === 0) {
      this.#recorder.expectAlive();
      return new Float32Array(this.size);
    }
    return await this.#recorder.read(this.#block, this.size);
  }

  /** Keeps a buffer with this tensor, to be given back with it. */
  keep(block: Block): void {
    this.#held.blocks.add(block);
  }

  /** Gives such a buffer back early. */
  drop(block: Block): void {
    if (this.#held.blocks.delete(block)) this.#held.pool.release(block);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this.#held);
    for (const block of this.#held.blocks) this.#held.pool.release(block);
  }
}

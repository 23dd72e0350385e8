/**
 * Where reads are copied to before the host sees them. To map a buffer is to wait
 * for a turn of the runtime's poll, 10 ms in Deno, and costs a call each; so the
 * small reads of one batch share a buffer, which is mapped once for all of them.
 *
 * @module
 */
import type { Block, BufferPool } from "./buffers.ts";

/** Reads of up to so many bytes share a buffer. */
const mostShared = 2 ** 14;
const sharedBytes = 2 ** 16;

/** A buffer for one read or several. */
class StagingBuffer {
  /** Bytes that reads have taken. */
  taken = 0;
  #readers = 0;
  #failed = false;
  #mapping: Promise<Error | null> | null = null;

  constructor(readonly pool: BufferPool, readonly block: Block) {}

  /** A part for one more read. */
  part(bytes: number): StagingPart {
    const offset = this.taken;
    // Mapped ranges begin at multiples of 8.
    this.taken += Math.ceil(bytes / 8) * 8;
    this.#readers++;
    return new StagingPart(this, offset, bytes);
  }

  /** Maps what was taken, once; resolves to the error, or to null. */
  map(): Promise<Error | null> {
    const size = Math.min(this.taken, this.block.bytes);
    this.#mapping ??= this.block.buffer.mapAsync(GPUMapMode.READ, 0, size)
      .then(() => null, (error: Error) => error);
    return this.#mapping;
  }

  /** A read has its data, or has failed; the last one gives the buffer back. */
  leave(failed: boolean): void {
    this.#failed ||= failed;
    if (--this.#readers > 0) return;
    if (this.#failed) this.pool.discard(this.block);
    else {
      this.block.buffer.unmap();
      this.pool.free(this.block);
    }
  }
}

/** The part of a buffer that one read is copied to. */
export class StagingPart {
  constructor(readonly owner: StagingBuffer, readonly offset: number, readonly bytes: number) {}

  /** The buffer. */
  get block(): Block {
    return this.owner.block;
  }

  /** A copy of the content, once the buffer is mapped. */
  copy(): Float32Array {
    return new Float32Array(this.block.buffer.getMappedRange(this.offset, this.bytes)).slice();
  }
}

/** The staging buffers of one queue. */
export class Staging {
  #shared: StagingBuffer | null = null;

  constructor(readonly pool: BufferPool) {}

  /**
   * Room for a read of so many bytes in the batch that is being recorded.
   *
   * @throws {MemoryError} where no buffer of the device can be so large.
   */
  take(bytes: number): StagingPart {
    const create = (size: number) =>
      new StagingBuffer(this.pool, this.pool.take(size, "reading a tensor"));
    if (bytes > mostShared) return create(bytes).part(bytes);
    if (!this.#shared || this.#shared.taken + bytes > this.#shared.block.bytes) {
      this.#shared = create(sharedBytes);
    }
    return this.#shared.part(bytes);
  }

  /** The batch is submitted: what was shared will be mapped, and takes no more reads. */
  close(): void {
    this.#shared = null;
    this.pool.recycle();
  }
}

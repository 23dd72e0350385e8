/**
 * The memory of a Wasm kernel: a fixed part for the slots of the threads and,
 * above it, a heap that allocates blocks by best fit, joins adjacent free ones
 * and grows only where no free one is large enough, up to the 4 GiB that 32-bit
 * addresses reach.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65536;

/** The most pages of a 32-bit memory: 4 GiB. */
export const mostPages = 65536;

// Vector loads may reach this far beyond the end of a block; what they read there is not used.
const slack = 64;

/**
 * A new memory.
 *
 * @throws {MemoryError} where the engine has no room for it.
 */
export function newMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      `no memory for another kernel: ${error.message}; dispose kernels that are no longer needed`,
    );
  }
}

/** A free part of the heap, in bytes. */
interface Gap {
  start: number;
  length: number;
}

/** How many bytes of the heap a block takes. */
function blockLength(bytes: number): number {
  return Math.ceil((bytes + slack) / 64) * 64;
}

/** The blocks of one WebAssembly memory. */
export class Heap {
  // By address, no two adjacent.
  readonly #gaps: Gap[] = [];
  readonly #lengths = new Map<number, number>();
  #end: number;

  /** @param start The first byte after the fixed part, a multiple of 64. */
  constructor(
    readonly memory: WebAssembly.Memory,
    start: number,
    readonly maximumPages: number = mostPages,
  ) {
    this.#end = memory.buffer.byteLength;
    this.#gaps.push({ start, length: this.#end - start });
  }

  /** How many bytes are allocated, slack included. */
  get used(): number {
    let sum = 0;
    for (const length of this.#lengths.values()) sum += length;
    return sum;
  }

  /**
   * The address of a new block, a multiple of 64; its content is arbitrary.
   *
   * @throws {MemoryError} where the memory cannot grow enough; nothing is lost.
   */
  allocate(bytes: number): number {
    const length = blockLength(bytes);
    let best: Gap | null = null;
    for (const gap of this.#gaps) {
      if (gap.length >= length && (best === null || gap.length < best.length)) best = gap;
    }
    best ??= this.#grow(length, bytes);
    const { start } = best;
    best.start += length;
    best.length -= length;
    if (best.length === 0) this.#gaps.splice(this.#gaps.indexOf(best), 1);
    this.#lengths.set(start, length);
    return start;
  }

  /** Gives a block back. */
  free(start: number): void {
    const length = this.#lengths.get(start);
    if (length === undefined) throw new Error(`no block at ${start}`);
    this.#lengths.delete(start);
    let low = 0;
    let high = this.#gaps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#gaps[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    const before = this.#gaps[low - 1];
    const after = this.#gaps[low];
    const joinsBefore = before !== undefined && before.start + before.length === start;
    const joinsAfter = after !== undefined && start + length === after.start;
    if (joinsBefore) {
      before.length += length + (joinsAfter ? after.length : 0);
      if (joinsAfter) this.#gaps.splice(low, 1);
    } else if (joinsAfter) {
      after.start = start;
      after.length += length;
    } else {
      this.#gaps.splice(low, 0, { start, length });
    }
  }

  /**
   * Allocates what is free at the end of the memory except for a block of
   * `bytes`, which will then be the last: for tests that nothing beyond it is
   * read. Returns the address to free afterwards, or 0 where nothing was needed.
   */
  reserveAllBut(bytes: number): number {
    const length = blockLength(bytes);
    const last = this.#gaps.at(-1);
    const open = last !== undefined && last.start + last.length === this.#end ? last : null;
    const gap = open && open.length >= length ? open : this.#grow(length, bytes);
    const filler = gap.length - length;
    if (filler === 0) return 0;
    const { start } = gap;
    gap.start += filler;
    gap.length = length;
    this.#lengths.set(start, filler);
    return start;
  }

  /** Whether the last byte of the memory belongs to a block. */
  get endsInBlock(): boolean {
    const last = this.#gaps.at(-1);
    return last === undefined || last.start + last.length < this.#end;
  }

  /** Makes the last gap at least `length` long, and returns it. */
  #grow(length: number, bytes: number): Gap {
    const last = this.#gaps.at(-1);
    const open = last !== undefined && last.start + last.length === this.#end ? last : null;
    const missing = length - (open?.length ?? 0);
    const needed = Math.ceil(missing / pageBytes);
    const now = this.#end / pageBytes;
    // A quarter of the size at least, so that many small tensors make it grow a few times only.
    const generous = Math.min(Math.max(needed, Math.ceil(now / 4)), this.maximumPages - now);
    for (const pages of new Set([generous, needed])) {
      if (pages < needed || now + pages > this.maximumPages) continue;
      try {
        this.memory.grow(pages);
      } catch {
        continue; // a RangeError: there is not as much memory
      }
      const gap = open ?? { start: this.#end, length: 0 };
      if (!open) this.#gaps.push(gap);
      gap.length += pages * pageBytes;
      this.#end += pages * pageBytes;
      return gap;
    }
    const free = this.#gaps.reduce((sum, gap) => sum + gap.length, 0);
    throw new MemoryError(
      `no memory for ${bytes} bytes more: ${this.used} of at most ${
        this.maximumPages * pageBytes
      } bytes are in use, ${free} free in pieces; dispose tensors that are no longer needed`,
    );
  }
}

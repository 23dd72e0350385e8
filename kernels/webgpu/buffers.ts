/**
 * GPU buffers, kept for the next tensor of their size: making one takes longer
 * than small products. A buffer that is given back comes into use again only
 * once the work that was recorded with it is submitted, since writes from the
 * host go before all that is not.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";
import { popErrorScopes, pushErrorScopes, valid, Validity } from "./validity.ts";

/** A buffer of the pool, and what is known of its content. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** Whether there was memory for it. */
  readonly origin: Validity;
  /** Whether all is valid that its content depends on. */
  validity: Validity;
  /** Whether nothing was ever written, so that it is all zeros. */
  fresh: boolean;
  /** The batch that last used it. */
  batch: number;
}

// What is kept unused at most: enough for the activations of a training step.
const mostIdle = 256 * 2 ** 20;

/** The size of the buffer that holds so many bytes: few different ones, and at most an eighth too much. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}

/** A pool of the buffers of one device. */
export class BufferPool {
  readonly #idle = new Map<number, Block[]>();
  readonly #returned: Block[] = [];
  #idleBytes = 0;
  #count = 0;
  /** Bytes of the buffers that are handed out, and of all. */
  used = 0;
  total = 0;

  constructor(
    readonly device: GPUDevice,
    readonly usage: number,
    /** The most bytes of one buffer. */
    readonly most: number,
    /** Told when a buffer is destroyed. */
    readonly onDestroy: () => void = () => {},
  ) {}

  /**
   * A buffer of at least so many bytes. That the device has no memory for it
   * shows later, in its validity.
   *
   * @throws {MemoryError} where no buffer of the device can be so large.
   */
  take(bytes: number, purpose: string): Block {
    if (bytes > this.most) {
      throw new MemoryError(
        `${purpose} needs ${bytes} bytes in one buffer; this device allows ${this.most}`,
      );
    }
    const size = Math.min(sizeClass(bytes), this.most);
    this.used += size;
    const idle = this.#idle.get(size)?.pop();
    if (idle) {
      this.#idleBytes -= size;
      return idle;
    }
    this.total += size;
    const { device } = this;
    pushErrorScopes(device, ["validation", "out-of-memory"]);
    const buffer = device.createBuffer({ size, usage: this.usage });
    const outcome = popErrorScopes(device, 2, (message) =>
      new MemoryError(
        `the device has no memory for ${purpose}, ${size} bytes: ${message}; dispose tensors that are no longer needed`,
      ));
    const origin = new Validity(outcome);
    return {
      id: ++this.#count,
      buffer,
      bytes: size,
      origin,
      validity: origin,
      fresh: true,
      batch: 0,
    };
  }

  /** Gives a buffer back. */
  free(block: Block): void {
    this.used -= block.bytes;
    this.#returned.push(block);
  }

  /** Gives a buffer up, whatever state it is in. */
  discard(block: Block): void {
    this.used -= block.bytes;
    this.#destroy(block);
  }

  /** What was given back comes into use again: all work with it is submitted. */
  recycle(): void {
    for (const block of this.#returned.splice(0)) {
      // One that may not exist is not for others.
      if (block.origin.settled !== null || this.#idleBytes + block.bytes > mostIdle) {
        this.#destroy(block);
        continue;
      }
      block.validity = valid;
      const blocks = this.#idle.get(block.bytes);
      if (blocks) blocks.push(block);
      else this.#idle.set(block.bytes, [block]);
      this.#idleBytes += block.bytes;
    }
  }

  #destroy(block: Block): void {
    this.total -= block.bytes;
    block.buffer.destroy();
    this.onDestroy();
  }
}

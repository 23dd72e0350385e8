/**
 * A pool of GPU buffers, which are kept for the next tensor of their size, since
 * making one takes longer than a small product. A buffer that is given back is
 * reused only once the work that was recorded with it is submitted: writes from
 * the host overtake all work that is not.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";
import { popErrorScopes, pushErrorScopes, valid, Validity } from "./validity.ts";

/** A buffer of the pool, and the state of its content. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** Whether there was memory for it. */
  readonly origin: Validity;
  /** Whether everything that its content depends on is valid. */
  validity: Validity;
  /** Whether nothing was ever written, so that it holds zeros. */
  fresh: boolean;
  /** The batch that last used it. */
  batch: number;
}

// How many bytes are kept unused at most: enough for the activations of a training step.
const mostIdleBytes = 256 * 2 ** 20;

/** The size of a buffer for so many bytes: one of few sizes, and at most an eighth too large. */
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
  /** Bytes of the buffers that are in use, and of all. */
  used = 0;
  total = 0;

  constructor(
    readonly device: GPUDevice,
    readonly usage: number,
    /** The most bytes of one buffer. */
    readonly most: number,
    /** Called when a buffer is destroyed. */
    readonly onDestroy: () => void = () => {},
  ) {}

  /**
   * A buffer of at least so many bytes. Whether the device has memory for it
   * becomes known later, by its validity.
   *
   * @param purpose What the buffer is for, as an error says it.
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

  /** Gives back a buffer that must not be reused. */
  discard(block: Block): void {
    this.used -= block.bytes;
    this.#destroy(block);
  }

  /** Makes the buffers that were given back reusable, once all work with them is submitted. */
  recycle(): void {
    for (const block of this.#returned.splice(0)) {
      // A buffer that may be invalid is not reused.
      if (block.origin.settled !== null || this.#idleBytes + block.bytes > mostIdleBytes) {
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

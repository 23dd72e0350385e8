/**
 * Blocks of memory that are held for one object, in a memory that the garbage
 * collector does not know: WebAssembly's and a GPU's. They are given back when
 * the object is disposed of, or after it was collected without that.
 *
 * @module
 */

/** A memory that wants its blocks back. */
export interface BlockMemory<Block> {
  /** Takes a block back. */
  free(block: Block): void;
}

const forgotten = new FinalizationRegistry((held: HeldBlocks<unknown>) => held.freeAll());

/** The blocks that one object holds. It must not refer to that object, which would keep it alive. */
export class HeldBlocks<Block> {
  readonly #blocks = new Set<Block>();

  constructor(readonly memory: BlockMemory<Block>, owner: object) {
    forgotten.register(owner, this as HeldBlocks<unknown>, this);
  }

  /** Holds a block from now on. */
  add(block: Block): void {
    this.#blocks.add(block);
  }

  /** Gives one block back. */
  free(block: Block): void {
    if (this.#blocks.delete(block)) this.memory.free(block);
  }

  /** Gives all blocks back, at the owner's end. */
  freeAll(): void {
    forgotten.unregister(this);
    for (const block of this.#blocks) this.memory.free(block);
    this.#blocks.clear();
  }
}

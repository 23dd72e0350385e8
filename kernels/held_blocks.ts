/**
 * Blocks of a memory that the garbage collector does not manage, WebAssembly's
 * or a GPU's, which belong to one object. They are given back when the object is
 * disposed, or once it was collected without having been disposed.
 *
 * @module
 */

/** A memory to which blocks are given back. */
export interface BlockMemory<Block> {
  /** Takes a block back. */
  free(block: Block): void;
}

/** Gives back the blocks of objects that were collected. */
const collected = new FinalizationRegistry((held: HeldBlocks<unknown>) => held.freeAll());

/** The blocks that one object holds. They must not refer to the object, which would keep it alive. */
export class HeldBlocks<Block> {
  readonly #blocks = new Set<Block>();

  constructor(readonly memory: BlockMemory<Block>, owner: object) {
    collected.register(owner, this as HeldBlocks<unknown>, this);
  }

  /** Holds a block from now on. */
  add(block: Block): void {
    this.#blocks.add(block);
  }

  /** Gives one block back. */
  free(block: Block): void {
    if (this.#blocks.delete(block)) this.memory.free(block);
  }

  /** Gives all blocks back, when the owner is disposed. */
  freeAll(): void {
    collected.unregister(this);
    for (const block of this.#blocks) this.memory.free(block);
    this.#blocks.clear();
  }
}

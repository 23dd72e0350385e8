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
  // Most objects hold one block, for which a set would take longer to make than the object itself.
  #more: Set<Block> | null = null;

  /** @param first The block that the owner holds from the beginning to its end. */
  constructor(readonly memory: BlockMemory<Block>, owner: object, readonly first: Block) {
    collected.register(owner, this as HeldBlocks<unknown>, this);
  }

  /** Holds another block from now on. */
  add(block: Block): void {
    this.#more ??= new Set();
    this.#more.add(block);
  }

  /** Gives such a block back. */
  free(block: Block): void {
    if (this.#more?.delete(block)) this.memory.free(block);
  }

  /** Gives all blocks back, when the owner is disposed. */
  freeAll(): void {
    collected.unregister(this);
    this.memory.free(this.first);
    if (this.#more) { for (const block of this.#more) this.memory.free(block); }
  }
}

/**
 * The record of a layer of a network: what the caller writes to memory, where every
 * thread reads it.
 *
 * @module
 */

/** A layer: sizes in elements, arrays as addresses in bytes, 0 for none. */
export interface LayerRecord {
  readonly n: number;
  readonly k: number;
  /** The weight as it is stored. */
  readonly b: number;
  /** The weight as `packB` packs it. */
  readonly packed: number;
  readonly bias: number;
  /** Its index in `activations`. */
  readonly activation: number;
}

/** 32-bit words of a record, in the order of {@linkcode LayerRecord}. */
export const wordsOfRecord = 6;

/** Weights are packed in panels for one thread, which are wider, since threads share no columns. */
export const panelThreads = 1;

/**
 * Trees of sums: in which order terms are added. Kernels claim them, probes
 * find them, and files of results keep them.
 *
 * @module
 */

/** A tree of sums: a leaf is the index of a product (or of the bias, which comes after them), a node adds its children. */
export type SumTree = number | readonly SumTree[];

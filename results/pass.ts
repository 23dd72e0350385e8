/**
 * The passes of a layer, which result files, the bench and reports name alike.
 *
 * @module
 */

/**
 * What is timed.
 *
 * - `forward`: y = activation(x · w + b), weights as they were in the call before;
 * - `forward-unpacked`: the same with weights that were written since, so that
 *   nothing derived from them can be kept; the write itself is not timed;
 * - `backward`: dw, db and dx from dy;
 * - `training`: forward, the loss's gradient, backward, and the update of w and b.
 */
export type Pass = "forward" | "forward-unpacked" | "backward" | "training";

/** All passes. */
export const passes: readonly Pass[] = ["forward", "forward-unpacked", "backward", "training"];

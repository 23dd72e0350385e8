/**
 * The claims on formulas that the kernels of this project make. A kernel from
 * elsewhere that was made of one of them, or has a copy of its traits, has such a
 * claim without having made it; one of its own is another object.
 *
 * @module
 */
import type { FormulaTraits } from "../kernel.ts";

const known = new WeakSet<FormulaTraits>();

/** A claim of a kernel of this project. */
export function ownClaim({ arithmetic, errors }: FormulaTraits): FormulaTraits {
  const claim = Object.freeze({ arithmetic, errors: Object.freeze({ ...errors }) });
  known.add(claim);
  return claim;
}

/** Whether a claim is one of this project's kernels. */
export function isOwnClaim(claim: FormulaTraits): boolean {
  return known.has(claim);
}

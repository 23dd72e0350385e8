/**
 * Which of a kernel's traits its author claimed. Traits that were left out are
 * filled in with the usual ones, and a message must not call those claims. For a
 * kernel whose traits were completed here this is recorded; for any other, every
 * trait that is present counts as claimed.
 *
 * @module
 */
import type { KernelTraits } from "../kernels/kernel.ts";

const made = new WeakMap<KernelTraits, ReadonlySet<string>>();

/** The traits with the claims that were made in the place of the usual ones. */
export function withClaims(usual: KernelTraits, claims: Partial<KernelTraits>): KernelTraits {
  const traits = { ...usual, ...claims };
  made.set(traits, new Set(Object.keys(claims)));
  return traits;
}

/** Whether the author of these traits claimed this one. */
export function isMade(traits: KernelTraits, name: keyof KernelTraits): boolean {
  return made.get(traits)?.has(name) ?? traits[name] !== undefined;
}

/** The beginning of a message on a trait that is not what it should be, as its author must read it. */
export function expectationOf(
  traits: KernelTraits,
  name: keyof KernelTraits,
  expected: string | boolean,
): string {
  return isMade(traits, name)
    ? `the claim is ${name}: ${expected}, but it is`
    : `nothing is claimed of ${name}, so that ${name}: ${expected} is expected; probed:`;
}

/** How what was probed is claimed: of a product in the object of its claims, else in the traits. */
export function howToClaim(traits: KernelTraits, proposal: string): string {
  const claims = made.get(traits);
  if (claims === undefined) return `the probes fit these claims: ${proposal}`;
  return `what was probed may be claimed: claims = { ${claims.size > 0 ? "…, " : ""}${proposal} }`;
}

/**
 * What we declare of a peer's activations: which it has, and how large their
 * errors may be. Measured, with about a factor of 2 to spare; an absolute error
 * is given where a formula cancels (1 + erf(z)) or approximates that much.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Contender } from "../contender.ts";

/** The errors of the activations that a peer has. */
export type Errors = Readonly<
  Partial<Record<Activation, { readonly ulp: number; readonly absolute?: number }>>
>;

/** The part of a contender that follows from its errors. */
export function declared(
  errors: Errors,
): Required<Pick<Contender, "ulp" | "absolute" | "supports">> {
  return {
    ulp: (activation) => errors[activation]?.ulp ?? 0,
    absolute: (activation) => errors[activation]?.absolute ?? 0,
    supports: ({ activation }) => activation in errors,
  };
}

/** An entry of a table by activation, which a peer that supports it has. */
export function entryOf<T>(table: Readonly<Partial<Record<Activation, T>>>, name: Activation): T {
  const entry = table[name];
  if (entry === undefined) throw new Error(`${name} is not supported`);
  return entry;
}

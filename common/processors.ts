/**
 * How many processors there are, for defaults. What the machine says is not what
 * a user asked for: it may be missing, 0, no number, or more than anyone expected,
 * and is made a number that can be worked with.
 *
 * @module
 */

/** The parts of the global object that may tell. */
interface Machine {
  readonly navigator?: { readonly hardwareConcurrency?: unknown };
  readonly process?: {
    getBuiltinModule?(name: string): { availableParallelism?(): unknown } | undefined;
  };
  readonly Deno?: unknown;
}

/** A count as a whole number >= 1; null where it is none. */
function countOf(read: () => unknown): number | null {
  try {
    const count = read();
    return typeof count === "number" && count >= 1 && Number.isFinite(count)
      ? Math.floor(count)
      : null;
  } catch {
    return null;
  }
}

/**
 * How many processors this machine has for the program, from 1 to `most`; 1 where
 * it does not tell.
 *
 * @example
 * ```ts
 * import { processors } from "./processors.ts";
 *
 * const count = processors(4);
 * if (!Number.isInteger(count) || count < 1 || count > 4) throw new Error(`${count}`);
 * ```
 */
export function processors(most = Infinity): number {
  const machine = globalThis as Machine;
  const count = countOf(() => machine.navigator?.hardwareConcurrency) ??
    // Of Node 20, which has no navigator. Deno would ask for a permission.
    countOf(() =>
      machine.Deno === undefined
        ? machine.process?.getBuiltinModule?.("node:os")?.availableParallelism?.()
        : null
    ) ?? 1;
  return Math.min(count, most);
}

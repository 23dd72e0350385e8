/**
 * What became of mutants, in the terms in which command, table and page speak of
 * them: which count, which survived and why, and where each is.
 *
 * @module
 */
import type { MutantRecord } from "./schema.ts";

/** What the intervals of a mutation test claim, where the kill rates are shown. */
export const intervalNote =
  "Intervals are those of a simple random sample of independent mutants. Those of one kernel's " +
  "source are one; mutants of Wasm code are drawn evenly by kind of module, and mutants of shared " +
  "code depend on each other, so that all other intervals are rough.";

/** Whether the verifier told a mutant from the original: a hang and a crash count. */
export function isKilled({ outcome }: Pick<MutantRecord, "outcome">): boolean {
  return outcome !== "survived" && outcome !== "invalid";
}

/** Whether a mutant counts: it is a program, and could be told from the original. */
export function counts({ outcome, equivalent }: MutantRecord): boolean {
  return outcome !== "invalid" && !(outcome === "survived" && equivalent !== null);
}

/** The mutants that survived: those without a reason, and those that are equivalent. */
export function survivors(mutants: readonly MutantRecord[]): {
  readonly open: readonly MutantRecord[];
  readonly equivalent: readonly MutantRecord[];
} {
  const all = mutants.filter(({ outcome }) => outcome === "survived");
  return { open: all.filter(counts), equivalent: all.filter((one) => !counts(one)) };
}

/** Where a mutant is. */
export function placeOf({ kind, file, line }: Pick<MutantRecord, "kind" | "file" | "line">) {
  return kind === "wasm" ? `${file}, instruction ${line}` : `${file}:${line}`;
}

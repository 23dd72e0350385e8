/**
 * What a mutation test shows, in sentences.
 *
 * @module
 */
import { formatCount, formatPercent } from "../../common/numbers.ts";
import { survivors } from "../../results/mutation/outcome.ts";
import type { KillRate, MutantRecord, Mutation } from "../../results/mutation/schema.ts";

/** The share that was killed, with the ends of its interval. */
export function killedText({ killed, of, low, high }: KillRate): string {
  if (of === 0) return "none that counts";
  const ends = `${formatPercent(low, 3).replace(" %", "")}–${formatPercent(high, 3)}`;
  return `${formatPercent(killed / of, 3)} (${ends})`;
}

/** What a search for a witness found, in words. */
export function witnessText({ witness }: Pick<MutantRecord, "witness">): string {
  if (witness === null) return "not searched";
  return witness.found ?? `none in ${formatCount(witness.calls, "call")}`;
}

/** The answer, a sentence each, the most important first. */
export function answers({ rates, mutants }: Pick<Mutation, "rates" | "mutants">): string[] {
  const all = rates.find(({ group }) => group === "all");
  if (!all || mutants.length === 0) return ["No mutant has been tried yet."];
  const { open, equivalent } = survivors(mutants);
  const differing = open.filter(({ witness }) => witness !== null && witness.found !== null);
  return [
    `The verifier kills ${all.killed} of ${all.of} mutants that count: ${killedText(all)}.`,
    `${
      formatCount(open.length, "mutant")
    } survived without a reason; of these ${differing.length} ${
      differing.length === 1 ? "is" : "are"
    } known to give other results than the original.`,
    `Not counted: ${equivalent.length} equivalent, ${all.invalid} invalid.`,
  ];
}

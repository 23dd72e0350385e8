/**
 * The ceilings of a run of the bench: asked of its sessions, with a warning on
 * each that could not be measured or that the results exceed.
 *
 * @module
 */
import { defaultThreads } from "../../kernels/wasm/thread_count.ts";
import { ceilingName } from "../../results/ceilings.ts";
import type { Ceiling } from "../../results/schema.ts";
import type { SessionHandle } from "../launches.ts";
import type { BenchPlan } from "../plan.ts";

/** What the machine can do at best, on so many threads. */
export async function ceilingsOf(
  counts: readonly number[],
  sessions: readonly SessionHandle[],
  onWarning: (text: string) => void,
): Promise<readonly Ceiling[]> {
  // The last engine is the one with the most flags.
  const found = await sessions.at(-1)?.ask("ceilings", counts);
  for (const reason of found?.missing ?? []) {
    onWarning(
      `a ceiling was not measured, ${reason}. Consider deno task ceilings, which measures them by themselves`,
    );
  }
  return found?.ceilings ?? [];
}

/** One thread, and as many as the kernels use. */
export function threadCounts({ threads }: BenchPlan): readonly number[] {
  return [...new Set([1, ...(threads ?? [defaultThreads()])])];
}

/** Warns of ceilings that are not known after all: once, with the first of them and how many more there are. */
export function warnOfUnknown(
  ceilings: readonly Ceiling[],
  onWarning: (text: string) => void,
): void {
  const unknown = ceilings.filter((ceiling) => ceiling.unknown !== undefined);
  const [first] = unknown;
  if (first === undefined) return;
  const more = unknown.length - 1;
  onWarning(
    `the ceiling ${ceilingName(first)} is not known: ${first.unknown}` +
      `${
        more > 0 ? `; nor ${more === 1 ? "is" : "are"} ${more} more, which the report names` : ""
      }. ` +
      "Consider running again while the machine does nothing else",
  );
}

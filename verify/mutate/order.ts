/**
 * The order in which checks are run on a mutant: the cheapest cases of each check
 * first, and first the checks that are likeliest to kill per second, by what the
 * run has seen so far. The order changes only how long it takes, and which of
 * several checks that would kill a mutant gets the credit.
 *
 * @module
 */
import type { MutantRecord } from "../../results/mutation/schema.ts";
import type { Effort } from "../check.ts";
import type { CaseIds } from "./reach.ts";
import type { Arm } from "./runner.ts";

/** A case and its time on the kernel as it is. */
export interface TimedCase {
  readonly check: string;
  readonly id: string;
  readonly seconds: number;
}

/** The share of a check's time that is spent before other checks have their turn. */
const earlyShare = 0.1;
const leastEarly = 0.02;

const secondsOf = (cases: readonly TimedCase[]) =>
  cases.reduce((sum, { seconds }) => sum + seconds, 0);

/** The cheapest cases, and the others. */
function splitByTime(cases: readonly TimedCase[]): readonly TimedCase[][] {
  const sorted = cases.toSorted((a, b) => a.seconds - b.seconds);
  const most = Math.max(earlyShare * secondsOf(cases), leastEarly);
  let spent = 0;
  const later = sorted.findIndex(({ seconds }, i) => (spent += seconds) > most && i > 0);
  return later < 0 ? [sorted] : [sorted.slice(0, later), sorted.slice(later)];
}

/** What is known of the checks of a kernel. */
export class Order {
  readonly #kills = new Map<string, number>();
  readonly #met = new Map<string, number>();
  readonly #byCheck: ReadonlyMap<string, readonly TimedCase[]>;

  /** All cases of the kernel as it is, in their order. */
  constructor(cases: readonly TimedCase[], readonly effort: Effort) {
    this.#byCheck = Map.groupBy(cases, ({ check }) => check);
  }

  /** Takes a mutant into account. */
  add({ outcome, check, runs }: Pick<MutantRecord, "outcome" | "check" | "runs">): void {
    for (const met of new Set(runs.map((run) => run.check))) {
      this.#met.set(met, (this.#met.get(met) ?? 0) + 1);
    }
    if (outcome !== "killed" || check === null) return;
    this.#kills.set(check, (this.#kills.get(check) ?? 0) + 1);
  }

  /** Kills a second, as if each check had killed one of two mutants. */
  #rate(check: string, seconds: number): number {
    const share = ((this.#kills.get(check) ?? 0) + 1) / ((this.#met.get(check) ?? 0) + 2);
    return share / Math.max(seconds, 1e-3);
  }

  /** The checks on those of their cases that `isWanted`: none where it has none. */
  arms(isWanted: (id: string) => boolean): Arm[] {
    const turns: { readonly arm: Arm; readonly rate: number }[][] = [[], []];
    for (const [check, all] of this.#byCheck) {
      const slices = splitByTime(all.filter(({ id }) => isWanted(id)));
      for (const [turn, slice] of slices.entries()) {
        if (slice.length === 0) continue;
        const ids = new Set(slice.map(({ id }) => id));
        const skip = all.flatMap(({ id }) => ids.has(id) ? [] : [id]);
        const arm = { check, effort: this.effort, skip };
        turns[turn]!.push({ arm, rate: this.#rate(check, secondsOf(slice)) });
      }
    }
    return turns.flatMap((turn) => turn.toSorted((a, b) => b.rate - a.rate).map(({ arm }) => arm));
  }

  /** How many cases there are in those. */
  count(arms: readonly Arm[]): number {
    return arms.reduce(
      (sum, { check, skip }) => sum + (this.#byCheck.get(check)?.length ?? 0) - skip.length,
      0,
    );
  }

  /** Those that a mutant can be told by, and those that are left then; null for all cases at first. */
  stages(reaching: CaseIds | null): { readonly first: Arm[]; readonly rest: Arm[] } {
    if (reaching === null) return { first: this.arms(() => true), rest: [] };
    return {
      first: this.arms((id) => reaching.has(id)),
      rest: this.arms((id) => !reaching.has(id)),
    };
  }
}

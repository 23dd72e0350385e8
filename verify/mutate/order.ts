/**
 * In which order the checks meet a mutant: those that have killed most in a
 * second first, as far as is known by now. The order decides only how long it
 * takes, and which of several checks that would kill a mutant is named.
 *
 * @module
 */
import type { CheckRun, MutantRecord } from "../../results/mutation/schema.ts";
import type { Effort } from "../check.ts";
import type { Arm } from "./runner.ts";

/** The name of an arm. */
const keyOf = ({ check, effort }: Arm) => `${check} ${effort}`;

/** What is known of the arms of a kernel. */
export class Order {
  readonly #kills = new Map<string, number>();
  readonly #seconds = new Map<string, number>();

  /** `baseline` are the times on the kernel as it is. */
  constructor(readonly baseline: readonly CheckRun[]) {}

  /** Takes a mutant into account. */
  add(
    { outcome, check, effort, runs }: Pick<MutantRecord, "outcome" | "check" | "effort" | "runs">,
  ) {
    for (const run of runs) {
      const key = keyOf(run);
      this.#seconds.set(key, (this.#seconds.get(key) ?? 0) + run.seconds);
    }
    if (outcome !== "killed" || check === null) return;
    const key = keyOf({ check, effort });
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }

  /** Kills a second, as if each arm had killed half a mutant in its time on the kernel as it is. */
  rate(arm: Arm): number {
    const key = keyOf(arm);
    const own = this.baseline.find((run) => keyOf(run) === key)?.seconds ?? 1;
    const spent = this.#seconds.get(key) ?? 0;
    return ((this.#kills.get(key) ?? 0) + 0.5) / (spent + Math.max(own, 1e-3));
  }

  /** All checks at each effort up to the given one: efforts below `full` mixed, since a check at a smaller effort is a cheap part of it. */
  arms(checks: readonly string[], effort: Effort): Arm[] {
    const early: readonly Effort[] = effort === "smoke" ? ["smoke"] : ["smoke", "quick"];
    const mixed = early.flatMap((effort) => checks.map((check): Arm => ({ check, effort })));
    const sorted = mixed.toSorted((a, b) => this.rate(b) - this.rate(a));
    // After the larger effort the smaller one finds nothing.
    const ordered = sorted.filter(({ check, effort }, i) =>
      effort !== "smoke" ||
      !sorted.slice(0, i).some((arm) => arm.check === check && arm.effort === "quick")
    );
    const late = checks.map((check): Arm => ({ check, effort: "full" }));
    return effort === "full"
      ? [...ordered, ...late.toSorted((a, b) => this.rate(b) - this.rate(a))]
      : ordered;
  }
}

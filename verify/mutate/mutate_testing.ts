/**
 * For tests: mutants, made up. Nothing in here was measured.
 *
 * @module
 */
import type { MutantRecord } from "../../results/mutation/schema.ts";

/** A mutant of naive that a check killed, or what `more` makes of it. */
export function madeMutant(id: string, more: Partial<MutantRecord> = {}): MutantRecord {
  return {
    id,
    kernel: "naive",
    kind: "source",
    file: "kernels/naive.ts",
    line: 34,
    operator: "replace operator",
    place: "sum = fround(sum + fround(a[atA]! * b[atB]!));",
    from: "+",
    to: "-",
    becomes: "sum = fround(sum - fround(a[atA]! * b[atB]!));",
    outcome: "killed",
    check: "exact-forward",
    effort: "smoke",
    detail: "exact-forward/int/1x1x1: wrong",
    seconds: 1,
    runs: [
      { check: "contract", effort: "smoke", seconds: 0.25 },
      { check: "exact-forward", effort: "smoke", seconds: 0.75 },
    ],
    witness: null,
    equivalent: null,
    ...more,
  };
}

/** A mutant that survived the quick checks. */
export function madeSurvivor(id: string, more: Partial<MutantRecord> = {}): MutantRecord {
  const runs = [{ check: "contract", effort: "quick", seconds: 1 } as const];
  const common = { outcome: "survived", check: null, effort: "quick", detail: "", runs } as const;
  return madeMutant(id, { ...common, ...more });
}

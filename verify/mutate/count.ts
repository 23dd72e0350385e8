/**
 * The kill rates of a run, over all and by kernel, operator, kind of code and
 * check, each with the interval that is exact for a simple random sample of
 * independent mutants. Pure functions of the mutants.
 *
 * @module
 */
import { counts, isKilled } from "../../results/mutation/outcome.ts";
import type { KillRate, MutantRecord, RateGroup } from "../../results/mutation/schema.ts";
import { clopperPearson } from "../../statistics/proportions.ts";

function rateOf(group: RateGroup, name: string, mutants: readonly MutantRecord[]): KillRate {
  const counted = mutants.filter(counts);
  const killed = counted.filter(isKilled).length;
  const { low, high } = clopperPearson(killed, counted.length);
  return {
    group,
    name,
    killed,
    of: counted.length,
    low,
    high,
    lost: counted.filter(({ outcome }) => outcome === "timeout" || outcome === "crashed").length,
    equivalent: mutants.filter((one) => one.outcome === "survived" && !counts(one)).length,
    invalid: mutants.filter(({ outcome }) => outcome === "invalid").length,
    seconds: mutants.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** Of the mutants that met a check, those that it killed: which these are depends on the checks before it. */
function rateOfCheck(check: string, mutants: readonly MutantRecord[]): KillRate {
  const met = mutants.filter((one) =>
    counts(one) && (one.check === check || one.runs.some((run) => run.check === check))
  );
  const own = met.filter((one) => one.check === check && isKilled(one));
  const { low, high } = clopperPearson(own.length, met.length);
  const runs = mutants.flatMap(({ runs }) => runs.filter((run) => run.check === check));
  return {
    group: "check",
    name: check,
    killed: own.length,
    of: met.length,
    low,
    high,
    lost: own.filter(({ outcome }) => outcome !== "killed").length,
    equivalent: 0,
    invalid: 0,
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** All rates, in the order in which they are shown. */
export function ratesOf(mutants: readonly MutantRecord[]): KillRate[] {
  const by = (group: RateGroup, key: (mutant: MutantRecord) => string) =>
    [...Map.groupBy(mutants, key)].toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, own]) =>
      rateOf(group, name, own)
    );
  const checks = new Set(mutants.flatMap(({ runs, check }) => [
    ...runs.map((run) => run.check),
    ...(check === null ? [] : [check]),
  ]));
  return [
    rateOf("all", "all", mutants),
    ...by("kernel", ({ kernel }) => kernel),
    ...by("kind", ({ kind }) => kind),
    ...by("operator", ({ operator }) => operator),
    ...[...checks].map((check) => rateOfCheck(check, mutants)).toSorted((a, b) =>
      b.killed - a.killed
    ),
  ];
}

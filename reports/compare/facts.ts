/**
 * What runs differ in besides their times: machine, software, engine, commit,
 * date and how they were measured; what is the same in all of them is kept apart.
 *
 * @module
 */
import { formatCount } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { formatCommit, formatDate } from "../format.ts";
import { environmentRows } from "../sections/table.tsx";

/** A fact of each run. */
export interface Fact {
  readonly name: string;
  readonly values: readonly string[];
}

/** The facts of some runs. */
export interface Facts {
  readonly differing: readonly Fact[];
  readonly equal: readonly Fact[];
}

const unknown = "not known";

/** What is said of a run, in the order in which a reader asks for it. */
function factsOf(results: Results): readonly (readonly [string, string])[] {
  const { environment, date, suite, rounds, launches = 1, partial, noise, kernels } = results;
  const { commit } = environment;
  const engines = new Set(
    kernels.filter(({ unavailable, peer }) => unavailable === null && !peer)
      .map((one) => one.engine ?? results.engine),
  );
  const engine = [...(engines.size > 0 ? engines : [results.engine])]
    .map((one) => one === "plain" ? "no V8 flags" : one).join(" and ");
  return [
    ["date", formatDate(date)],
    ...environmentRows({ ...environment, commit: commit && formatCommit(commit) }, engine),
    ["suite", suite],
    ["rounds", `${formatCount(rounds, "round")} in ${formatCount(launches, "launch", "launches")}`],
    ["ended", partial ? "stopped early" : "as planned"],
    ["noise", noise?.grade ?? unknown],
  ];
}

/** The facts of several runs. */
export function compareFacts(runs: readonly Results[]): Facts {
  const all = runs.map((run) => new Map(factsOf(run)));
  const names = new Set(all.flatMap((facts) => [...facts.keys()]));
  const facts = [...names].map((name) => ({
    name,
    values: all.map((facts) => facts.get(name) ?? unknown),
  }));
  const differs = ({ values }: Fact) => new Set(values).size > 1;
  return {
    differing: facts.filter(differs),
    equal: facts.filter((fact) => !differs(fact)),
  };
}

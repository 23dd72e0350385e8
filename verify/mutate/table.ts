/**
 * The kill rates and the survivors of a run as text for a terminal.
 *
 * @module
 */
import { formatCount, formatNumber, formatPercent } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { cleanText } from "../../common/text.ts";
import type { KillRate, MutantRecord, Mutation, RateGroup } from "../../results/mutation/schema.ts";
import { counts } from "./count.ts";

const titles: Readonly<Record<RateGroup, string>> = {
  all: "",
  kernel: "kernel",
  kind: "code",
  operator: "operator",
  check: "check, of the mutants that met it",
};

/** The mutants that no check killed and nobody has explained. */
export function survivorsOf(mutants: readonly MutantRecord[]): MutantRecord[] {
  return mutants.filter((one) => one.outcome === "survived" && counts(one));
}

/** Where a mutant is and what it changes, on one line. */
export function describeMutant({ kernel, kind, file, line, operator, from, to }: MutantRecord) {
  const short = (text: string) => cleanText(text, 60) || "nothing";
  const place = kind === "wasm" ? `${file}, instruction ${line}` : `${file}:${line}`;
  return `${kernel} ${place}: ${operator}: ${short(from)} -> ${short(to)}`;
}

function rowOf(
  { group, name, killed, of, low, high, lost, equivalent, invalid, seconds }: KillRate,
) {
  const share = of === 0
    ? ["", ""]
    : [formatPercent(killed / of, 3), `(${formatPercent(low, 3)} to ${formatPercent(high, 3)})`];
  const others = [
    ...(lost > 0 ? [`${lost} hung or crashed`] : []),
    ...(equivalent > 0 ? [`${equivalent} equivalent`] : []),
    ...(invalid > 0 ? [`${invalid} invalid`] : []),
    ...(group === "check" && seconds > 0
      ? [`${formatNumber(killed / seconds)} kills a second`]
      : []),
  ];
  return [`  ${name}`, `${killed} of ${of}`, ...share, others.join(", ")];
}

/** Lines with every rate and every survivor. */
export function formatMutation({ rates, mutants }: Pick<Mutation, "rates" | "mutants">): string {
  const rows = [...Map.groupBy(rates, ({ group }) => group)].flatMap(([group, own]) => [
    ...(titles[group] === "" ? [] : [[titles[group], "", "", "", ""]]),
    ...own.map(rowOf),
  ]);
  const survivors = survivorsOf(mutants);
  const witness = ({ witness }: MutantRecord) =>
    witness === null
      ? ""
      : witness.found === null
      ? `; no other result in ${formatCount(witness.calls, "random call")}`
      : `; differs in ${cleanText(witness.found, 160)}`;
  return [
    ...alignColumns([["", "killed", "share", "95 % interval", ""], ...rows], [1, 2]),
    "",
    survivors.length === 0
      ? "No mutant survived that has no reason to."
      : `${formatCount(survivors.length, "survivor")}:`,
    ...survivors.map((one) => `  ${describeMutant(one)}${witness(one)}`),
  ].join("\n");
}

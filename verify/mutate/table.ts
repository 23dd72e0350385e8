/**
 * The kill rates and the survivors of a run as text for a terminal.
 *
 * @module
 */
import { formatCount, formatNumber, formatPercent } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { cleanText } from "../../common/text.ts";
import { intervalNote, placeOf, survivors } from "../../results/mutation/outcome.ts";
import type { KillRate, MutantRecord, Mutation, RateGroup } from "../../results/mutation/schema.ts";

const titles: Readonly<Record<RateGroup, string>> = {
  all: "",
  kernel: "kernel",
  kind: "code",
  operator: "operator",
  check: "check, of the mutants that met it",
};

/** Where a mutant is and what it changes, on one line. */
export function describeMutant(one: MutantRecord): string {
  const { kernel, operator, from, to } = one;
  const short = (text: string) => cleanText(text, 60) || "nothing";
  return `${kernel} ${placeOf(one)}: ${operator}: ${short(from)} -> ${short(to)}`;
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
  const { open } = survivors(mutants);
  const witness = ({ witness }: MutantRecord) =>
    witness === null
      ? ""
      : witness.found === null
      ? `; no other result in ${formatCount(witness.calls, "random call")}`
      : `; differs in ${cleanText(witness.found, 160)}`;
  return [
    ...alignColumns([["", "killed", "share", "95 % interval", ""], ...rows], [1, 2]),
    "",
    intervalNote,
    "",
    open.length === 0
      ? "No mutant survived that has no reason to."
      : `${formatCount(open.length, "survivor")}:`,
    ...open.map((one) => `  ${describeMutant(one)}${witness(one)}`),
  ].join("\n");
}

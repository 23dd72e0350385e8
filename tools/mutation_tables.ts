/**
 * The tables of docs/mutation.md, and the sentence of docs/verification.md, from a
 * run of `deno task mutate`, so that no figure there is typed by hand. What they
 * need of the run is kept in docs/mutation/mutation.json.
 *
 * @module
 */
import { UsageError } from "../common/command.ts";
import { failWith, parseFields } from "../common/json_fields.ts";
import { formatNumber, formatPercent } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";
import { killRateOf, mutantOf, settingsOf } from "../results/mutation/fields.ts";
import { placeOf, survivors } from "../results/mutation/outcome.ts";
import {
  type KillRate,
  type MutantRecord,
  type Mutation,
  mutationSchema,
  type RateGroup,
} from "../results/mutation/schema.ts";
import { environmentOf } from "../results/validate.ts";

/** What the documentation says of a run: a survivor's checks and times are of no use there. */
export type MutationSummary = Omit<Mutation, "mutants"> & {
  readonly survivors: readonly MutantRecord[];
};

const marker = (name: string) => `<!-- ${name}: written by \`deno task readme\` -->`;

/**
 * What a mutation.json says, a whole one or a summary of one.
 *
 * @throws {UsageError} where it is none.
 */
export function summaryOf(text: string): MutationSummary {
  const fields = parseFields(text, failWith(UsageError, "Cannot read the mutants"));
  fields.schema(mutationSchema);
  const own = fields.has("survivors")
    ? fields.list("survivors", mutantOf)
    : survivors(fields.list("mutants", mutantOf)).open;
  return {
    schema: mutationSchema,
    date: fields.text("date"),
    command: fields.text("command"),
    environment: environmentOf(fields.object("environment")),
    engine: fields.text("engine"),
    settings: settingsOf(fields.object("settings")),
    rates: fields.list("rates", killRateOf),
    survivors: own.map((one) => ({ ...one, runs: [] })),
  };
}

function shareOf({ killed, of, low, high }: KillRate): string[] {
  const interval = `${formatPercent(low, 3)} to ${formatPercent(high, 3)}`;
  return [`${killed} of ${of}`, of === 0 ? "" : formatPercent(killed / of, 3), of ? interval : ""];
}

/** A row for each kernel, kind of code and operator. */
function ratesTable(rates: readonly KillRate[], groups: readonly RateGroup[]): string {
  return [
    markdownHead(
      ["mutants of", "killed", "share", "95 % interval", "hung", "equivalent", "invalid"],
      [1, 2, 3, 4, 5, 6],
    ),
    ...groups.flatMap((group) => rates.filter((one) => one.group === group)).map((one) =>
      markdownRow([
        one.name,
        ...shareOf(one),
        `${one.lost}`,
        `${one.equivalent}`,
        `${one.invalid}`,
      ])
    ),
  ].join("\n");
}

/** A row for each check. */
function checksTable(rates: readonly KillRate[]): string {
  const rate = ({ killed, seconds }: KillRate) => seconds > 0 ? killed / seconds : 0;
  const own = rates.filter(({ group }) => group === "check");
  return [
    markdownHead(["check", "killed", "kills a second"], [1, 2]),
    ...own.toSorted((a, b) => rate(b) - rate(a)).map((one) =>
      markdownRow([one.name, `${one.killed} of ${one.of}`, formatNumber(rate(one), 2)])
    ),
  ].join("\n");
}

const code = (text: string) => `\`${text.replaceAll("`", "'")}\``;

/** A row for each mutant that survived without a reason. */
function survivorsTable(own: readonly MutantRecord[]): string {
  if (own.length === 0) return "No mutant survived that has no reason to.";
  return [
    markdownHead(["kernel", "where", "what", "becomes"]),
    ...own.map((one) =>
      markdownRow([one.kernel, placeOf(one), code(one.place), code(one.becomes)])
    ),
  ].join("\n");
}

/** What stands between each pair of markers of docs/mutation.md, by their names. */
export function mutationTables(found: MutationSummary): Readonly<Record<string, string>> {
  const { rates, survivors, date, environment: { cpu, cores, load }, settings } = found;
  const busy = load ? `, load ${load.map((each) => formatNumber(each, 2)).join(", ")}` : "";
  const run = `\`${found.command}\`, begun ${
    date.slice(0, 16).replace("T", " ")
  } UTC, seed ${settings.seed}, ${cpu} with ${cores} processors${busy}.`;
  return {
    "rates": `${run}\n\n${ratesTable(rates, ["all", "kernel", "kind", "operator"])}`,
    "checks": checksTable(rates),
    "survivors": survivorsTable(survivors),
  };
}

/** The one sentence of docs/verification.md. */
export function mutationSentence({ rates }: Pick<MutationSummary, "rates">): string {
  const all = rates.find(({ group }) => group === "all");
  if (!all) return "";
  const [killed, share, interval] = shareOf(all);
  return `${killed} (${share}; interval of 95 % from ${interval})`;
}

/** The text with what stands between markers replaced by what has their names. */
export function replaceTables(text: string, tables: Readonly<Record<string, string>>): string {
  let made = text;
  for (const [name, table] of Object.entries(tables)) {
    const [begin, end] = [marker(name), `<!-- end of ${name} -->`];
    const from = made.indexOf(begin);
    const to = made.indexOf(end);
    if (from < 0 || to < from) throw new UsageError(`the text lacks ${begin} or ${end}`);
    made = `${made.slice(0, from + begin.length)}\n\n${table}\n\n${made.slice(to)}`;
  }
  return made;
}

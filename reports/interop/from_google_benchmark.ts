/**
 * Google Benchmark's JSON (json_schema_version 1), read, as far back as its first
 * versions: the entries of repetitions, or their aggregates where the file has
 * nothing else. Benchmarks of one name in different families stay apart.
 * Format: google/benchmark, src/json_reporter.cc.
 *
 * @module
 */
import { JsonFields } from "../../common/json_fields.ts";
import { fail } from "../../results/fields.ts";
import { median, rangeOf } from "../../statistics/estimators.ts";
import { entriesOf, readOr } from "./entries.ts";
import type { ForeignBenchmark, ForeignRun, ForeignSeconds } from "./foreign.ts";
import { shapeOf } from "./shape.ts";

const unitSeconds = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1 } as const;
const units = Object.keys(unitSeconds) as (keyof typeof unitSeconds)[];

/** One entry of a file. */
interface Entry {
  readonly name: string;
  readonly runName: string;
  /** Which benchmark it is of, among those of its name; empty where the file does not say. */
  readonly family: string;
  /** `mean`, `median` and so on, empty where the file does not say, or null for a repetition. */
  readonly aggregate: string | null;
  /** Which repetition it is; null where the file does not say. */
  readonly repetition: number | null;
  readonly repetitions: number | null;
  /** Null where the file has NaN or infinity, which its writer makes of them, or something odd. */
  readonly seconds: number | null;
  readonly failure: string | null;
  readonly flopRate: number | null;
  readonly shape: ForeignBenchmark["shape"];
}

/** Whether a value of JSON looks like a file of Google Benchmark. */
export function isGoogleBenchmark(value: object): boolean {
  if (!("context" in value && "benchmarks" in value)) return false;
  const { benchmarks } = value;
  // Other tools' files have these two, too, but entries without a name.
  return !Array.isArray(benchmarks) || benchmarks.length === 0 ||
    benchmarks.some((one) => typeof one === "object" && one !== null && "name" in one);
}

/** The aggregates that are shown as a time. */
const shown = ["median", "mean"] as const;

const isShown = ({ aggregate }: Pick<Entry, "aggregate">) =>
  aggregate === null || shown.some((one) => one === aggregate);

/**
 * The benchmarks of a file of Google Benchmark.
 *
 * @throws {ResultFileError} where it is none.
 */
export function fromGoogleBenchmark(value: unknown): ForeignRun {
  const file = new JsonFields(value, fail);
  const context = file.object("context");
  const version = context.maybe("json_schema_version", (f, key) => f.count(key, 0));
  if (version !== null && version !== 1) {
    context.fail("json_schema_version", `is ${version}; this version reads 1 only`);
  }
  const entries = entriesOf(file, "benchmarks", "name", entryOf, oddEntry)
    .filter((entry) => entry !== null);
  const repetitions = groupsOf(entries.filter(({ aggregate }) => aggregate === null));
  // Repetitions may be left out of a file; then their aggregates are all there is.
  const known = new Set(repetitions.flat().map(keyOf));
  const aggregates = groupsOf(
    entries.filter((entry) => entry.aggregate !== null && !known.has(keyOf(entry))),
  );
  const groups = [
    ...repetitions.map((group) => ({ group, name: group[0]!.name, seconds: sampled(group) })),
    ...aggregates.map((group) => ({ group, name: group[0]!.runName, seconds: summed(group) })),
  ];
  const counts = Map.groupBy(groups, ({ name }) => name);
  return {
    tool: "Google Benchmark",
    facts: factsOf(context),
    benchmarks: groups.map((one) => {
      const alike = counts.get(one.name) ?? [];
      const { family } = one.group[0]!;
      const label = family === "" ? `${alike.indexOf(one) + 1} of ${alike.length}` : family;
      return {
        ...benchmarkOf(one.name, one.group, one.seconds),
        group: alike.length > 1 ? label : null,
      };
    }),
  };
}

/** What the entries of one benchmark have in common. */
const keyOf = ({ runName, family }: Entry): string => JSON.stringify([runName, family]);

/** The entries of each benchmark: another one begins where a repetition, or an aggregate, comes again. */
function groupsOf(entries: readonly Entry[]): Entry[][] {
  const groups: Entry[][] = [];
  for (const alike of Map.groupBy(entries, keyOf).values()) {
    let seen = new Set<unknown>();
    for (const [i, entry] of alike.entries()) {
      const part = entry.aggregate === null ? entry.repetition : entry.aggregate || null;
      if (i === 0 || (part !== null && seen.has(part))) {
        groups.push([]);
        seen = new Set();
      }
      seen.add(part);
      groups.at(-1)!.push(entry);
    }
  }
  return groups;
}

/** Which benchmark an entry is of: names need not be unlike. */
function familyOf(fields: JsonFields): string {
  const index = (key: string) => fields.maybe(key, () => fields.count(key, 0));
  const [family, instance] = [index("family_index"), index("per_family_instance_index")];
  if (family === null) return "";
  return `family ${family}${instance === null ? "" : `, ${instance}`}`;
}

function entryOf(fields: JsonFields): Entry | null {
  const name = fields.text("name");
  const type = fields.maybe("run_type", (f, key) => f.choice(key, ["iteration", "aggregate"]));
  // Fits of complexity have coefficients and no time.
  if (["big_o", "rms"].some((key) => fields.maybe(key, (f) => f.any(key)) !== null)) return null;
  // In files from before run_type, aggregates have a suffix.
  const suffix = type === null ? /^(.+)_(mean|median|stddev|cv)$/.exec(name) : null;
  // The tool's own sample files have aggregates without a name.
  const aggregate = type === "aggregate"
    ? fields.maybe("aggregate_name", (f, key) => f.text(key)) ?? ""
    : suffix?.[2] ?? null;
  const identity = {
    name,
    runName: fields.maybe("run_name", (f, key) => f.text(key)) ?? suffix?.[1] ?? name,
    family: familyOf(fields),
    aggregate,
    repetition: fields.maybe("repetition_index", (f, key) => f.count(key, 0)),
    repetitions: fields.maybe("repetitions", (f, key) => f.count(key, 0)),
    shape: shapeOf((key) => fields.maybe(key, (f) => f.any(key))),
  };
  // What is not shown need not be right: a standard deviation, say.
  if (!isShown(identity)) {
    return { ...identity, seconds: null, failure: null, flopRate: null };
  }
  const faults: string[] = [];
  const note = (reason: string) => {
    faults.push(reason);
    return null;
  };
  const failure = readOr(() => failureOf(fields), note);
  const seconds = failure === null ? readOr(() => secondsOf(fields), note) : null;
  const flopRate = readOr(() => fields.maybe("FLOPS", (f, key) => f.number(key, 0)), note);
  return { ...identity, seconds, failure: failure ?? faults[0] ?? null, flopRate };
}

/** An entry of which not even the name can be read. */
function oddEntry(name: string, reason: string): Entry {
  return {
    name,
    runName: name,
    family: "it cannot be read",
    aggregate: null,
    repetition: null,
    repetitions: null,
    seconds: null,
    failure: `it cannot be read: ${reason}`,
    flopRate: null,
    shape: null,
  };
}

function secondsOf(fields: JsonFields): number | null {
  const unit = fields.maybe("time_unit", (f, key) => f.choice(key, units)) ?? "ns";
  return fields.optional("real_time", (f, key) => f.number(key, 0) * unitSeconds[unit]);
}

function failureOf(fields: JsonFields): string | null {
  const text = (key: string) => fields.maybe(key, (f) => f.text(key));
  if (fields.maybe("error_occurred", (f, key) => f.flag(key)) === true) {
    return text("error_message") ?? "failed, with no reason given";
  }
  if (fields.maybe("skipped", (f, key) => f.flag(key)) === true) {
    return `skipped: ${text("skip_message") ?? "no reason given"}`;
  }
  return null;
}

function benchmarkOf(
  name: string,
  group: readonly Entry[],
  seconds: ForeignSeconds | null,
): ForeignBenchmark {
  const nameless = seconds === null && group.some(({ aggregate }) => aggregate === "");
  const failure = group.find((entry) => entry.failure !== null)?.failure ??
    (nameless ? "the file has an aggregate alone, and does not say which" : null) ??
    (group.some((entry) => isShown(entry) && entry.seconds === null)
      ? "a time is NaN or infinite"
      : null);
  const rates = group.flatMap(({ flopRate, aggregate }) =>
    flopRate === null || (aggregate !== null && aggregate !== seconds?.of) ? [] : [flopRate]
  );
  return {
    name,
    group: null,
    baseline: false,
    seconds,
    shape: group[0]?.shape ?? null,
    flopRate: seconds === null || rates.length === 0 ? null : median(rates),
    failure,
  };
}

/** The summary of repetitions; none where one of them has no time. */
function sampled(group: readonly Entry[]): ForeignSeconds | null {
  const samples = group.flatMap(({ seconds }) => seconds ?? []);
  if (samples.length < group.length) return null;
  const { min, max } = rangeOf(samples);
  return { value: median(samples), of: "median", min, max, count: samples.length, samples };
}

/** The median among aggregates, or else the mean. */
function summed(group: readonly Entry[]): ForeignSeconds | null {
  for (const of of shown) {
    const entry = group.find(({ aggregate }) => aggregate === of);
    if (entry?.seconds !== null && entry?.seconds !== undefined) {
      const { seconds: value, repetitions: count } = entry;
      return { value, of, min: null, max: null, count, samples: [] };
    }
  }
  return null;
}

function factsOf(context: JsonFields): [string, string][] {
  return context.names().flatMap((name): [string, string][] => {
    const value = context.any(name);
    return typeof value === "object" ? [] : [[name.replaceAll("_", " "), String(value)]];
  });
}

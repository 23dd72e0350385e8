/**
 * What the numbers say, in sentences: which kernel is fastest, by how much, and
 * whether all of it was verified. The words follow from the data alone, and
 * claim no more than the intervals support.
 *
 * @module
 */
import { asSentence } from "../common/text.ts";
import { geometricMean } from "../statistics/estimators.ts";
import { formatCount, formatInterval, formatRatio } from "../common/numbers.ts";
import { flopsOf, recordOf, verifiedSeconds } from "../results/query.ts";
import type { Results } from "../results/schema.ts";
import { throughput } from "./format.ts";
import { contendersOf, isClear, type Times, timesOf } from "./ranking.ts";
import type { Series } from "./series.ts";

/** How many results were verified, and how many not. */
export interface Verified {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  /** Not checked, because the kernel failed before. */
  readonly errors: number;
  readonly sentence: string;
}

/** Counts the verifications. */
export function verified({ results }: Results): Verified {
  const having = (status: string) =>
    results.filter((result) => result.verification.status === status).length;
  const [total, passed, failed, errors] = [
    results.length,
    having("passed"),
    having("failed"),
    having("error"),
  ];
  const bad = [
    failed > 0 ? `${failed} of ${formatCount(total, "result")} failed verification` : "",
    errors > 0 ? `${errors} of ${formatCount(total, "result")} could not be checked` : "",
  ].filter(Boolean).join("; ");
  const good = total === 0
    ? "No results"
    : total === 1
    ? "The only result passed verification"
    : `All ${total} results passed verification`;
  return { total, passed, failed, errors, sentence: bad || good };
}

/** A kernel's speed as a multiple of another's, on one workload. */
interface SpeedRatio {
  readonly workload: string;
  readonly value: number;
}

/** The lead over `name` on the workloads that both ran, as ratios of medians, which the tables have too. */
interface Lead {
  readonly name: string;
  /** The geometric mean. */
  readonly mean: number;
  readonly least: SpeedRatio;
  readonly greatest: SpeedRatio;
  readonly workloads: number;
}

function leadOver(leader: string, other: string, times: readonly Times[]): Lead | null {
  const ratios = times.flatMap((one): SpeedRatio[] => {
    const [a, b] = [one.on.get(leader), one.on.get(other)];
    if (!a || !b) return [];
    return [{ workload: one.workload.label, value: b.median / a.median }];
  }).toSorted((a, b) => a.value - b.value);
  const [least, greatest] = [ratios[0], ratios.at(-1)];
  if (!least || !greatest) return null;
  const mean = geometricMean(ratios.map(({ value }) => value));
  return { name: other, mean, least, greatest, workloads: ratios.length };
}

/** On how many workloads a kernel's median is the least, and on how many clearly: its interval ends before that of each contender starts, or their paired comparison decides. */
interface Wins {
  readonly name: string;
  readonly wins: number;
  readonly clear: number;
}

function winsOf(name: string, times: readonly Times[]): Wins {
  let [wins, clear] = [0, 0];
  for (const one of times) {
    const { on } = one;
    const own = on.get(name);
    if (!own) continue;
    const contenders = [...on].filter(([other]) => other !== name);
    if (contenders.every(([, contender]) => own.median < contender.median)) {
      wins++;
      if (contenders.every(([other]) => isClear(name, other, one))) clear++;
    }
  }
  return { name, wins, clear };
}

/** Those that are the fastest somewhere, the most frequent first, and on how many workloads there was a choice. */
function rankingByWins(contenders: readonly Series[], times: readonly Times[]) {
  const contested = times.filter(({ on }) => on.size > 1);
  const ranked = contenders.map(({ name }) => winsOf(name, contested))
    .filter(({ wins }) => wins > 0)
    .toSorted((a, b) => b.wins - a.wins);
  return { contested, ranked };
}

const nothingVerified = "No kernel has a verified time, so there is no fastest one.";

/** What is the fastest most often; null where nothing was faster than another. */
export function leaderOf(results: Results): string | null {
  const contenders = contendersOf(results);
  const times = timesOf(results, new Set(contenders.map(({ name }) => name)));
  return rankingByWins(contenders, times).ranked[0]?.name ?? null;
}

/** The answer in a line: what is the fastest here, on how many workloads, and by how much; where that is native code, also what is the fastest of JavaScript and WebAssembly. */
export function headline(results: Results): string {
  const contenders = contendersOf(results);
  if (contenders.length === 0) return nothingVerified;
  const times = timesOf(results, new Set(contenders.map(({ name }) => name)));
  const { contested, ranked } = rankingByWins(contenders, times);
  const [leader, ...others] = ranked;
  if (!leader) return onlySentence(contenders);
  const on = leader.wins < contested.length
    ? `on ${leader.wins} of ${contested.length} workloads`
    : contested.length === 1
    ? "on the one workload"
    : `on all ${contested.length} workloads`;
  const [second] = others;
  if (leader.clear === 0) {
    return `No clear winner here: ${leader.name} leads ${on}, within the noise`;
  }
  const first = `${
    stoppedEarly(results) ? "Stopped early; fastest so far" : "Fastest here"
  }: ${leader.name} ${on}${second ? `, ${second.name} on ${second.wins}` : ""}`;
  const ratioTo = (lead: Lead) => `${formatRatio(lead.mean)}x ${lead.name}`;
  const portable = contenders.filter((one) => isPortable(one, results));
  if (portable.length === 0 || portable.some(({ name }) => name === leader.name)) {
    const [next] = leadsOver(leader.name, contenders, times);
    // What is the fastest most often may be slower on average.
    if (!next || next.mean <= 1) return first;
    return `${first}; ${next.workloads === 1 ? "" : "on average "}${ratioTo(next)}`;
  }
  const best = bestOf(portable, times);
  if (!best) return first;
  const [next] = leadsOver(best.name, portable, times);
  return `${first}; among JavaScript and WebAssembly ${best.name}${
    next ? `, ${ratioTo(next)}` : ""
  }`;
}

function isPortable({ name }: Series, results: Results): boolean {
  const device = recordOf({ kernel: name }, results)?.device ?? "";
  return device === "JavaScript" || device.startsWith("WebAssembly");
}

/** The one of a group that is the fastest of it most often. */
function bestOf(group: readonly Series[], times: readonly Times[]): Wins | null {
  const names = new Set(group.map(({ name }) => name));
  const among = times.map((one) => ({
    ...one,
    on: new Map([...one.on].filter(([name]) => names.has(name))),
  }));
  return rankingByWins(group, among).ranked[0] ?? null;
}

/** The leads over all others, the smallest first. */
function leadsOver(name: string, group: readonly Series[], times: readonly Times[]): Lead[] {
  return group.filter((one) => one.name !== name)
    .flatMap((one) => leadOver(name, one.name, times) ?? [])
    .toSorted((a, b) => a.mean - b.mean);
}

/**
 * The answer, a sentence or a few: what is fastest most often, peers included,
 * its lead over the next and over the slowest, how the fastest kernel and the
 * fastest peer compare, and the highest throughput. Only verified results count.
 */
export function answer(results: Results): readonly string[] {
  const contenders = contendersOf(results);
  if (contenders.length === 0) return [nothingVerified];
  const times = timesOf(results, new Set(contenders.map(({ name }) => name)));
  const { contested, ranked } = rankingByWins(contenders, times);
  const [leader, ...others] = ranked;
  const sentences = leader === undefined ? [onlySentence(contenders)] : [
    leaderSentence(leader, others, contested.length, results.noise?.grade !== "unknown"),
    ...leadSentences(leader.name, contenders, times),
  ];
  return [...sentences, ...peakSentence(results, contenders)];
}

function onlySentence(own: readonly Series[]): string {
  const [first] = own;
  return own.length === 1 && first
    ? `Only ${first.name} has verified times, so there is nothing to compare it with.`
    : "No kernel was faster than another on a workload that both ran.";
}

function leaderSentence(
  { name, wins, clear }: Wins,
  others: readonly Wins[],
  contested: number,
  known: boolean,
): string {
  const on = wins < contested
    ? `on ${wins} of ${contested} workloads`
    : contested === 1
    ? "on the one workload compared"
    : `on all ${contested} workloads`;
  const rest = others.length === 0
    ? ""
    : ` (${others.map((other) => `${other.name} on ${other.wins}`).join(", ")})`;
  const lead = `${name} is the fastest ${on}${rest}`;
  if (!known) return `${lead}; how certainly, too few rounds tell.`;
  if (clear === 0) return `${lead}, but nowhere clearly: the lead is not certain.`;
  return clear === wins
    ? `${lead}, clearly.`
    : `${lead}; clearly on ${clear} of these ${wins}, on the rest the lead is not certain.`;
}

/** The lead over the next fastest and over the slowest; and, where neither is one, over the fastest peer of a kernel, or over the fastest kernel of a peer. */
function leadSentences(
  leader: string,
  contenders: readonly Series[],
  times: readonly Times[],
): readonly string[] {
  const leads = leadsOver(leader, contenders, times);
  const isPeer = new Map(contenders.map(({ name, peer }) => [name, peer]));
  const opposite = leads.find(({ name }) => isPeer.get(name) !== isPeer.get(leader));
  const role = isPeer.get(leader) ? "the fastest kernel, " : "the fastest peer, ";
  return [...new Set([leads[0], leads.at(-1), opposite])].flatMap((lead) =>
    lead ? [leadSentence(leader, lead, lead === opposite ? role : "")] : []
  );
}

function leadSentence(leader: string, other: Lead, role = ""): string {
  const { name, mean, least, greatest, workloads } = other;
  const times = (value: number) => `${formatRatio(value)}x`;
  const lead = `${leader} is ${times(mean)} as fast as ${role}${name}${role && ","}`;
  if (workloads === 1) return `${lead} on ${least.workload}, the only workload of both.`;
  if (times(least.value) === times(greatest.value)) {
    return `${lead} on each of ${workloads} workloads.`;
  }
  return `${lead} in the geometric mean of ${workloads} workloads: from ${times(least.value)} on ` +
    `${least.workload} to ${times(greatest.value)} on ${greatest.workload}.`;
}

function peakSentence(results: Results, contenders: readonly Series[]): readonly string[] {
  const names = new Set(contenders.map((one) => one.name));
  const speeds = results.results.flatMap((result) => {
    const seconds = verifiedSeconds(result);
    return seconds && names.has(result.kernel)
      ? [{ result, speed: throughput(flopsOf(result), seconds) }]
      : [];
  });
  const [best] = speeds.toSorted((a, b) => b.speed.value - a.speed.value);
  if (!best) return [];
  const { value, low, high } = formatInterval(best.speed.value, best.speed.low, best.speed.high);
  return [
    `The highest throughput is ${value} GFLOP/s (${low} to ${high}), ` +
    `by ${best.result.kernel} on ${best.result.workload}.`,
  ];
}

/**
 * Whether a run was stopped so early that something is missing: what was ended
 * after its last round is whole, whatever ended it.
 */
export function stoppedEarly({ partial, results, rounds, launches = 1 }: Results): boolean {
  return partial &&
    (results.length === 0 ||
      results.some((result) =>
        result.verification.status === "passed" && result.roundMedians.length < rounds * launches
      ));
}

/** What a reader should know before trusting the numbers: the cause, and the remedy. */
export function cautions(results: Results): readonly string[] {
  const list: string[] = [];
  if (stoppedEarly(results)) {
    list.push(
      "The run was stopped before its end, so rounds or workloads are missing. " +
        "Repeat the command below to measure all of them.",
    );
  }
  const timed = results.results.filter((result) => verifiedSeconds(result));
  const ranges = timed.filter((result) => result.seconds?.confidence === 0).length;
  if (ranges > 0) {
    list.push(
      `${formatCount(ranges, "result")} ${ranges === 1 ? "has" : "have"} too few rounds for a ` +
        "confidence interval, so the range of the samples stands in its place. " +
        "Measure 6 rounds or more (--rounds 6).",
    );
  }
  const unsettled = timed.filter((result) => result.warmup?.settled === false).length;
  if (unsettled > 0) {
    list.push(
      `Warm-up of ${formatCount(unsettled, "result")} ended before the times had settled, so ` +
        `${unsettled === 1 ? "its speed" : "their speeds"} may be too low. ` +
        "Repeat the run while nothing else uses the machine.",
    );
  }
  for (const text of results.noise?.warnings ?? []) {
    // Each stands in a list, and not behind "Warning:" as in a terminal; but a name stays as it is.
    const named = results.kernels.some(({ name }) => text.startsWith(name));
    list.push(asSentence(named ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`));
  }
  return list;
}

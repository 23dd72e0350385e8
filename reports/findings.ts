/**
 * What the numbers say, in sentences: which kernel is fastest, by how much, and
 * whether all of it was verified. The words follow from the data alone, and
 * claim no more than the intervals support.
 *
 * @module
 */
import { asSentence } from "../common/text.ts";
import { throughput } from "./format.ts";
import { geometricMean } from "../statistics/estimators.ts";
import { formatCount, formatInterval, formatRatio } from "../common/numbers.ts";
import { flopsOf, verdictOf, verifiedSeconds } from "../results/query.ts";
import type { Results, Seconds, VerdictReport } from "../results/schema.ts";
import { resultsBy, type Series, seriesOf, workloadsOf } from "./series.ts";

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

/** The verified times on one workload by kernel. */
interface Times {
  readonly workload: string;
  readonly on: ReadonlyMap<string, Seconds>;
  /** The paired comparisons, which may decide where intervals alone overlap. */
  readonly verdicts: readonly VerdictReport[];
}

/** The time of `slow` as a multiple of that of `fast` by their paired comparison, and whether that decides; null where there is none. */
function pairedRatio(
  fast: string,
  slow: string,
  { verdicts }: Times,
): { readonly ratio: number; readonly decided: boolean } | null {
  for (const { kernel, baseline, ratio, verdict } of verdicts) {
    if (kernel === slow && baseline === fast) return { ratio, decided: verdict === "slower" };
    if (kernel === fast && baseline === slow) {
      return { ratio: 1 / ratio, decided: verdict === "faster" };
    }
  }
  return null;
}

/** A kernel's speed as a multiple of another's, on one workload. */
interface SpeedRatio {
  readonly workload: string;
  readonly value: number;
}

/** The lead over `name` on the workloads that both ran: by their paired comparisons, else as ratios of medians. */
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
    const value = pairedRatio(leader, other, one)?.ratio ?? b.median / a.median;
    return [{ workload: one.workload, value }];
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
      const beats = (other: string) => pairedRatio(name, other, one)?.decided ?? false;
      if (contenders.every(([other, contender]) => own.high < contender.low || beats(other))) {
        clear++;
      }
    }
  }
  return { name, wins, clear };
}

function timesOf(results: Results, names: ReadonlySet<string>): Times[] {
  const resultsOn = resultsBy(results.results);
  return workloadsOf(results.results).map((workload) => {
    const on = new Map<string, Seconds>();
    const verdicts: VerdictReport[] = [];
    for (const result of resultsOn(workload)) {
      const seconds = verifiedSeconds(result);
      if (seconds && names.has(result.kernel)) on.set(result.kernel, seconds);
      const verdict = verdictOf(result, results);
      if (verdict) verdicts.push(verdict);
    }
    return { workload: workload.label, on, verdicts };
  });
}

/**
 * The answer, a sentence or a few: the kernel that is fastest most often, its
 * lead over the next, over the slowest and over the fastest peer, and the highest
 * throughput. Only verified results count.
 */
export function answer(results: Results): readonly string[] {
  const series = seriesOf(results);
  const own = series.filter((one) => !one.peer);
  if (own.length === 0) return ["No kernel has a verified time, so there is no fastest one."];
  const times = timesOf(results, new Set(series.map((one) => one.name)));
  const ownTimes = timesOf(results, new Set(own.map((one) => one.name)));
  const contested = ownTimes.filter(({ on }) => on.size > 1);
  const [leader, ...others] = own.map(({ name }) => winsOf(name, contested))
    .filter(({ wins }) => wins > 0)
    .toSorted((a, b) => b.wins - a.wins);
  const sentences = leader === undefined ? [onlySentence(own)] : [
    leaderSentence(leader, others, contested.length),
    ...leadSentences(leader.name, own, contested),
    ...peerSentence(leader.name, series, times),
  ];
  return [...sentences, ...peakSentence(results, own)];
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
  if (clear === 0) return `${lead}, but nowhere clearly: the lead is not certain.`;
  return clear === wins
    ? `${lead}, clearly.`
    : `${lead}; clearly on ${clear} of these ${wins}, on the rest the lead is not certain.`;
}

/** The lead over the next fastest and over the slowest. */
function leadSentences(
  leader: string,
  own: readonly Series[],
  times: readonly Times[],
): readonly string[] {
  const others = own.filter(({ name }) => name !== leader)
    .flatMap(({ name }) => leadOver(leader, name, times) ?? [])
    .toSorted((a, b) => a.mean - b.mean);
  return [...new Set([others[0], others.at(-1)])]
    .flatMap((other) => other ? [leadSentence(leader, other)] : []);
}

function peerSentence(
  leader: string,
  series: readonly Series[],
  times: readonly Times[],
): readonly string[] {
  const [best] = series.filter((one) => one.peer)
    .flatMap(({ name }) => leadOver(leader, name, times) ?? [])
    .toSorted((a, b) => a.mean - b.mean);
  return best ? [leadSentence(leader, best, "the fastest peer, ")] : [];
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

function peakSentence(results: Results, own: readonly Series[]): readonly string[] {
  const names = new Set(own.map((one) => one.name));
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

/** What a reader should know before trusting the numbers: the cause, and the remedy. */
export function cautions(results: Results): readonly string[] {
  const list: string[] = [];
  if (results.partial) {
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
    list.push(`Warning: ${asSentence(text)}`);
  }
  return list;
}

/**
 * What the numbers say, in sentences: which kernel is fastest, by how much, and
 * whether all of it was verified. The words follow from the data alone, and
 * claim no more than the intervals support.
 *
 * @module
 */
import { throughput } from "./format.ts";
import { formatCount, formatInterval, formatRatio } from "../common/numbers.ts";
import { flopsOf, verdictOf, verifiedSeconds } from "../results/query.ts";
import type { Results, Seconds, VerdictReport } from "../results/schema.ts";
import { resultsBy, type Series, seriesOf, workloadsOf } from "./series.ts";

/** How many results were verified, and how many not. */
export interface Verified {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  /** Not checked, because something broke before. */
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
  /** What two that took turns were found to differ by, which their intervals alone may not show. */
  readonly verdicts: readonly VerdictReport[];
}

/** The time of `slow` as a multiple of that of `fast`, by their comparison turn by turn, and whether it decides; null where there is none. */
function comparison(
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
interface Ratio {
  readonly workload: string;
  readonly value: number;
}

/** How one kernel's speed compares with that of `name` on the workloads both ran: by their comparisons, else as ratios of medians. */
interface Comparison {
  readonly name: string;
  /** The geometric mean. */
  readonly mean: number;
  readonly least: Ratio;
  readonly greatest: Ratio;
  readonly workloads: number;
}

function compare(leader: string, other: string, times: readonly Times[]): Comparison | null {
  const ratios = times.flatMap((one): Ratio[] => {
    const [a, b] = [one.on.get(leader), one.on.get(other)];
    if (!a || !b) return [];
    const value = comparison(leader, other, one)?.ratio ?? b.median / a.median;
    return [{ workload: one.workload, value }];
  }).toSorted((a, b) => a.value - b.value);
  const [least, greatest] = [ratios[0], ratios.at(-1)];
  if (!least || !greatest) return null;
  const logs = ratios.reduce((sum, { value }) => sum + Math.log(value), 0);
  return {
    name: other,
    mean: Math.exp(logs / ratios.length),
    least,
    greatest,
    workloads: ratios.length,
  };
}

/** A kernel wins where its median is the least; clearly, where of each contender its interval ends before the contender's begins, or their comparison says so. */
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
      const beats = (other: string) => comparison(name, other, one)?.decided ?? false;
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
 * lead over the next and over the slowest, the best peer beside it, and the
 * highest throughput. Only verified results count.
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

/** The leader beside the next and beside the slowest. */
function leadSentences(
  leader: string,
  own: readonly Series[],
  times: readonly Times[],
): readonly string[] {
  const others = own.filter(({ name }) => name !== leader)
    .flatMap(({ name }) => compare(leader, name, times) ?? [])
    .toSorted((a, b) => a.mean - b.mean);
  return [...new Set([others[0], others.at(-1)])]
    .flatMap((other) => other ? [compared(leader, other)] : []);
}

function peerSentence(
  leader: string,
  series: readonly Series[],
  times: readonly Times[],
): readonly string[] {
  const [best] = series.filter((one) => one.peer)
    .flatMap(({ name }) => compare(leader, name, times) ?? [])
    .toSorted((a, b) => a.mean - b.mean);
  return best ? [compared(leader, best, "the fastest peer, ")] : [];
}

function compared(leader: string, other: Comparison, role = ""): string {
  const { name, mean, least, greatest, workloads } = other;
  if (workloads === 1) {
    return `Beside ${role}${name}, ${leader} has ${formatRatio(mean)} times the speed on ` +
      `${least.workload}, the one workload of both.`;
  }
  if (formatRatio(least.value) === formatRatio(greatest.value)) {
    return `Beside ${role}${name}, ${leader} has ${formatRatio(mean)} times the speed on each of ` +
      `${workloads} workloads.`;
  }
  return `Beside ${role}${name}, ${leader} has ${formatRatio(mean)} times the speed ` +
    `(geometric mean of ${workloads} workloads), from ${formatRatio(least.value)} times on ` +
    `${least.workload} to ${formatRatio(greatest.value)} times on ${greatest.workload}.`;
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

/** What a reader should know before trusting the numbers: each a sentence. */
export function cautions(results: Results): readonly string[] {
  const list: string[] = [];
  if (results.partial) {
    list.push("The run was stopped before its end: this is what was measured until then.");
  }
  const timed = results.results.filter((result) => verifiedSeconds(result));
  const ranges = timed.filter((result) => result.seconds?.confidence === 0).length;
  if (ranges > 0) {
    list.push(
      `${formatCount(ranges, "result")} ${ranges === 1 ? "has" : "have"} too few rounds for a ` +
        "confidence interval: the range of the samples stands in its place.",
    );
  }
  const unsettled = timed.filter((result) => result.warmup?.settled === false).length;
  if (unsettled > 0) {
    list.push(
      `Warm-up of ${formatCount(unsettled, "result")} ended before the times had settled: ` +
        `${unsettled === 1 ? "its speed" : "their speeds"} may be too low.`,
    );
  }
  return list;
}

/**
 * What the results say beyond medians: how each kernel's tail, and its start,
 * compare with its baseline's, and sentences on tails and leaks. Pure functions of
 * what is in the result file, over all launches.
 *
 * @module
 */
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import type {
  CallTimes,
  KernelRecord,
  Result,
  Results,
  StartVerdictReport,
  TailVerdictReport,
} from "../../results/schema.ts";
import { hodgesLehmann, median } from "../../statistics/estimators.ts";
import { compareTails } from "../../statistics/tail_verdicts.ts";

/** What the comparisons need of a run. */
interface Compared {
  readonly kernels: readonly KernelRecord[];
  readonly results: readonly Result[];
}

/** Which kernel another is compared with; null for none. */
type BaselineOf = (record: KernelRecord) => string | null;

/** Each timed result with that of its baseline. */
function pairsIn({ kernels, results }: Compared, baselineOf: BaselineOf): [Result, Result][] {
  const timed = results.filter((result) => verifiedSeconds(result) !== null);
  return timed.flatMap((result): [Result, Result][] => {
    const record = kernels.find(({ name }) => name === result.kernel);
    const name = record && baselineOf(record);
    const baseline = name &&
      timed.find((other) =>
        other.kernel === name && other.workload === result.workload && other.pass === result.pass
      );
    return baseline ? [[result, baseline]] : [];
  });
}

const idOf = ({ kernel, workload, pass }: Result, baseline: Result) => ({
  kernel,
  baseline: baseline.kernel,
  workload,
  pass,
});

/** The comparisons of tails, of all whose single calls were timed. */
export function tailVerdicts(run: Compared, baselineOf: BaselineOf): TailVerdictReport[] {
  return pairsIn(run, baselineOf).flatMap(([result, baseline]): TailVerdictReport[] => {
    // Within a batch a tail is averaged away: unequal batches say nothing of each other.
    if (result.calls?.batch !== baseline.calls?.batch) return [];
    const before = new Map(
      baseline.calls?.launches.map(({ launch, blocks }, i) => [launch ?? i + 1, blocks]),
    );
    // A launch in which one of the two was not timed has no pairs.
    const pairs = result.calls?.launches.flatMap(({ launch, blocks }, i) => {
      const other = before.get(launch ?? i + 1);
      return other ? [{ before: other, after: blocks }] : [];
    }) ?? [];
    const found = compareTails(
      pairs.map((pair) => pair.before),
      pairs.map((pair) => pair.after),
    );
    if (!found) return [];
    const { weight, verdict, medianEquivalent } = found;
    return [{
      ...idOf(result, baseline),
      ratio: Math.exp(weight.estimate),
      low: Math.exp(weight.low),
      high: Math.exp(weight.high),
      confidence: weight.confidence,
      blocks: found.blocks,
      verdict,
      medianEquivalent,
    }];
  });
}

// First calls vary more than steady ones.
const startMargin = Math.log(1.25);

/** Values of two results, one for each launch of theirs, of the launches that both have; none where a result lacks some, since it is not known which. */
function pairsByLaunch(
  ...[[result, now], [baseline, before]]: readonly [
    readonly [Result, readonly number[]],
    readonly [Result, readonly number[]],
  ]
): [number, number][] {
  const launchesOf = ({ measurements = [] }: Result) =>
    [
      ...new Set(measurements.map(({ launch = 1 }) => launch)),
    ].toSorted((a, b) => a - b);
  const [ours, theirs] = [launchesOf(result), launchesOf(baseline)];
  if (ours.length !== now.length || theirs.length !== before.length) return [];
  return now.flatMap((value, i): [number, number][] => {
    const other = before[theirs.indexOf(ours[i]!)];
    return other === undefined ? [] : [[value, other]];
  });
}

/** The comparisons of starts, a value for each launch; of fewer than six launches no interval, and no verdict, can be had. */
export function startVerdicts(run: Compared, baselineOf: BaselineOf): StartVerdictReport[] {
  const kinds = [["first call", "firstCalls"], ["calls until settled", "settledCalls"]] as const;
  return pairsIn(run, baselineOf).flatMap(([result, baseline]) =>
    kinds.flatMap(([of, field]): StartVerdictReport[] => {
      const [now, before] = [result[field] ?? [], baseline[field] ?? []];
      const pairs = pairsByLaunch([result, now], [baseline, before]);
      const logs = pairs.map(([now, before]) => Math.log(now / before)).filter(Number.isFinite);
      if (logs.length === 0) return [];
      const { estimate, low, high, confidence } = hodgesLehmann(logs);
      const verdict = confidence === 0
        ? "inconclusive"
        : low > startMargin
        ? "slower"
        : high < -startMargin
        ? "faster"
        : low > -startMargin && high < startMargin
        ? "equivalent"
        : "inconclusive";
      return [{
        ...idOf(result, baseline),
        of,
        ratio: Math.exp(estimate),
        low: Math.exp(low),
        high: Math.exp(high),
        confidence,
        launches: logs.length,
        verdict,
      }];
    })
  );
}

/** The fields of one result that launches add to each other; `results` are of the same kernel on the same workload, one for each launch. */
export function mergedCalls(
  results: readonly Result[],
): Pick<Result, "calls" | "leak" | "firstCalls" | "settledCalls"> {
  const calls = results.flatMap(({ calls }) => calls ?? []);
  // Where a call is about as long as the clock can tell, launches may differ in their batches; the most frequent ones count.
  const groups = [...Map.groupBy(calls, ({ batch }) => batch)];
  const [batch, same] = groups.toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const leaks = results.flatMap(({ leak }) => leak ?? []);
  const leak = leaks.find(({ bytesPerCall }) =>
    bytesPerCall === Math.max(...leaks.map(({ bytesPerCall }) => bytesPerCall))
  );
  const joined = (field: "firstCalls" | "settledCalls") => {
    const values = results.flatMap((result) => result[field] ?? []);
    return values.length > 0 ? { [field]: values } : {};
  };
  return {
    ...(batch !== undefined && same &&
      { calls: { batch, launches: same.flatMap(({ launches }) => launches) } }),
    ...(leak && { leak }),
    ...joined("firstCalls"),
    ...joined("settledCalls"),
  };
}

/** p95 as a multiple of p50, the median over the launches; null where none has a p95. */
function tailWeight(calls: CallTimes | undefined): number | null {
  const weights = calls?.launches.flatMap(({ p50, p95 }) => p95 ? [p95.value / p50.value] : []);
  return weights && weights.length > 0 ? median(weights) : null;
}

/** A tail that is worth a sentence by itself. */
const notable = 2;

/** What a reader of medians must be told: tails, calls of two speeds, changes of tails and starts. */
export function tailNotes(
  { results, tailVerdicts: tails = [], startVerdicts: starts = [] }: Pick<
    Results,
    "results" | "tailVerdicts" | "startVerdicts"
  >,
): string[] {
  const of = ({ kernel, workload, pass }: Pick<Result, "kernel" | "workload" | "pass">) =>
    `${kernel} on ${workloadName({ workload, pass })}`;
  return [
    ...results.flatMap((result) => {
      const { calls } = result;
      const weight = tailWeight(calls);
      if (!calls || weight === null || weight < notable) return [];
      const two = calls.launches.every(({ bimodal }) => bimodal) ? "; calls have two speeds" : "";
      return [`tail: p95 is ${formatRatio(weight)}x the median in ${of(result)}${two}`];
    }),
    ...tails.filter(({ verdict }) => verdict === "tail slower" || verdict === "tail faster").map(
      (one) =>
        `${one.medianEquivalent ? "median equivalent, " : ""}${one.verdict}: ${of(one)}, ` +
        `p95/p50 is ${formatRatio(one.ratio)}x that of ${one.baseline}`,
    ),
    ...starts.filter(({ verdict }) => verdict === "slower" || verdict === "faster").map((one) =>
      `${one.of} ${
        one.of === "first call" ? one.verdict : one.verdict === "slower" ? "more" : "fewer"
      }: ` +
      `${of(one)}, ${formatRatio(one.ratio)}x that of ${one.baseline}`
    ),
  ];
}

/** A warning for each leak. */
export function leakWarnings(results: readonly Result[]): string[] {
  return results.flatMap(({ leak, ...result }) =>
    leak
      ? [
        `${result.kernel} on ${workloadName(result)} leaks ${
          formatNumber(leak.bytesPerCall)
        } bytes a call ` +
        `of ${
          leak.of === "kernel" ? "its own memory" : "JavaScript's memory"
        }. Consider disposing ` +
        "of tensors that a call creates, and holding no results of former calls",
      ]
      : []
  );
}

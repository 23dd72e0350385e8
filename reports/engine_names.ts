/**
 * What a page calls a kernel that ran with V8's flags and without: by words, where
 * the result file has the short names of engines. Where the two do not differ by
 * more than noise, one of them stands for both in charts and rankings. Pure functions.
 *
 * @module
 */
import { verifiedSeconds } from "../results/query.ts";
import type { KernelRecord, Results } from "../results/schema.ts";
import { geometricMean } from "../statistics/estimators.ts";
import { floorFor } from "../statistics/noise.ts";
import { baseOf, isPlain } from "./looks.ts";

const engineSuffix = / \((?:plain|revec|own)\)$/;

/** Less of a difference is none, however quiet the run was. */
const leastFloor = 0.03;

/** Of intervals of one and the same code so many may fail to overlap by chance. */
const mayFail = 0.1;

/** The same kernel, version and number of threads, but for V8's flags. */
function sameBut(record: KernelRecord): string {
  const { threads, version, controlOf, peer } = record;
  return JSON.stringify([baseOf(record), threads, version, controlOf !== undefined, peer]);
}

/**
 * Kernels that ran without V8's flags as fast as with them, by the names of the
 * latter: on nine of ten workloads their intervals overlap, and the mean of their
 * ratios is within the noise of the run.
 */
export function sameWithoutFlags(run: Results): ReadonlyMap<string, string> {
  const timed = run.kernels.filter((one) =>
    one.unavailable === null && one.controlOf === undefined
  );
  const same = new Map<string, string>();
  for (const group of Map.groupBy(timed, sameBut).values()) {
    const [flagged] = group.filter((one) => !isPlain(one, run));
    const [plain] = group.filter((one) => isPlain(one, run));
    if (flagged && plain && group.length === 2 && isAlike(flagged, plain, run)) {
      same.set(plain.name, flagged.name);
    }
  }
  return same;
}

function isAlike(a: KernelRecord, b: KernelRecord, { results, noise }: Results): boolean {
  const timesOf = ({ name }: KernelRecord) =>
    new Map(
      results.filter(({ kernel }) => kernel === name).map((one) => [
        JSON.stringify([one.workload, one.pass, one.m, one.n, one.k, one.activation]),
        verifiedSeconds(one),
      ]),
    );
  const others = timesOf(b);
  const pairs = [...timesOf(a)].flatMap(([key, one]) => {
    const other = others.get(key);
    return one && other ? [{ one, other }] : [];
  });
  if (pairs.length === 0) return false;
  const apart = pairs.filter(({ one, other }) => one.low > other.high || other.low > one.high);
  if (apart.length > mayFail * pairs.length) return false;
  const known = noise?.byThreads ?? [];
  const floor = known.length > 0 ? floorFor(known, [a.threads]) : noise?.floor ?? 0;
  const mean = geometricMean(pairs.map(({ one, other }) => one.median / other.median));
  return Math.abs(Math.log(mean)) <= Math.log1p(Math.max(floor, leastFloor));
}

/** The run without the kernels that another stands for. */
export function withoutRepeats(run: Results): Results {
  const same = sameWithoutFlags(run);
  return { ...run, results: run.results.filter(({ kernel }) => !same.has(kernel)) };
}

/** Words that {@linkcode inWords} puts behind a kernel's name. */
const engineWords = / (?:with|without) flags$/;

/**
 * A name and the words for its engine, which are empty where it has none.
 *
 * @example
 * ```ts
 * import { partsOfName } from "./engine_names.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(partsOfName("wasm-simd without flags"), ["wasm-simd", "without flags"]);
 * assertEquals(partsOfName("naive"), ["naive", ""]);
 * ```
 */
export function partsOfName(name: string): readonly [name: string, engine: string] {
  const [words = ""] = engineWords.exec(name) ?? [];
  return [name.slice(0, name.length - words.length), words.slice(1)];
}

/**
 * The run with the engines of its kernels in words: `wasm-simd with flags`, and
 * the name alone where that stands for both. Names that are taken stay as they are.
 *
 * @example
 * ```ts
 * import { inWords } from "./engine_names.ts";
 * import { wholeSample } from "../results/sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const names = inWords(wholeSample()).kernels.map(({ name }) => name);
 * assertEquals(names.some((name) => name.includes("(revec)")), false);
 * ```
 */
export function inWords(run: Results): Results {
  const alone = new Set(sameWithoutFlags(run).values());
  const taken = new Set(run.kernels.map(({ name }) => name));
  const names = new Map<string, string>();
  for (const record of run.kernels) {
    const bare = record.name.replace(engineSuffix, "");
    if (bare === record.name || record.base === undefined) continue;
    const name = alone.has(record.name)
      ? bare
      : `${bare} ${isPlain(record, run) ? "without flags" : "with flags"}`;
    if (!taken.has(name)) names.set(record.name, name);
    taken.add(name);
  }
  if (names.size === 0) return run;
  const nameOf = (name: string) => names.get(name) ?? name;
  const renamed = <T extends { readonly kernel: string }>(one: T): T => ({
    ...one,
    kernel: nameOf(one.kernel),
  });
  const compared = <T extends { readonly kernel: string; readonly baseline: string }>(
    one: T,
  ): T => ({
    ...renamed(one),
    baseline: nameOf(one.baseline),
  });
  const { noise, verdicts, tailVerdicts, startVerdicts, baseline } = run;
  return {
    ...run,
    kernels: run.kernels.map(({ controlOf, ...one }) => ({
      ...one,
      name: nameOf(one.name),
      ...(controlOf !== undefined && { controlOf: nameOf(controlOf) }),
    })),
    results: run.results.map(renamed),
    ...(noise && {
      noise: {
        ...noise,
        warnings: noise.warnings.map((text) => inText(text, names)),
        controls: noise.controls.map(renamed),
      },
    }),
    ...(verdicts && { verdicts: verdicts.map(compared) }),
    ...(tailVerdicts && { tailVerdicts: tailVerdicts.map(compared) }),
    ...(startVerdicts && { startVerdicts: startVerdicts.map(compared) }),
    ...(baseline !== undefined && { baseline: nameOf(baseline) }),
  };
}

/** A sentence with the new names in place of the old ones. */
function inText(text: string, names: ReadonlyMap<string, string>): string {
  return [...names].reduce((said, [old, name]) => said.replaceAll(old, name), text);
}

/**
 * How two runs differ: in machine and software, and, for a result, in where and
 * what it computed. What differs here is said before any ratio of times.
 *
 * @module
 */
import { formatBytes } from "../../common/units.ts";
import type { Environment, Result } from "../../results/schema.ts";

/** Something that is not the same in both files. */
export interface Difference {
  readonly what: string;
  readonly old: string;
  readonly new: string;
}

/** A result with where it was computed. */
export interface Computed {
  readonly name: { readonly engine: string; readonly threads: number };
  readonly device: string;
  readonly result: Result;
}

/** The facts of {@linkcode cellFacts} that say how a kernel ran, not what it computed. */
export const howItRan: readonly string[] = ["engine", "threads", "device"];

/** How machine and software of two runs differ: where they do, times say nothing of the code. */
export function environmentDifferences(old: Environment, now: Environment): Difference[] {
  const facts = ({ cpu, cores, arch, os, deno, v8, memory }: Environment) => ({
    processor: cpu,
    cores: String(cores),
    memory: formatBytes(memory),
    architecture: arch,
    "operating system": os,
    Deno: deno,
    V8: v8,
  });
  // The part of the memory that the system reserves varies a little.
  const alike = Math.abs(old.memory - now.memory) <= 0.02 * old.memory;
  const differences = differencesOf(
    facts(old),
    facts(alike ? { ...now, memory: old.memory } : now),
  );
  return [...differences, ...stateDifferences(old, now)];
}

/** How the limits of two runs differ, of what both files say: older ones, and those of other systems, say nothing. */
function stateDifferences(old: Environment, now: Environment): Difference[] {
  const names = [
    ["governor", "governor"],
    ["hypervisor", "hypervisor"],
    ["cpuset", "processors allowed"],
    ["cpuQuota", "processor quota"],
  ] as const;
  return names.flatMap(([key, what]) => {
    const [before, after] = [old[key], now[key]];
    if (before === undefined || after === undefined || before === after) return [];
    return [{ what, old: String(before), new: String(after) }];
  });
}

/** What must be the same of two results: where and what they computed. */
export function cellFacts({ name, device, result }: Computed): Record<string, string> {
  const { m, n, k, activation, bias, layers = [], steps = [] } = result;
  return {
    engine: name.engine,
    threads: String(name.threads),
    device,
    "m x n x k": `${m} x ${n} x ${k}`,
    activation,
    bias: String(bias),
    caches: result.cold ? "cold" : "warm",
    layers:
      layers.map(({ n, k, activation, bias = true, rows = 1 }) =>
        `${k} to ${n} ${activation}${bias ? "" : " without bias"}${
          rows === 1 ? "" : ` of ${rows} rows`
        }`
      ).join(", ") || "one",
    steps: steps.join(", ") || "its layers",
  };
}

/** Which of the named facts differ. */
export function differencesOf(
  old: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Difference[] {
  return Object.entries(old).flatMap(([what, value]) =>
    now[what] === value ? [] : [{ what, old: value, new: now[what] ?? "" }]
  );
}

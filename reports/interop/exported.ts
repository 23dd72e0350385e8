/**
 * What is exported to other tools: every verified time under a name that stays
 * the same from run to run, since these tools know a benchmark by its name
 * alone. What failed or was not timed is left out: their readers would take a
 * missing time for 0.
 *
 * @module
 */
import { UsageError } from "../../common/command.ts";
import { cleanResults } from "../../results/clean.ts";
import type { Result, Results, Seconds } from "../../results/schema.ts";
import { verifiedSeconds, withoutControls } from "../../results/query.ts";

/** A verified time and the name it goes by in other tools. */
export interface Exported {
  /** `kernel/workload`, and `/pass` where that is not forward. */
  readonly name: string;
  readonly result: Result;
  readonly seconds: Seconds;
  readonly gflops: number;
  readonly threads: number;
  readonly engine: string;
}

/**
 * The verified times with their samples, and the names of what is left out.
 * Texts are cleaned.
 *
 * @throws {UsageError} where there is none.
 */
export function exportedOf(
  results: Results,
): { results: Results; exported: readonly Exported[]; left: readonly string[] } {
  const clean = cleanResults(results);
  const records = new Map(clean.kernels.map((kernel) => [kernel.name, kernel]));
  const own = withoutControls(clean);
  const names = namesOf(own);
  const left: string[] = [];
  const exported = own.flatMap((result, i): Exported[] => {
    const name = names[i] ?? "";
    const seconds = verifiedSeconds(result);
    if (seconds !== null && result.gflops !== null && result.roundMedians.length > 0) {
      return [{
        name,
        result,
        seconds,
        gflops: result.gflops,
        threads: records.get(result.kernel)?.threads ?? 0,
        engine: records.get(result.kernel)?.engine ?? clean.engine,
      }];
    }
    left.push(name);
    return [];
  });
  if (exported.length === 0) throw new UsageError("there is no verified time to export");
  return { results: clean, exported, left };
}

/** A name for each result: unlike where the results are, by shape and activation or by a number. */
function namesOf(results: readonly Result[]): string[] {
  const short = results.map(({ kernel, workload, pass }) =>
    [kernel, workload, ...(pass === "forward" ? [] : [pass])].join("/")
  );
  const shared = countOf(short);
  const long = results.map(({ m, n, k, activation }, i) => {
    const name = short[i] ?? "";
    return shared.get(name) === 1 ? name : `${name}/${m}x${n}x${k}/${activation}`;
  });
  const taken = new Set<string>();
  return long.map((name) => {
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name} (${i})`;
    taken.add(free);
    return free;
  });
}

function countOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

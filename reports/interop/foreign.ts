/**
 * The result files of other tools in one form: names, times, and what they say of
 * the machine. Nothing of it was verified here, and most of it has no
 * shape of a layer, so that it is shown beside the results and never among them.
 *
 * @module
 */
import { cleanText } from "../../common/text.ts";
import { cleaned, mostOfLine } from "../../results/clean.ts";
import { flopsOf } from "../../results/query.ts";

/** A tool whose result files are read. */
export type ForeignTool = "Google Benchmark" | "hyperfine" | "deno bench";

/** What one file of another tool holds. */
export interface ForeignRun {
  readonly tool: ForeignTool;
  /** What the file says of machine and software, as names and values. */
  readonly facts: readonly (readonly [string, string])[];
  readonly benchmarks: readonly ForeignBenchmark[];
}

/** One benchmark of another tool. */
export interface ForeignBenchmark {
  readonly name: string;
  readonly group: string | null;
  /** Whether the others of its group are measured by it. */
  readonly baseline: boolean;
  /** Of one call; null where the file has no time. */
  readonly seconds: ForeignSeconds | null;
  /** The layer's shape, where the file gives m, n and k. */
  readonly shape: { readonly m: number; readonly n: number; readonly k: number } | null;
  /** Floating-point operations in a second, where the file counts them itself. */
  readonly flopRate: number | null;
  /** What went wrong, or null. */
  readonly failure: string | null;
}

/** A time as another tool sums it up. */
export interface ForeignSeconds {
  readonly value: number;
  /** What the value is of the samples. */
  readonly of: "median" | "mean";
  /** The range of the samples, which is no confidence interval; null where the file does not say. */
  readonly min: number | null;
  readonly max: number | null;
  /** How many samples there were; null where the file does not say. */
  readonly count: number | null;
  /** The samples; none where the file has only their summary. */
  readonly samples: readonly number[];
}

/** Billions of floating-point operations in a second: what the file counts itself, else 2·m·n·k by the time where the shape is known; null where neither is. */
export function foreignGflops({ seconds, shape, flopRate }: ForeignBenchmark): number | null {
  if (flopRate !== null) return flopRate / 1e9;
  return shape !== null && seconds !== null && seconds.value > 0
    ? flopsOf(shape) / seconds.value / 1e9
    : null;
}

/** The same with every text made safe to show; names that differ stay different. */
export function cleanForeign(run: ForeignRun): ForeignRun {
  const names = { name: "benchmark", group: "group" };
  return {
    ...cleaned(run, { lines: ["failure"], commands: [], names }),
    facts: run.facts.map(([name, value]) => [cleanText(name), cleanText(value, mostOfLine)]),
  };
}

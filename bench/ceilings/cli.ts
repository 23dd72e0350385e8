/**
 * `deno task ceilings`: what this machine and engine can do at best, as a
 * table. The bench measures the same in every run.
 *
 * @module
 */
import { bold, dim, yellow } from "@std/fmt/colors";
import {
  defineCommand,
  interruptible,
  type Options,
  print,
  printError,
  runCommand,
  textOf,
  warningLine,
  wholeNumberOf,
  writeProgress,
} from "../../common/command.ts";
import { formatNumber } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { readEngine } from "../../results/environment.ts";
import { expectWritable, writeWhole } from "../../results/files.ts";
import type { Ceiling } from "../../results/schema.ts";
import { expectWorkers } from "../../verify/worker_permission.ts";
import { threadCountsOf } from "../plan.ts";
import { type Ceilings, measureCeilings } from "./measure.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task ceilings [options]",
  summary: "Measures what this machine and engine can do at best: multiply-adds and reading.",
  options: {
    threads: {
      value: "A,B",
      help: "Measure on each of these numbers of threads. Default: 1, and one for each processor.",
    },
    seconds: {
      value: "N",
      help: "Start no new round after N seconds, from 1 to 600. Default: 6.",
    },
    rounds: {
      value: "N",
      help: "Measure at most N interleaved rounds, from 1 to 1000. Default: 10.",
    },
    json: {
      value: "FILE",
      help: "Also write the ceilings with all samples to FILE. Default: the table alone.",
    },
  },
  notes: [
    "A peak is the speed of a loop of nothing but multiply-adds, a bandwidth that of the fastest",
    "of several ways to read.",
  ],
  run: (given) => interruptible((signal) => run(given, signal)),
});

/** The ceilings as text for a terminal, arithmetic first. */
export function formatCeilings({ ceilings, missing }: Ceilings): string {
  const header = ["", "threads", "median", "interval", "best", "", "measured by"];
  const cells = (ceiling: Ceiling): string[] => {
    const [median, low, high, best] = [ceiling.median, ceiling.low, ceiling.high, ceiling.best]
      .map((rate) => formatNumber(rate));
    const interval = `${low} to ${high}${ceiling.confidence === 0 ? " (range)" : ""}`;
    return [
      ceiling.id,
      String(ceiling.threads),
      median!,
      interval,
      best!,
      ceiling.unit,
      ceiling.what,
    ];
  };
  const rows = ceilings.toSorted((a, b) => b.kind.localeCompare(a.kind)).map(cells);
  const [head = "", ...lines] = alignColumns([header, ...rows], [1, 2, 4]);
  return [
    dim(head),
    ...lines,
    ...missing.map((reason) => warningLine(`a ceiling was not measured, ${reason}`)),
  ].join("\n");
}

/** Measures and prints; the exit code is 1 where nothing could be measured. */
async function run(given: Options, signal: AbortSignal): Promise<number> {
  const threads = threadCountsOf(given);
  const seconds = wholeNumberOf(given, "seconds", { low: 1, high: 600, otherwise: 6 });
  const rounds = wholeNumberOf(given, "rounds", { low: 1, high: 1000, otherwise: 10 });
  const json = textOf(given, "json");
  if (json) await expectWritable(json);
  expectWorkers(new URL("worker.ts", import.meta.url), "the measurements");
  const terminal = Deno.stderr.isTerminal();
  const show = (text: string) => terminal && writeProgress(`\r\x1b[2K${text}`);
  const found = await measureCeilings({
    ...threads ? { threads } : {},
    seconds,
    rounds,
    signal,
    onProgress: (done, label) => show(`${Math.floor(100 * done)} %  ${label}`),
  }).finally(() => show(""));
  print(bold(`engine ${readEngine()}`));
  print(formatCeilings(found));
  if (json) await writeWhole(json, JSON.stringify(found, null, 2) + "\n");
  if (signal.aborted) printError(yellow("stopped early: the table is partial"));
  return found.ceilings.length > 0 && !signal.aborted ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

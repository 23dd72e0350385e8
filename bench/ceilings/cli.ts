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
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { readEngine } from "../../results/environment.ts";
import { writeWhole } from "../../results/files.ts";
import { significant } from "../../reports/format.ts";
import type { Ceiling } from "../../results/schema.ts";
import { type Ceilings, measureCeilings } from "./measure.ts";

const most = 64;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task ceilings [options]",
  summary: "Measures what this machine and engine can do at best: multiply-adds and reading.",
  options: {
    threads: { value: "A,B", help: "numbers of threads; default 1 and all processors" },
    seconds: { value: "N", help: "no new round begins after N seconds, 1 to 600; default 6" },
    rounds: { value: "N", help: "interleaved rounds, 1 to 1000; default 10" },
    json: { value: "FILE", help: "write the ceilings to a file too, all samples included" },
  },
  notes: [
    "Peaks are of loops of nothing but multiply-adds, bandwidths of the fastest of several ways to read.",
  ],
  run: (given) => interruptible((signal) => run(given, signal)),
});

/** The ceilings as text for a terminal, arithmetic first. */
export function formatCeilings({ ceilings, missing }: Ceilings): string {
  const header = ["", "threads", "median", "interval", "best", "", "measured by"];
  const cells = (ceiling: Ceiling): string[] => {
    const [median, low, high, best] = [ceiling.median, ceiling.low, ceiling.high, ceiling.best]
      .map((rate) => significant(rate, 3));
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
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      [1, 2, 4].includes(column)
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0)
    ).join("  ").trimEnd();
  return [
    dim(line(header)),
    ...rows.map(line),
    ...missing.map((reason) => yellow(`not measured: ${reason}`)),
  ].join("\n");
}

function threadsOf(text: string | undefined): number[] | undefined {
  return text?.split(",").map((part) => {
    const count = /^\d+$/.test(part.trim()) ? Number(part) : NaN;
    if (!(count >= 1 && count <= most)) {
      throw new UsageError(
        `--threads must be whole numbers from 1 to ${most}, separated by commas; got ${
          JSON.stringify(text)
        }`,
      );
    }
    return count;
  });
}

/** Measures and prints; the exit code is 1 where nothing could be measured. */
async function run(given: Options, signal: AbortSignal): Promise<number> {
  const threads = threadsOf(textOf(given, "threads"));
  const seconds = wholeNumberOf(given, "seconds", { low: 1, high: 600, otherwise: 6 });
  const rounds = wholeNumberOf(given, "rounds", { low: 1, high: 1000, otherwise: 10 });
  const json = textOf(given, "json");
  const terminal = Deno.stderr.isTerminal();
  const show = (text: string) =>
    terminal && void Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${text}`));
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
  if (signal.aborted) printError(yellow("stopped early"));
  return found.ceilings.length > 0 && !signal.aborted ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

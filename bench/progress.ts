/**
 * What a person sees while the bench runs: on a terminal a bar with the time
 * left and a line for each kernel, rewritten in place; elsewhere a plain line
 * for each new step, and the first times on each workload as soon as they are
 * known.
 *
 * @module
 */
import { cutToWidth } from "../common/width.ts";
import { formatTime, formatTimeLeft } from "../common/units.ts";
import type { RunProgress } from "./run/clock.ts";

/** The most lines of kernels. */
const mostLines = 12;

/** Something that text can be written to. */
export interface Writer {
  write(text: string): void;
  /** Columns of the terminal, 1 or more; null where there is none. */
  readonly columns: number | null;
}

/** A display of progress. */
export interface Display {
  show(progress: RunProgress): void;
  /** Removes what is rewritten in place. */
  end(): void;
}

/** The display that fits the writer. */
export function createDisplay(
  writer: Writer,
  rounds: number,
  now: () => number = () => performance.now(),
): Display {
  return writer.columns === null
    ? plainDisplay(writer, rounds)
    : barDisplay(writer, writer.columns, rounds, now);
}

function stepOf({ phase, round, label }: RunProgress, rounds: number): string {
  if (phase === "start") return `start ${label}`;
  if (phase === "download") return `download ${label}`;
  if (phase === "ceilings") return `measure what the machine can do at best: ${label}`;
  if (phase === "prepare") return `verify and warm up ${label}`;
  return phase === "again" ? `round ${round} again: ${label}` : `round ${round}/${rounds} ${label}`;
}

/** A line for each kernel on the workload at hand, below the bar; both are rewritten in place. */
function barDisplay(
  writer: Writer,
  columns: number,
  rounds: number,
  now: () => number,
): Display {
  const width = 24;
  let last = -Infinity;
  let below = 0;
  const cut = (text: string) => cutToWidth(text, columns - 1);
  const clear = () => {
    // Up to the first of the lines, then everything from there on is erased.
    writer.write(`\r${below > 0 ? `\x1b[${below}A` : ""}\x1b[0J`);
    below = 0;
  };
  return {
    show: (progress) => {
      if (now() - last < 50) return;
      last = now();
      const filled = Math.round(progress.done * width);
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      const percent = `${Math.floor(progress.done * 100)} %`.padStart(5);
      const line = `${bar} ${percent}  ${formatTimeLeft(progress.secondsLeft)} left  ${
        stepOf(progress, rounds)
      }`;
      const times = (progress.times ?? []).slice(0, mostLines).map(({ kernel, seconds }) =>
        `  ${formatTime(seconds).padStart(8)}  ${kernel}`
      );
      clear();
      writer.write([line, ...times].map(cut).join("\n"));
      below = times.length;
    },
    end: clear,
  };
}

/** Lines that stay: one for each step, and while workloads are prepared one for each with the first times on it. */
function plainDisplay(writer: Writer, rounds: number): Display {
  let last = "";
  let first: { readonly workload: string; readonly times: string } | null = null;
  const endWorkload = (secondsLeft: number | null) => {
    if (first === null || first.times === "") return;
    const left = secondsLeft === null ? "" : `; about ${formatTimeLeft(secondsLeft)} left`;
    writer.write(`  ${first.workload}: ${first.times}${left}\n`);
    first = null;
  };
  return {
    show: (progress) => {
      const { phase, round, label, secondsLeft, times = [] } = progress;
      // Over in a moment.
      if (phase === "start") return;
      if (phase === "prepare") {
        const workload = label.split(" on ").at(-1) ?? label;
        if (first?.workload !== workload) endWorkload(secondsLeft);
        const shown = times.map(({ kernel, seconds }) => `${kernel} ${formatTime(seconds)}`);
        first = { workload, times: shown.join(", ") };
      } else endWorkload(secondsLeft);
      const step = phase === "ceilings"
        ? "measure what the machine can do at best"
        : phase === "download"
        // Without how much of it there is: that would be a line for each package.
        ? `download ${label.split(":")[0]}`
        : phase === "prepare"
        ? "verify each output and warm up; first times of a call"
        : phase === "again"
        ? "measure again the rounds in which the machine was disturbed"
        : `round ${round}/${rounds}`;
      if (step === last) return;
      last = step;
      const left = phase === "download" || phase === "prepare"
        ? ""
        : `, about ${formatTimeLeft(secondsLeft)} left`;
      writer.write(`${step}${left}\n`);
    },
    end: () => endWorkload(null),
  };
}

/**
 * What a person sees while the bench runs: on a terminal a bar with the time
 * left and a line for each kernel, rewritten in place; elsewhere a plain line
 * for each new step.
 *
 * @module
 */
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
  const cut = (text: string) => text.slice(0, columns - 1);
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

function plainDisplay(writer: Writer, rounds: number): Display {
  let last = "";
  return {
    show: (progress) => {
      const { phase, round, label, secondsLeft } = progress;
      // Over in a moment, unless a library must be downloaded.
      if (phase === "start") return;
      const workload = label.split(" on ").at(-1);
      const step = phase === "ceilings"
        ? "measure what the machine can do at best"
        : phase === "prepare"
        ? `verify and warm up ${workload}`
        : phase === "again"
        ? "measure again the rounds in which the machine was disturbed"
        : `round ${round}/${rounds}`;
      if (step === last) return;
      last = step;
      writer.write(`${step}, about ${formatTimeLeft(secondsLeft)} left\n`);
    },
    end: () => {},
  };
}

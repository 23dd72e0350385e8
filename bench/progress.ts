/**
 * What a person sees while the bench runs: on a terminal one line that is
 * rewritten, with a bar and the time left; elsewhere a plain line for each step
 * of the work that is new.
 *
 * @module
 */
import type { Progress } from "./runner.ts";

/** Something that text can be written to. */
export interface Writer {
  write(text: string): void;
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
}

/** A display of progress. */
export interface Display {
  show(progress: Progress): void;
  /** Removes the line, where there is one. */
  end(): void;
}

/** Seconds as minutes and seconds: 1:05. */
export function formatMinutes(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
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

function stepOf({ phase, round, label }: Progress, rounds: number): string {
  return phase === "prepare" ? `check and warm up ${label}` : `round ${round}/${rounds} ${label}`;
}

function barDisplay(
  writer: Writer,
  columns: number,
  rounds: number,
  now: () => number,
): Display {
  const width = 24;
  let last = -Infinity;
  return {
    show: (progress) => {
      if (now() - last < 50) return;
      last = now();
      const filled = Math.round(progress.done * width);
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      const percent = `${Math.floor(progress.done * 100)} %`.padStart(5);
      let line = `${bar} ${percent}  ${formatMinutes(progress.secondsLeft)} left  ${
        stepOf(progress, rounds)
      }`;
      while (line.length >= columns) line = line.slice(0, -1);
      writer.write(`\r\x1b[2K${line}`);
    },
    end: () => writer.write("\r\x1b[2K"),
  };
}

function plainDisplay(writer: Writer, rounds: number): Display {
  let last = "";
  return {
    show: (progress) => {
      const { phase, round, label, secondsLeft } = progress;
      const workload = label.split(" on ").at(-1);
      const step = phase === "prepare"
        ? `check and warm up ${workload}`
        : `round ${round}/${rounds}`;
      if (step === last) return;
      last = step;
      writer.write(`${step}, about ${formatMinutes(secondsLeft)} left\n`);
    },
    end: () => {},
  };
}

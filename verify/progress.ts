/**
 * One line of progress on a terminal, for several tasks at once, with the time
 * that is left; nothing where standard error is not a terminal.
 *
 * @module
 */
import { writeProgress } from "../common/command.ts";
import { formatTimeLeft } from "../common/units.ts";
import type { TaskProgress } from "./tasks.ts";

/** Milliseconds between two updates. */
const interval = 100;

/** The line of progress. */
export interface ProgressLine {
  /** Shows where one task is. */
  readonly show: (name: string, progress: TaskProgress) => void;
  /** Shows a text. */
  readonly say: (text: string) => void;
  /** Removes the line, so that something else can be printed. */
  readonly clear: () => void;
}

/** How many seconds are left, by the share of all cases that is done; null before that can be told. */
export function secondsLeft(
  tasks: Iterable<Pick<TaskProgress, "done" | "of">>,
  elapsed: number,
): number | null {
  let [done, of] = [0, 0];
  for (const task of tasks) {
    done += task.done;
    of += task.of;
  }
  return elapsed < 1 || done === 0 ? null : elapsed * (of - done) / done;
}

/** A line on standard error. */
export function createProgress(
  write: (text: string) => void = writeProgress,
  columns: number | null = Deno.stderr.isTerminal() ? Deno.consoleSize().columns || null : null,
): ProgressLine {
  const tasks = new Map<string, TaskProgress>();
  const start = performance.now();
  let last = -Infinity;
  const say = (text: string) => {
    if (columns === null || performance.now() - last < interval) return;
    last = performance.now();
    write(`\r\x1b[2K${text.slice(0, columns - 1)}`);
  };
  return {
    say,
    show: (name, progress) => {
      tasks.set(name, progress);
      const left = secondsLeft(tasks.values(), (performance.now() - start) / 1e3);
      const open = [...tasks].filter(([, { done, of }]) => done + 1 < of);
      const each = open.map(([task, { at, done, of }]) => `${task} ${at} ${done}/${of}`);
      say(`${left === null ? "" : `${formatTimeLeft(left)} left  `}${each.join("  ")}`);
    },
    clear: () => {
      if (columns !== null) write("\r\x1b[2K");
    },
  };
}

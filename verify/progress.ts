/**
 * One line of progress on a terminal, for several tasks at once, with the time
 * that is left; where standard error is not a terminal nothing, or a line now and
 * then.
 *
 * @module
 */
import { writeProgress } from "../common/command.ts";
import { formatTimeLeft } from "../common/units.ts";
import type { TaskProgress } from "./tasks.ts";

/** Milliseconds between two updates. */
const interval = 100;

/** Milliseconds between two lines that stay. */
const linesInterval = 5000;

/** The share of all cases before which they say little of how long the others take. */
const leastShare = 0.02;

/** A task that is shown: what is done of it, and the seconds since it began. */
export interface ShownTask extends Pick<TaskProgress, "done" | "of"> {
  readonly elapsed: number;
}

/** How many seconds are left by the share that is done of so many cases; null before that can be told. */
function leftOf({ done, of, elapsed }: ShownTask): number | null {
  return elapsed < 1 || done === 0 || done < leastShare * of ? null : elapsed * (of - done) / done;
}

/** The line of progress. */
export interface ProgressLine {
  /** Shows where one task is. */
  readonly show: (name: string, progress: TaskProgress) => void;
  /** Shows a text. */
  readonly say: (text: string) => void;
  /** Removes the line, so that something else can be printed. */
  readonly clear: () => void;
}

/**
 * How many seconds are left, by the share of all cases that is done, and as many at least as any
 * task needs at its own pace: a case of one may take as long as a hundred of another. Null before
 * that can be told.
 */
export function secondsLeft(tasks: readonly ShownTask[], elapsed: number): number | null {
  const sum = (of: (task: ShownTask) => number) =>
    tasks.reduce((total, task) => total + of(task), 0);
  const all = leftOf({ done: sum(({ done }) => done), of: sum(({ of }) => of), elapsed });
  return all && tasks.filter(isOpen).reduce<number | null>((most, task) => {
    const own = leftOf(task);
    return most === null || own === null ? null : Math.max(most, own);
  }, all);
}

/** Whether more than the last case of a task is to be done. */
function isOpen({ done, of }: Pick<TaskProgress, "done" | "of">): boolean {
  return done + 1 < of;
}

/**
 * A line on standard error.
 *
 * @param columns of the terminal; null where there is none
 * @param lines whether lines are written where there is no terminal, one every five seconds
 */
export function createProgress(
  write: (text: string) => void = writeProgress,
  columns: number | null = Deno.stderr.isTerminal() ? Deno.consoleSize().columns || null : null,
  { lines = false, now = () => performance.now() }: {
    readonly lines?: boolean;
    readonly now?: () => number;
  } = {},
): ProgressLine {
  const tasks = new Map<string, TaskProgress & { readonly begun: number }>();
  const start = now();
  // The first line that stays would come before anything can be said of the time left.
  let last = columns === null ? start : -Infinity;
  const say = (text: string) => {
    if (columns === null && (!lines || text === "")) return;
    if (now() - last < (columns === null ? linesInterval : interval)) return;
    last = now();
    write(columns === null ? `  ${text}\n` : `\r\x1b[2K${text.slice(0, columns - 1)}`);
  };
  return {
    say,
    show: (name, progress) => {
      tasks.set(name, { ...progress, begun: tasks.get(name)?.begun ?? now() });
      const since = (time: number) => (now() - time) / 1e3;
      const shown = [...tasks.values()].map(({ begun, ...rest }) => ({
        ...rest,
        elapsed: since(begun),
      }));
      const left = secondsLeft(shown, since(start));
      const open = [...tasks].filter(([, task]) => isOpen(task));
      const each = open.map(([task, { at, done, of }]) => `${task} ${at} ${done}/${of}`);
      const when = left === null || each.length === 0 ? [] : [`${formatTimeLeft(left)} left`];
      say([...when, ...each].join("  "));
    },
    clear: () => {
      if (columns !== null) write("\r\x1b[2K");
    },
  };
}

/**
 * What asks a process to end, and a process that pays no heed to it because the
 * command that started it says when it does.
 *
 * @module
 */

type Ending = readonly [name: Deno.Signal, number: number];

const hangUp: Ending = ["SIGHUP", 1];

/** The signals with their numbers of Ctrl-C and, where there is one, of a system or a job. */
const usual: readonly Ending[] = Deno.build.os === "windows"
  ? [["SIGINT", 2]]
  : [["SIGINT", 2], ["SIGTERM", 15]];

/**
 * What asks this process to end. That its terminal is gone does only where it has one: what
 * nohup started pays no heed to that signal, and to listen for it would undo that.
 */
export const endings: readonly Ending[] = Deno.build.os !== "windows" && Deno.stderr.isTerminal()
  ? [...usual, hangUp]
  : usual;

/** Has this process pay no heed to what asks a whole group of processes to end: the command that started it says when it does. */
export function leaveEndToParent(): void {
  const all = Deno.build.os === "windows" ? usual : [...usual, hangUp];
  for (const [name] of all) Deno.addSignalListener(name, () => {});
}

/**
 * What asks a process to end, and a process that pays no heed to it because the
 * command that started it says when it does.
 *
 * @module
 */

/** The signals with their numbers: Ctrl-C and, where there is one, what a system or a job sends. */
export const endings: readonly (readonly [name: Deno.Signal, number: number])[] =
  Deno.build.os === "windows" ? [["SIGINT", 2]] : [["SIGINT", 2], ["SIGTERM", 15]];

/** Has this process pay no heed to what asks a whole group of processes to end: the command that started it says when it does. */
export function leaveEndToParent(): void {
  for (const [name] of endings) Deno.addSignalListener(name, () => {});
}

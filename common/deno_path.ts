/**
 * Which Deno a command starts for a process of its own.
 *
 * @module
 */

/** This very Deno if it may be run, else the one that PATH names `deno`; the tasks allow the latter alone. */
export function denoPath(): string {
  const command = Deno.execPath();
  return Deno.permissions.querySync({ name: "run", command }).state === "granted"
    ? command
    : "deno";
}

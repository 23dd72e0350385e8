/**
 * Whether a stream takes colours: a terminal does, a file or a pipe does not,
 * unless FORCE_COLOR says so (force-color.org); NO_COLOR (no-color.org) keeps
 * them from being made at all, and gives way to FORCE_COLOR, as in Deno and Node.
 *
 * @module
 */
import { stripAnsiCode } from "@std/fmt/colors";

/** What FORCE_COLOR says; null where it is not set, or may not be read without a prompt. */
function forced(): boolean | null {
  const variable = "FORCE_COLOR";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return null;
  const value = Deno.env.get(variable);
  return value ? value !== "0" && value !== "false" : null;
}

/** A text as it may be written to a stream: as it is, or without colours where that takes none. */
export function forStream(text: string, stream: { isTerminal(): boolean }): string {
  return forced() ?? stream.isTerminal() ? text : stripAnsiCode(text);
}

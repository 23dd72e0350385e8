/**
 * Whether a program may read what a package reads by itself. Some packages,
 * refused a file, abort with lines of their own or try again for ever; said
 * first, it is one line.
 *
 * @module
 */
import { UsageError } from "./command.ts";

/**
 * Refuses to go on where a file may not be read.
 *
 * @param what The file in words, as the message begins: `the WebAssembly of TensorFlow.js`.
 * @throws {UsageError} with the permission that it takes.
 */
export function expectReadable(
  file: URL,
  what: string,
  { permissions }: Pick<typeof Deno, "permissions"> = Deno,
): void {
  if (permissions.querySync({ name: "read", path: file }).state === "granted") return;
  throw new UsageError(`${what} is read from a file, which takes the permission --allow-read`);
}

/**
 * The errors that Densemark throws on purpose. Each message is one line that
 * says what was wrong and what is allowed; anything else that is thrown is a bug
 * in Densemark.
 *
 * @module
 */

/**
 * The class that every deliberate error of Densemark extends, so that one
 * `instanceof` tells them from bugs.
 *
 * @example Telling a mistake in a call from a bug
 * ```ts
 * import { createKernel, DensemarkError } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * try {
 *   kernel.tensor([2, -1]);
 *   throw new Error("-1 is no length");
 * } catch (error) {
 *   if (!(error instanceof DensemarkError)) throw error;
 * }
 * ```
 */
export class DensemarkError extends Error {
  /** The name of the class. */
  override name = "DensemarkError";
}

/** An argument that is not allowed: an unknown name, a number out of range. */
export class ArgumentError extends DensemarkError {
  /** The name of the class. */
  override name = "ArgumentError";
}

/** Tensors whose shapes do not fit together, or data that does not fit a shape. */
export class ShapeError extends DensemarkError {
  /** The name of the class. */
  override name = "ShapeError";
}

/** A tensor, layer or kernel that is used after disposal, or with a kernel that does not own it. */
export class OwnershipError extends DensemarkError {
  /** The name of the class. */
  override name = "OwnershipError";
}

/** A kernel that this machine cannot run; the message says why. */
export class KernelUnavailableError extends DensemarkError {
  /** The name of the class. */
  override name = "KernelUnavailableError";
}

/** A kernel's memory has no room for a tensor. Nothing was lost, and disposing others makes room. */
export class MemoryError extends DensemarkError {
  /** The name of the class. */
  override name = "MemoryError";
}

/** A thread of a kernel that failed or ended. The kernel cannot compute any more; its tensors can still be read. */
export class WorkerError extends DensemarkError {
  /** The name of the class. */
  override name = "WorkerError";
}

/** A GPU that refused or lost work; the message says which, and what the driver said. After a loss the kernel cannot compute any more, but another can be made. */
export class DeviceError extends DensemarkError {
  /** The name of the class. */
  override name = "DeviceError";
}

/** Whatever was thrown, with the name of its class if it is an error: `TypeError: no such method`. It may itself throw when it is made a text. */
export function thrownText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "what is no text";
  }
}

/**
 * The text of whatever was thrown, which need not be an error.
 *
 * @example
 * ```ts
 * import { errorText } from "./errors.ts";
 *
 * const [text = "", other = ""] = [new Error("lost"), "lost"].map(errorText);
 * if (text !== "lost" || other !== "lost") throw new Error(`${text}, ${other}`);
 * ```
 */
export function errorText(error: unknown): string {
  return thrownText(error instanceof Error ? error.message : error);
}

/** The characters of a part of a URL; the part itself where it is none. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Where an error was thrown, as `mine.ts:3:7`; null where its stack does not say.
 *
 * @param url Only in this file; default the place itself.
 */
export function errorPlace(error: unknown, url?: string): string | null {
  // Deno colours the places of what it could not import.
  const coloured = error instanceof Error ? error.stack ?? "" : "";
  // deno-lint-ignore no-control-regex
  const stack = coloured.replaceAll(/\u001b\[[\d;]*m/g, "");
  // Stacks have paths in either form.
  const plain = (text: string) => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decode);
  for (const [, file = "", at = ""] of stack.matchAll(/(\w+:\/\/[^\n()]*?):(\d+:\d+)/g)) {
    if (url === undefined || plain(file) === plain(url)) {
      return `${plain(file).split("/").at(-1)}:${at}`;
    }
  }
  return null;
}

/** The first line of {@linkcode errorText}: engines and libraries write whole pages. */
export function errorLine(error: unknown): string {
  return errorText(error).split("\n", 1)[0] ?? "";
}

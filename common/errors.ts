/**
 * The errors that Densemark throws on purpose. Each message is one line that
 * names what was wrong and what is allowed; anything else that is thrown is a
 * bug in Densemark.
 *
 * @module
 */

/** What every deliberate error of Densemark extends: whatever is no instance of it is a bug. */
export class DensemarkError extends Error {
  /** `"DensemarkError"`. */
  override name = "DensemarkError";
}

/** An argument that is not allowed: an unknown name, a number out of range. */
export class ArgumentError extends DensemarkError {
  /** `"ArgumentError"`. */
  override name = "ArgumentError";
}

/** Tensors whose shapes do not fit together, or data that does not fit a shape. */
export class ShapeError extends DensemarkError {
  /** `"ShapeError"`. */
  override name = "ShapeError";
}

/** A tensor, layer or kernel used after it was disposed, or with a kernel that does not own it. */
export class OwnershipError extends DensemarkError {
  /** `"OwnershipError"`. */
  override name = "OwnershipError";
}

/** A kernel that this machine cannot run; the message says why. */
export class KernelUnavailableError extends DensemarkError {
  /** `"KernelUnavailableError"`. */
  override name = "KernelUnavailableError";
}

/** A kernel's memory has no room for a tensor; nothing was lost, and disposing others makes room. */
export class MemoryError extends DensemarkError {
  /** `"MemoryError"`. */
  override name = "MemoryError";
}

/** A thread of a kernel that died or failed: the kernel is of no more use, its tensors can still be read. */
export class WorkerError extends DensemarkError {
  /** `"WorkerError"`. */
  override name = "WorkerError";
}

/** A GPU that refused or lost work: what it was, and what the driver said. After a loss the kernel is of no more use; another can be made. */
export class DeviceError extends DensemarkError {
  /** `"DeviceError"`. */
  override name = "DeviceError";
}

/**
 * The text of whatever was thrown, which need not be an error.
 *
 * @example
 * ```ts
 * import { errorText } from "./errors.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([new Error("lost"), "lost"].map(errorText), ["lost", "lost"]);
 * ```
 */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first line of {@linkcode errorText}: engines and libraries write whole pages. */
export function errorLine(error: unknown): string {
  return errorText(error).split("\n", 1)[0] ?? "";
}

/**
 * Several tensors read at once, for results that are wanted together, such as all
 * gradients of a step: on a GPU they cost one wait, and not one each.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { checkTensor } from "./checks.ts";
import type { Tensor } from "./kernel.ts";

/**
 * Copies of the contents of several tensors, row-major, in their order, as all
 * work that was queued before leaves them. On a GPU they share one submission and
 * one wait, which in Deno takes 12 ms, whatever their number; calls of `read()`
 * that are made together, without an `await` between, do so too.
 *
 * @param tensors Of whatever kernels.
 * @throws {ArgumentError} where it is no array, or something in it is no tensor; then nothing is read.
 * @throws {OwnershipError} where a tensor was disposed.
 * @throws {DeviceError} where a GPU failed at the work that a content depends on.
 *
 * @example
 * ```ts
 * import { createKernel, readAll } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * using x = kernel.tensor([2], [1, 2]);
 * using y = kernel.tensor([1], [3]);
 * const [xs, ys] = await readAll([x, y]);
 * if (`${xs}; ${ys}` !== "1,2; 3") throw new Error(`${xs}; ${ys}`);
 * ```
 */
export async function readAll<const T extends readonly Tensor[]>(
  tensors: T,
): Promise<{ -readonly [I in keyof T]: Float32Array }> {
  if (!Array.isArray(tensors)) {
    throw new ArgumentError(`readAll() takes an array of tensors; got ${describe(tensors)}`);
  }
  const all: readonly Tensor[] = tensors;
  for (const [i, tensor] of all.entries()) checkTensor(`tensor ${i} of readAll()`, tensor);
  return await Promise.all(all.map((tensor) => tensor.read())) as {
    -readonly [I in keyof T]: Float32Array;
  };
}

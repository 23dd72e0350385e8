/**
 * A small product that is computed again with the same weight, at which what a call
 * needs is kept (`prepared_runs.ts`).
 *
 * @module
 */
import { type Activation, activations } from "../activation.ts";
import type { Executor } from "./executor.ts";
import { PreparedProduct } from "./prepared_runs.ts";
import { layoutOfB, type ProductTask, workOf } from "./tasks.ts";
import type { WasmTensor } from "./wasm_tensor.ts";

/** Products of so many multiply-adds take a tenth of a millisecond, of which nothing is to be saved. */
const mostWork = 2 ** 22;

/** Computes the product of checked arguments that its weight is prepared for; false where that is another one. */
export function repeats(
  executor: Executor,
  m: number,
  x: WasmTensor,
  { prepared, version }: WasmTensor,
  bias: number,
  activation: Activation,
  y: WasmTensor,
): boolean {
  if (
    prepared === null || prepared.m !== m || prepared.bias !== bias ||
    prepared.activation !== activation ||
    (prepared.version !== version && prepared.version !== null) ||
    !executor.alone?.(prepared.work)
  ) return false;
  prepared.how.run(x.address, y.address);
  return true;
}

/** Prepares a weight for a product with it, where that is small enough to tell. */
export function prepare(executor: Executor, task: ProductTask, weight: WasmTensor): void {
  const { m, bias, z, formula, accumulate, scratch, layoutB } = task;
  if (z !== 0 || formula !== 0 || accumulate !== 0 || scratch !== 0) return;
  const work = workOf(task);
  if (work >= mostWork) return;
  const how = executor.alone?.(work)?.prepare(task) ?? null;
  const version = layoutB === layoutOfB.packed ? weight.version : null;
  weight.prepared = how &&
    new PreparedProduct(m, version, bias, activations[task.activation]!, work, how);
}

/**
 * The last examples kept for validation, as Keras splits them: before any order
 * is changed.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import type { DataSet } from "./batches.ts";
import { valuesOf } from "./examples.ts";

/**
 * Examples to train with, and a share of them, the last ones, to validate with.
 *
 * @throws {ArgumentError} where one of both would be empty.
 */
export async function splitData(data: DataSet, share: number): Promise<[DataSet, DataSet]> {
  const count = data.shape[0]!;
  const at = Math.floor(count * (1 - share));
  if (at === 0 || at === count) {
    throw new ArgumentError(
      `validationSplit ${share} of ${count} examples leaves ${
        at === 0 ? "none to train with" : "none to validate with"
      }`,
    );
  }
  const values = await valuesOf(data.inputs);
  const part = (from: number, to: number): DataSet => {
    const cut = (list: Float32Array) =>
      list.subarray(from * (list.length / count), to * (list.length / count));
    const resize = (shape: readonly number[]) => [to - from, ...shape.slice(1)];
    return {
      inputs: { shape: resize(data.inputs.shape), from: cut(values) },
      targets: cut(data.targets),
      kind: data.kind,
      shape: resize(data.shape),
      weights: data.weights && cut(data.weights),
    };
  };
  return [part(0, at), part(at, count)];
}

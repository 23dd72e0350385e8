/**
 * The third weight of a Normalization that was adapted: how many values that was,
 * a whole number without axes in Keras's files, and one axis of one here. No
 * result depends on it, and files of other formats may lack it.
 *
 * @module
 */
import type { StoredLayer, StoredWeight } from "./stored_model.ts";

/** It as Keras has it. */
export function countOf(value: number): StoredWeight {
  return { name: "count", shape: [], dtype: "int32", values: new Int32Array([value]) };
}

/** A layer's weights as Keras reads them: with a count where they are those of a Normalization. */
export function withCount({ className, weights }: StoredLayer): readonly StoredWeight[] {
  const lacks = className === "Normalization" && weights.length > 0 &&
    !weights.some(({ name }) => name === "count");
  return lacks ? [...weights, countOf(0)] : weights;
}

/** A layer's weights as the library's layer has them: without it. */
export function withoutCount({ className, weights }: StoredLayer): readonly StoredWeight[] {
  return className === "Normalization" ? weights.filter(({ name }) => name !== "count") : weights;
}

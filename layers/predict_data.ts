/**
 * A layer's results for plain data, as Keras's layers take arrays: written to a
 * tensor of the layer's kernel, and read.
 *
 * @module
 */
import type { Layer } from "./layer.ts";
import { type ExampleData, readExamples } from "./training/examples.ts";
import { type NumberArray, numberArray } from "./training/number_array.ts";

/** The results for nested arrays or `{ shape, data }`. */
export async function predictData(layer: Layer, given: ExampleData): Promise<NumberArray> {
  const { shape, from } = readExamples(`the input of layer "${layer.name}"`, given);
  using x = layer.kernel.tensor(shape, from as Float32Array);
  using y = layer.predict(x);
  return numberArray(y.shape, await y.read());
}

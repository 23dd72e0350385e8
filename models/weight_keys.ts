/**
 * What a model's weights are called in a file of arrays: `layer.weight`.
 *
 * @module
 */
import { quote } from "../common/text.ts";
import { ModelFileError } from "./errors.ts";
import { elementsOf } from "./stored_array.ts";
import type { StoredModel, StoredWeight } from "./stored_model.ts";

/**
 * All weights by their names in a file.
 *
 * @throws {ModelFileError} where two have one name, or one has not as many numbers as its shape says.
 */
export function weightsByKey({ name, layers }: StoredModel): Map<string, StoredWeight> {
  const found = new Map<string, StoredWeight>();
  for (const layer of layers) {
    for (const weight of layer.weights) {
      const key = layer.name === "" ? weight.name : `${layer.name}.${weight.name}`;
      const { shape, values } = weight;
      if (found.has(key)) {
        throw new ModelFileError(
          `${quote(name)} has two weights that would be called ${quote(key)}`,
        );
      }
      if (values.length !== elementsOf(shape)) {
        throw new ModelFileError(
          `${quote(name)}: ${quote(key)} has ${values.length} numbers; its shape needs ${
            elementsOf(shape)
          }`,
        );
      }
      found.set(key, weight);
    }
  }
  return found;
}

/**
 * Pairs of a loss and a last layer that cannot be meant, found before the first
 * epoch: their gradient is always zero, or an activation is applied twice. Keras
 * warns of them (keras/src/losses/losses.py, keras/src/activations/activations.py)
 * and trains all the same.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import type { Layer } from "../layer.ts";
import type { Loss } from "./loss.ts";

/** The activation that belongs to a cross-entropy, which one of logits applies itself. */
const activations: ReadonlyMap<string, "sigmoid" | "softmax"> = new Map([
  ["binary_crossentropy", "sigmoid"],
  ["categorical_crossentropy", "softmax"],
  ["sparse_categorical_crossentropy", "softmax"],
]);

/**
 * Checks that a loss can teach a model.
 *
 * @param columns How many results a row has.
 * @throws {ArgumentError} where it cannot.
 */
export function expectLearnable(loss: Loss, { outputActivation }: Layer, columns: number): void {
  const own = activations.get(loss.name);
  if (columns === 1 && own === "softmax") {
    throw new ArgumentError(
      `${loss.name} of one result a row is 0 whatever it is; binary_crossentropy is for one, or the last layer needs a unit for each class`,
    );
  }
  if (columns === 1 && outputActivation === "softmax") {
    throw new ArgumentError(
      "the model ends with a softmax of one result a row, which is always 1; a sigmoid is for one",
    );
  }
  if (own !== undefined && loss.ofLogits === null && outputActivation === own) {
    throw new ArgumentError(
      `${loss.name} with fromLogits applies a ${own}, and the model ends with one; leave out one of them`,
    );
  }
}

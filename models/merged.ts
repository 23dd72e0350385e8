/**
 * The layers of a network with each activation in the Dense before it, where
 * that is linear: the same in one operation.
 *
 * @module
 */
import { isElementwise, type ModelLayer } from "./model.ts";

/** Whether an activation gives the same as a Dense's own: by number, or of the same rows. */
function canJoin({ activation, inputs, units, rows, shape }: ModelLayer, last: ModelLayer) {
  if (last.weight === null || last.activation !== "linear" || shape || units !== inputs) {
    return false;
  }
  return isElementwise(activation) ||
    (activation === "softmax" && inputs === last.units && rows === last.rows);
}

/** The layers without activations of their own, where they can be a part of the Dense before; those that do nothing are left out. */
export function mergedLayers(layers: readonly ModelLayer[]): ModelLayer[] {
  const found: ModelLayer[] = [];
  for (const layer of layers) {
    const last = found.at(-1);
    if (layer.weight === null && layer.activation === "linear") continue;
    if (layer.weight === null && last && canJoin(layer, last)) {
      found[found.length - 1] = { ...last, activation: layer.activation };
    } else found.push(layer);
  }
  return found;
}

/**
 * A network of Dense layers as one operation: the checks of its arguments, which
 * every kernel that has `network` calls, and the same layer by layer.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { isActivation } from "./activation.ts";
import {
  checkActivation,
  expectShape,
  expectVector,
  explainOwnership,
  formatShape,
  isOwn,
  matrixOf,
} from "./checks.ts";
import type { Kernel, NetworkLayer, Tensor } from "./kernel.ts";

/** @throws what is wrong with the operands of layer i, if anything is. */
function explainLayer(kernel: Kernel, i: number, layer: NetworkLayer, y: Tensor): void {
  const { weight, bias, activation } = (layer ?? {}) as NetworkLayer;
  checkActivation(activation);
  const [ofWeight, ofBias] = [`weight of layer ${i}`, `bias of layer ${i}`];
  explainOwnership(kernel, { [ofWeight]: weight, [ofBias]: bias }, { y }, [ofBias]);
  if (weight.shape.length !== 2) {
    throw new ShapeError(`${ofWeight} must have two axes; got ${formatShape(weight.shape)}`);
  }
  if (bias) expectVector(ofBias, bias.shape, weight.shape[1]!);
}

/**
 * Checks the arguments of {@linkcode Kernel.network}.
 *
 * @returns The rows of x and y.
 */
export function checkNetwork(
  kernel: Kernel,
  x: Tensor,
  layers: readonly NetworkLayer[],
  y: Tensor,
): number {
  if (!isOwn(kernel, x) || !isOwn(kernel, y) || x === y) explainOwnership(kernel, { x }, { y });
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new ArgumentError(
      `a network is an array of at least one layer; got ${
        Array.isArray(layers) ? "none" : describe(layers)
      }`,
    );
  }
  const { rows, columns } = matrixOf(x.shape);
  let inputs = columns;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    const { weight, bias, activation } = (layer ?? {}) as NetworkLayer;
    const fits = isActivation(activation) && isOwn(kernel, weight) && weight !== y &&
      weight.shape.length === 2 &&
      (bias === null || isOwn(kernel, bias) && bias !== y && bias.shape.length === 1 &&
          bias.size === weight.shape[1]);
    // Texts are made only where there is an error to explain.
    if (!fits) explainLayer(kernel, i, layer, y);
    if (weight.shape[0] !== inputs) {
      throw new ShapeError(
        `weight of layer ${i} ${formatShape(weight.shape)} has ${weight.shape[0]} rows, and ${
          i === 0 ? "x" : "the layer before it"
        } ${inputs} columns; they must be equal`,
      );
    }
    inputs = weight.shape[1]!;
  }
  expectShape("y", y.shape, rows, inputs);
  return rows;
}

/** The result of layers one after the other, by an operation for each: what every kernel can do. */
export function networkByLayers(
  kernel: Kernel,
  x: Tensor,
  layers: readonly NetworkLayer[],
  y: Tensor,
): void {
  const { rows } = matrixOf(x.shape);
  let current = x;
  for (const [i, { weight, bias, activation }] of layers.entries()) {
    const last = i === layers.length - 1;
    const before = current;
    try {
      current = last ? y : kernel.tensor([rows, weight.shape[1]!]);
      kernel.dense(before, weight, bias, activation, current);
    } catch (error) {
      if (current !== y && current !== before) current[Symbol.dispose]();
      throw error;
    } finally {
      if (before !== x) before[Symbol.dispose]();
    }
  }
}

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
import type { SizedTensor } from "./plain_dense.ts";

/** @throws what is wrong with the operands of layer i, if anything is. */
function explainLayer(kernel: Kernel, i: number, layer: NetworkLayer, y: Tensor): void {
  if (typeof layer !== "object" || layer === null) {
    throw new ArgumentError(
      `layer ${i} of a network must have a weight, a bias and an activation; got ${
        describe(layer)
      }`,
    );
  }
  const { weight, bias, activation } = layer;
  checkActivation(activation);
  const [ofWeight, ofBias] = [`weight of layer ${i}`, `bias of layer ${i}`];
  explainOwnership(kernel, { [ofWeight]: weight, [ofBias]: bias }, { y }, [ofBias]);
  if (weight.shape.length !== 2) {
    throw new ShapeError(`${ofWeight} must have two axes; got ${formatShape(weight.shape)}`);
  }
  if (bias) expectVector(ofBias, bias.shape, weight.shape[1]!);
}

/** A layer of tensors that keep what their shapes come to. */
interface SizedLayer extends NetworkLayer {
  readonly weight: SizedTensor;
  readonly bias: SizedTensor | null;
}

/** Whether the operands of a layer are in order. Where not, they may be all the same. */
function isPlainLayer(kernel: Kernel, layer: SizedLayer | undefined, y: Tensor): boolean {
  if (!layer) return false;
  const { weight, bias, activation } = layer;
  return isOwn(kernel, weight) && weight !== y && weight.shape.length === 2 &&
    (bias === null ||
      isOwn(kernel, bias) && bias !== y && bias.shape.length === 1 &&
        bias.columns === weight.columns) &&
    isActivation(activation);
}

/** Checks the arguments of {@linkcode Kernel.network}. */
export function checkNetwork(
  kernel: Kernel,
  x: SizedTensor,
  layers: readonly NetworkLayer[],
  y: SizedTensor,
): void {
  if (!isOwn(kernel, x) || !isOwn(kernel, y) || x === y) explainOwnership(kernel, { x }, { y });
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new ArgumentError(
      `a network is an array of at least one layer; got ${
        Array.isArray(layers) ? "none" : describe(layers)
      }`,
    );
  }
  let inputs = x.columns;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i] as SizedLayer;
    // Texts are made only where there is an error to explain.
    if (!isPlainLayer(kernel, layer, y)) explainLayer(kernel, i, layer, y);
    const { rows, columns, shape } = layer.weight;
    if (rows !== inputs) {
      throw new ShapeError(
        `weight of layer ${i} ${formatShape(shape)} has ${rows} rows, and ${
          i === 0 ? "x" : "the layer before it"
        } ${inputs} columns; they must be equal`,
      );
    }
    inputs = columns;
  }
  if (y.rows !== x.rows || y.columns !== inputs) expectShape("y", y.shape, x.rows, inputs);
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

/**
 * Sequential: a stack of layers, each of which takes the result of the one
 * before, like Keras's class of that name. Nothing is copied between them: the
 * tensors stay in the kernel's memory.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { checkKernel } from "../kernels/checks.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { Dense } from "./dense.ts";

/**
 * A stack of layers on one kernel. It owns its layers: disposing of it frees
 * them.
 *
 * @example Two layers
 * ```ts
 * import { createKernel, Dense, Sequential } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential(kernel, [
 *   new Dense(kernel, { units: 4, activation: "tanh" }),
 *   new Dense(kernel, { units: 3, activation: "softmax" }),
 * ]);
 * using x = kernel.tensor([2, 5], new Float32Array(10).fill(0.1));
 * using y = model.predict(x);
 * if (`${y.shape}` !== "2,3") throw new Error(`${y.shape}`);
 * ```
 */
export class Sequential implements Disposable {
  /** The layers, from the first to the last; at least one. */
  readonly layers: readonly Dense[];

  /**
   * A stack of these layers.
   *
   * @param kernel What all of the layers compute on.
   * @throws {ArgumentError} where there is no layer, or something else is in the place of one.
   * @throws {OwnershipError} where a layer is of another kernel.
   */
  constructor(readonly kernel: Kernel, layers: readonly Dense[]) {
    checkKernel("a Sequential", kernel);
    if (!Array.isArray(layers)) {
      throw new ArgumentError(`a Sequential takes an array of layers; got ${describe(layers)}`);
    }
    if (layers.length === 0) throw new ArgumentError("a Sequential needs at least one layer");
    for (const [i, layer] of (layers as readonly Dense[]).entries()) {
      if (typeof layer?.predict !== "function") {
        throw new ArgumentError(
          `layer ${i} of a Sequential must be a layer such as Dense; got ${describe(layer)}`,
        );
      }
      if (layer.kernel !== kernel) {
        throw new OwnershipError(
          `layer '${layer.name}' is on the kernel "${layer.kernel.name}", the Sequential on "${kernel.name}"`,
        );
      }
    }
    this.layers = [...layers];
  }

  /**
   * Makes the weights of all layers for inputs of this shape, whose last axis
   * counts the inputs of the first layer; see {@linkcode Dense.build}.
   *
   * @throws {ShapeError} where the last axis is not a whole number >= 0.
   */
  build(inputShape: readonly (number | null)[]): void {
    let shape = inputShape;
    for (const layer of this.layers) {
      layer.build(shape);
      shape = [...shape.slice(0, -1), layer.units];
    }
  }

  /**
   * The stack's result for x [rows, inputs], a new tensor [rows, units of the
   * last layer] that belongs to the caller. What lies between is freed, and
   * nothing is kept for `backward`.
   *
   * @throws {ShapeError} where x does not fit the first layer, or a layer the one before it.
   * @throws {OwnershipError} where x is disposed or of another kernel.
   */
  predict(x: Tensor): Tensor {
    let current = x;
    for (const layer of this.layers) {
      try {
        const next = layer.predict(current);
        if (current !== x) current[Symbol.dispose]();
        current = next;
      } catch (error) {
        if (current !== x) current[Symbol.dispose]();
        throw error;
      }
    }
    return current;
  }

  /** Frees all layers. */
  [Symbol.dispose](): void {
    for (const layer of this.layers) layer[Symbol.dispose]();
  }
}

/**
 * What layers and stacks of them check of their arguments: the shapes of inputs,
 * in Keras's words, and whether a layer is one that fits the one before it. The
 * checks of tensors and kernels are those of `kernels/checks.ts`.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { boolean, checkOptions } from "../common/options.ts";
import { checkOwner, formatShape } from "../kernels/checks.ts";
import type { Tensor } from "../kernels/kernel.ts";
import type { BackwardOptions, ForwardOptions } from "./layer.ts";

export type { ForwardOptions };

/**
 * The last axis of the shape that a layer is built for.
 *
 * @param label What messages call the layer: `layer "dense"`.
 * @throws {ShapeError} where it is not a whole number >= 0, or the shape is none.
 */
export function inputsOf(label: string, inputShape: unknown): number {
  if (!Array.isArray(inputShape)) {
    throw new ShapeError(
      `${label} is built for the shape of its input, such as [null, 3]; got ${
        describe(inputShape)
      }`,
    );
  }
  const inputs: unknown = inputShape.at(-1);
  if (typeof inputs !== "number" || !Number.isSafeInteger(inputs) || inputs < 0) {
    throw new ShapeError(
      `the last axis of the input of ${label} must be a whole number >= 0; got [${
        inputShape.map((axis) => describe(axis)).join(", ")
      }]`,
    );
  }
  return inputs;
}

/**
 * The shape of the result of a layer that replaces the last axis.
 *
 * @throws {ShapeError} where the shape of the input is none.
 */
export function outputShape(
  label: string,
  inputShape: unknown,
  units: number,
): (number | null)[] {
  if (!Array.isArray(inputShape) || inputShape.length === 0) {
    throw new ShapeError(
      `the shape of the input of ${label} is an array such as [null, 3]; got ${
        describe(inputShape)
      }`,
    );
  }
  return [...inputShape.slice(0, -1), units];
}

/**
 * Whether a forward pass is one of training.
 *
 * @throws {ArgumentError} where an option is unknown or not what it must be.
 */
export function isTraining(options: ForwardOptions | undefined): boolean {
  if (options === undefined) return true;
  const { training = true } = checkOptions<ForwardOptions>("forward()", options, {
    training: boolean,
  });
  return training;
}

/**
 * How a backward pass is asked for.
 *
 * @throws {ArgumentError} where an option is unknown or not what it must be.
 */
export function readBackwardOptions(
  options: BackwardOptions | undefined,
): Required<BackwardOptions> {
  const { inputGradient = true, beforeActivation = false } = options === undefined
    ? {}
    : checkOptions<BackwardOptions>("backward()", options, {
      inputGradient: boolean,
      beforeActivation: boolean,
    });
  return { inputGradient, beforeActivation };
}

/** @throws {ShapeError} where an input has one axis only. */
export function checkRank(label: string, { shape }: Tensor): void {
  if (shape.length >= 2) return;
  throw new ShapeError(
    `Input 0 of ${label} is incompatible with the layer: expected min_ndim=2, found ndim=${shape.length}. Full shape received: ${
      formatShape(shape)
    }`,
  );
}

/** @throws {ShapeError} where an input has another number of inputs than the layer was built for. */
export function checkInputs(label: string, { shape }: Tensor, inputs: number | undefined): void {
  if (shape.at(-1) === inputs) return;
  throw new ShapeError(
    `Input 0 of ${label} is incompatible with the layer: expected axis -1 of input shape to have value ${inputs}, but received input with shape ${
      formatShape(shape)
    }`,
  );
}

/** @throws {ArgumentError} where what is to be layer `i` of a stack is none. */
export function checkLayer(i: number, layer: unknown): void {
  const { backward, computeOutputShape } = (layer ?? {}) as {
    backward?: unknown;
    computeOutputShape?: unknown;
  };
  if (typeof backward === "function" && typeof computeOutputShape === "function") return;
  throw new ArgumentError(
    `layer ${i} of a Sequential must be a layer such as Dense; got ${describe(layer)}`,
  );
}

/**
 * Checks a gradient by a result.
 *
 * @throws {OwnershipError} where it is disposed or of another kernel.
 * @throws {ShapeError} where it is not of the result's shape.
 */
export function checkGradient(what: string, dy: Tensor, { kernel, shape }: Tensor): void {
  checkOwner(what, dy, kernel);
  if (dy.shape.length === shape.length && dy.shape.every((axis, i) => axis === shape[i])) return;
  throw new ShapeError(
    `${what} must have the shape ${formatShape(shape)} of the result; got ${formatShape(dy.shape)}`,
  );
}

/**
 * The options that all layers have, and what layers give to what all of them have
 * in common.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { checkOptions, type OptionChecks, unchecked } from "../common/options.ts";
import { quote } from "../common/text.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { isConfig } from "./keras_objects.ts";
import type { BackwardOptions } from "./layer.ts";
import type { ForwardPass } from "./pending_forwards.ts";
import type { RegularizerLike } from "./regularizers.ts";

/** The options that all layers have. */
export interface LayerOptions {
  /** What messages call the layer, not empty and without a slash; default its kind in snake case, counted. */
  readonly name?: string;
  /** Whether training changes the variables; default true. */
  readonly trainable?: boolean;
  /** A penalty of the results, divided by the length of their first axis; default none. */
  readonly activityRegularizer?: RegularizerLike | null;
}

/** How the options that all layers have are checked. */
export const layerOptionChecks: OptionChecks<LayerOptions> = {
  // Keras 3 takes an empty name too, but then no message says which layer is meant.
  name: (value) =>
    typeof value === "string" && value !== "" && !value.includes("/")
      ? null
      : "a text without a slash, and not an empty one",
  trainable: (value) => value === null ? "true or false" : null,
  activityRegularizer: unchecked,
};

/** What Keras 2 and TensorFlow.js say a layer's input by. */
const inputOptions = ["inputShape", "inputDim", "batchInputShape", "input_shape", "input_dim"];

/**
 * The options of a layer, checked.
 *
 * @throws {ArgumentError} where an option is unknown or not what it must be.
 */
export function checkLayerOptions<T extends object>(
  className: string,
  given: unknown,
  checks: OptionChecks<T>,
): T {
  const own = Object.keys(isConfig(given) ? given : {});
  const found = own.find((name) => inputOptions.includes(name) && !Object.hasOwn(checks, name));
  if (found !== undefined) {
    throw new ArgumentError(
      `${className} has no option ${
        quote(found)
      }; an Input before it says it, new Input(kernel, { shape }), or the first data do`,
    );
  }
  // Keras and TensorFlow.js have no kernels, and their options come first.
  if (given === undefined) {
    throw new ArgumentError(
      `${className} takes a kernel and then its options: new ${className}(kernel, { … })`,
    );
  }
  return checkOptions<T>(className, given, checks);
}

/** What a layer computed of an input. */
export interface Computed {
  /** The result. */
  readonly y: Tensor;
  /** What gradients alone need besides. */
  readonly kept?: readonly Tensor[];
  /** The variable that must not change before the gradients. */
  readonly weight?: Tensor | null;
  /** Other variables that gradients need as they were. */
  readonly others?: readonly Tensor[];
}

/** How a layer makes the tensors of a backward pass: they are freed where it fails. */
export type CreateTensor = (shape: readonly number[]) => Tensor;

/** The gradients that are asked of a layer. */
export interface GradientRequest extends Required<BackwardOptions> {
  /** The forward pass. */
  readonly pass: ForwardPass;
  /** Of the result's shape. */
  readonly dy: Tensor;
  /** Makes a tensor for the gradient by the input, which belongs to the caller. */
  readonly create: CreateTensor;
}

/**
 * The weights of a layer: tensors with first values, and the values that a caller
 * sets, all of them converted and checked before the first is written.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, MemoryError, ShapeError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { checkTensorAlive, formatShape, mostElements } from "../kernels/checks.ts";
import { float32Of } from "../kernels/data.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import { initialize, type Initializer } from "./initializers.ts";
import { flatValues, type WeightValues } from "./shaped_data.ts";

/** How many numbers these weights are together. */
export function parametersOf(weights: readonly Tensor[]): number {
  return weights.reduce((sum, { size }) => sum + size, 0);
}

/**
 * A weight with its first values. There must be room for it before they are made,
 * which may take long.
 *
 * @throws {MemoryError} where there is no room.
 * @throws {ShapeError} where given first values do not fit.
 * @throws {ArgumentError} where they are no numbers.
 */
export function createWeight(
  kernel: Kernel,
  { layer, part }: { readonly layer: string; readonly part: string },
  shape: readonly number[],
  initializer: Initializer,
  seed: number,
): Tensor {
  if (shape.reduce((product, axis) => product * axis, 1) > mostElements) {
    throw new MemoryError(
      `no memory for the ${part} ${formatShape(shape)} of layer ${
        quote(layer)
      }: a tensor holds at most 2^32 elements`,
    );
  }
  let tensor: Tensor | null = null;
  try {
    tensor = kernel.tensor(shape);
    tensor.write(initialize(initializer, shape, seed));
    return keep(tensor);
  } catch (error) {
    tensor?.[Symbol.dispose]();
    if (!(error instanceof MemoryError)) throw error;
    throw new MemoryError(
      `${part} ${formatShape(shape)} of layer ${quote(layer)}: ${error.message}`,
    );
  }
}

/**
 * The values of a layer's weights as float32.
 *
 * @param label What messages call the layer: `layer "dense"`.
 * @throws {ShapeError} where their number or their sizes do not fit.
 * @throws {ArgumentError} where they are no numbers.
 * @throws {OwnershipError} where a weight was disposed.
 */
export function convertWeights(
  label: string,
  weights: readonly Tensor[],
  values: readonly WeightValues[],
): Float32Array[] {
  if (!Array.isArray(values)) {
    throw new ArgumentError(
      `setWeights() of ${label} takes an array with the values of each weight; got ${
        describe(values)
      }`,
    );
  }
  if (values.length !== weights.length) {
    throw new ShapeError(
      `You called \`set_weights(weights)\` on ${label} with a weight list of length ${values.length}, but the layer was expecting ${weights.length} weights.`,
    );
  }
  const converted = weights.map(({ shape, size }, i) =>
    float32Of(
      flatValues(shape, values[i], (found) =>
        `${label} weight shape ${formatShape(shape)} is not compatible with provided weight shape ${
          formatShape(found)
        }.`),
      size,
      (got) =>
        `${label} weight ${formatShape(shape)} needs ${size} values; got ${got}`,
    )
  );
  // After the conversion, in which getters of the caller may have run.
  for (const weight of weights) checkTensorAlive(weight);
  return converted;
}

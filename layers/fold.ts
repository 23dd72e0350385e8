/**
 * A BatchNormalization folded into the Dense before or after it: in use both are
 * one affine function, and one product is computed instead of two passes.
 *
 * @module
 */
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { add, mul, operand, perColumn, perRow } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { withTemporaries } from "./temporaries.ts";

const byColumn = formula(mul(operand(0), perColumn(1)));
const byRow = formula(mul(operand(0), perRow(1)));
const scaledSum = formula(add(mul(operand(0), operand(1)), operand(2)));
const sum = formula(add(operand(0), operand(1)));

/**
 * One Dense layer for use in the place of two layers, of which one is a Dense
 * layer and the other a BatchNormalization. Both stay as they are; the new layer,
 * named as the Dense layer, belongs to the caller.
 *
 * @throws {ArgumentError} where it is not one of each, or the first is a Dense layer with an activation.
 * @throws {OwnershipError} where one of them is not built, or is quantized.
 * @throws {ShapeError} where their sizes differ.
 *
 * @example Normalized inputs without their pass
 * ```ts
 * import { BatchNormalization, createKernel, Dense, foldLayers } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using normalization = new BatchNormalization(kernel, { epsilon: 0 });
 * normalization.build([null, 2]);
 * normalization.setWeights([[2, 3], [1, 1], [5, 6], [4, 9]]); // gamma, beta, mean, variance
 * using dense = new Dense(kernel, { units: 1, kernelInitializer: "ones" });
 * dense.build([null, 2]);
 * using folded = foldLayers(normalization, dense);
 * using x = kernel.tensor([1, 2], [7, 9]);
 * using y = folded.predict(x);
 * // (7 − 5)/2 · 2 + 1 + (9 − 6)/3 · 3 + 1
 * if (Math.abs((await y.read())[0]! - 7) > 1e-5) throw new Error(`${await y.read()}`);
 * ```
 */
export function foldLayers(
  first: Dense | BatchNormalization,
  second: Dense | BatchNormalization,
): Dense {
  const after = first instanceof Dense;
  const [dense, normalization] = after ? [first, second] : [second, first];
  if (!(dense instanceof Dense) || !(normalization instanceof BatchNormalization)) {
    throw new ArgumentError("foldLayers() takes a Dense layer and a BatchNormalization, in order");
  }
  const { activationFunction, kernel } = dense;
  if (after && activationFunction.ofKernel !== "linear") {
    throw new ArgumentError(
      `layer ${quote(dense.name)} has the activation ${dense.activation}, behind which a ` +
        "BatchNormalization cannot be folded into it",
    );
  }
  if (!dense.built || !normalization.built) {
    throw new OwnershipError("foldLayers() takes layers that are built");
  }
  if (dense.quantizationMode || dense.loraEnabled) {
    throw new OwnershipError(`layer ${quote(dense.name)} is quantized, or has a lora`);
  }
  const { weight, bias } = dense;
  const [inputs, units] = weight.shape as [number, number];
  const columns = normalization.weights[0]!.shape[0]!;
  if (columns !== (after ? units : inputs)) {
    throw new ShapeError(
      `layer ${quote(normalization.name)} has ${columns} columns, and layer ${quote(dense.name)} ${
        after ? `${units} units` : `${inputs} inputs`
      }; they must be equal`,
    );
  }
  const folded = new Dense(kernel, {
    name: dense.name,
    units,
    activation: activationFunction,
    trainable: dense.trainable,
    kernelInitializer: "zeros",
    seed: dense.seed,
  });
  try {
    folded.build([null, inputs]);
    withTemporaries(kernel, (create) => {
      const [factor, shift] = [create([columns]), create([columns])];
      normalization.writeAffine(factor, shift);
      if (after) {
        kernel.map!(byColumn, [weight, factor], [folded.weight]);
        const before = bias ?? create([units]);
        kernel.map!(scaledSum, [before, factor, shift], [folded.bias!]);
      } else {
        kernel.map!(byRow, [weight, factor], [folded.weight]);
        const row = create([1, inputs]);
        kernel.copy!(shift, row);
        const product = create([1, units]);
        kernel.matmul(row, weight, product);
        kernel.copy!(product, folded.bias!);
        if (bias) kernel.map!(sum, [folded.bias!, bias], [folded.bias!]);
      }
    });
  } catch (error) {
    folded[Symbol.dispose]();
    throw error;
  }
  return folded;
}

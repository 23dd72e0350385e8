/**
 * The checks of the arguments of `int8Weight` and `denseInt8`; each throws an error
 * of one line before anything is written.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError, ShapeError } from "../../common/errors.ts";
import type { Activation } from "../activation.ts";
import {
  checkActivation,
  checkOwner,
  type Dimensions,
  expectInner,
  expectShape,
  expectVector,
  explainOwnership,
  formatShape,
  looksLikeTensor,
  matrixOf,
  sizeOf,
} from "../checks.ts";
import type { Int8Weight, Kernel, Tensor } from "../kernel.ts";
import type { QuantizedWeight } from "./quantize.ts";

/** The largest k whose sums are certain to be within 32 bits: of products of 127 with 127. */
export const mostInputs = Math.floor((2 ** 31 - 1) / 127 ** 2);

/** Whole numbers as bytes. */
function bytesOf(values: Float32Array): Int8Array {
  const bytes = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    bytes[i] = value;
    if (bytes[i] === value && value !== -128) continue;
    throw new ArgumentError(
      `an int8 weight is of whole numbers from -127 to 127; got ${value} at ${i}`,
    );
  }
  return bytes;
}

/**
 * Checks the arguments of {@linkcode Kernel.int8Weight}.
 *
 * @param elementsOf The elements of a tensor of the kernel as they are now.
 * @returns The numbers and their multipliers: those given, or copies of the tensors' elements.
 */
export function checkInt8Weight(
  kernel: Kernel,
  shape: readonly [number, number],
  values: Int8Array | Tensor,
  scale: Float32Array | Tensor,
  elementsOf: (tensor: Tensor) => Float32Array,
): QuantizedWeight {
  const size = sizeOf(shape);
  if (shape.length !== 2) {
    throw new ShapeError(`an int8 weight has two axes; got ${formatShape(shape)}`);
  }
  const [k, n] = shape;
  if (k > mostInputs) {
    throw new ShapeError(
      `an int8 weight has at most ${mostInputs} rows, beyond which sums may exceed 32 bits; got ${k}`,
    );
  }
  const ownValues = looksLikeTensor(values);
  const ownScale = looksLikeTensor(scale);
  if (!(ownValues || values instanceof Int8Array) || !(ownScale || scale instanceof Float32Array)) {
    const wrong = ownValues || values instanceof Int8Array ? scale : values;
    throw new ArgumentError(
      `an int8 weight is an Int8Array and a Float32Array of multipliers, or tensors of them; got ${
        describe(wrong)
      }`,
    );
  }
  if (ownValues) {
    checkOwner("the values of an int8 weight", values, kernel);
    expectShape("the values of an int8 weight", values.shape, k, n);
  }
  if (ownScale) {
    checkOwner("the scale of an int8 weight", scale, kernel);
    expectVector("the scale of an int8 weight", scale.shape, n);
  }
  const [lengthOfValues, lengthOfScale] = [
    ownValues ? values.size : values.length,
    ownScale ? scale.size : scale.length,
  ];
  if (lengthOfValues !== size || lengthOfScale !== n) {
    throw new ShapeError(
      `an int8 weight ${
        formatShape(shape)
      } has ${size} values and ${n} multipliers; got ${lengthOfValues} and ${lengthOfScale}`,
    );
  }
  const at = ownValues ? -1 : values.indexOf(-128);
  if (at >= 0) throw new ArgumentError(`an int8 weight is from -127 to 127; got -128 at ${at}`);
  return {
    values: ownValues ? bytesOf(elementsOf(values)) : values,
    // A copy, since what a kernel's memory is seen by may change with the next allocation.
    scale: ownScale ? elementsOf(scale).slice() : scale,
  };
}

// What was made by a kernel is well-formed; what looks like it may not be.
const made = new WeakSet<object>();

/** Notes that a value is an int8 weight. */
export function noteInt8Weight(weight: Int8Weight): void {
  made.add(weight);
}

function isInt8Weight(value: unknown): value is Int8Weight {
  return typeof value === "object" && value !== null && made.has(value);
}

/** Checks the arguments of {@linkcode Kernel.denseInt8}. */
export function checkDenseInt8(
  kernel: Kernel,
  x: Tensor,
  weight: Int8Weight,
  bias: Tensor | null,
  activation: Activation,
  y: Tensor,
): Dimensions {
  checkActivation(activation);
  explainOwnership(kernel, { x, bias }, { y }, ["bias"]);
  if (!isInt8Weight(weight)) {
    throw new ArgumentError(
      `denseInt8() takes an int8 weight, as int8Weight() makes it; got ${describe(weight)}`,
    );
  }
  checkOwner("weight", weight, kernel);
  const { rows: m, columns: k } = matrixOf(x.shape);
  const [, n] = weight.shape;
  expectInner(x.shape, k, weight.shape);
  if (bias) expectVector("bias", bias.shape, n);
  expectShape("y", y.shape, m, n);
  return { m, n, k };
}

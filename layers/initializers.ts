/**
 * How a layer's weights begin. Names, fans and limits are those of Keras 3
 * (Glorot & Bengio, AISTATS 2010); the numbers themselves come from our own
 * generator, as each of Keras's backends has its own.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { formatShape } from "../kernels/checks.ts";
import { createRandom } from "../common/random.ts";

/**
 * A name, the values themselves (row-major, as many as the weight has), or a
 * function of the shape that returns them.
 */
export type Initializer =
  | "glorot_uniform"
  | "zeros"
  | "ones"
  | Float32Array
  | ((shape: readonly number[]) => Float32Array);

const named = {
  glorot_uniform: (shape: readonly number[], seed: number): Float32Array => {
    const [fanIn = 1, fanOut = fanIn] = shape;
    const limit = Math.sqrt(6 / Math.max(1, fanIn + fanOut));
    const random = createRandom(seed);
    return new Float32Array(elements(shape)).map(() => (2 * random.uniform() - 1) * limit);
  },
  zeros: (shape: readonly number[]): Float32Array => new Float32Array(elements(shape)),
  ones: (shape: readonly number[]): Float32Array => new Float32Array(elements(shape)).fill(1),
};

function elements(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/**
 * The first values of a weight of the given shape.
 *
 * @throws {ArgumentError} where the name is unknown.
 * @throws {ShapeError} where given values do not fit the shape.
 */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
): Float32Array {
  if (typeof initializer === "string") {
    if (!Object.hasOwn(named, initializer)) {
      throw new ArgumentError(
        `unknown initializer ${JSON.stringify(initializer)}; there are ${
          Object.keys(named).join(", ")
        }`,
      );
    }
    return named[initializer](shape, seed);
  }
  const values = typeof initializer === "function" ? initializer(shape) : initializer;
  if (!(values instanceof Float32Array) || values.length !== elements(shape)) {
    throw new ShapeError(
      `an initializer for the shape ${formatShape(shape)} must give ${
        elements(shape)
      } float32 values; got ${values instanceof Float32Array ? values.length : typeof values}`,
    );
  }
  return values;
}

/**
 * The first values of a layer's weights. Names, fans and limits are those of
 * Keras 3 (Glorot & Bengio, AISTATS 2010); the numbers themselves come from the
 * generator of this project, as each of Keras's backends has its own.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { formatShape, sizeOf } from "../kernels/checks.ts";
import { createRandom } from "../common/random.ts";

/**
 * The first values of a weight: a name, the values themselves (row-major, as
 * many as the weight has), or a function of the shape that returns them.
 *
 * @example Values, and a function of the shape
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * using layer = new Dense(kernel, {
 *   units: 2,
 *   kernelInitializer: ([inputs = 0, units = 0]) => new Float32Array(inputs * units).fill(0.5),
 *   biasInitializer: new Float32Array([1, 2]),
 * });
 * layer.build([null, 3]);
 * const [weight, bias] = await layer.getWeights();
 * if (`${weight} ${bias}` !== "0.5,0.5,0.5,0.5,0.5,0.5 1,2") throw new Error(`${weight} ${bias}`);
 * ```
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
    return new Float32Array(sizeOf(shape)).map(() => (2 * random.uniform() - 1) * limit);
  },
  zeros: (shape: readonly number[]): Float32Array => new Float32Array(sizeOf(shape)),
  ones: (shape: readonly number[]): Float32Array => new Float32Array(sizeOf(shape)).fill(1),
};

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
  if (!(values instanceof Float32Array) || values.length !== sizeOf(shape)) {
    throw new ShapeError(
      `an initializer for the shape ${formatShape(shape)} must give ${
        sizeOf(shape)
      } float32 values; got ${values instanceof Float32Array ? values.length : typeof values}`,
    );
  }
  return values;
}

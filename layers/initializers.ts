/**
 * The first values of a layer's weights. Names, fans and limits are those of
 * Keras 3 (Glorot & Bengio, AISTATS 2010); the numbers themselves come from the
 * generator of this project, as each of Keras's backends has its own.
 *
 * @module
 */
import { describe, typedArrayName } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { checkOptions, seedNumber, unchecked } from "../common/options.ts";
import { createRandom } from "../common/random.ts";
import { formatList, quote } from "../common/text.ts";
import { formatShape, sizeOf } from "../kernels/checks.ts";
import { float32Of, newFloats, type TensorData } from "../kernels/data.ts";

/** The name of an initializer, which is Keras's. */
export type InitializerName = "glorot_uniform" | "zeros" | "ones";

/**
 * The first values of a weight: a name; a name with a seed of its own; the
 * values themselves (row-major, as many as the weight has); or a function of the
 * shape, and of a seed for what is random, that returns them.
 *
 * @example Values, and a function of the shape
 * ```ts
 * import { createKernel, Dense } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("naive");
 * using layer = new Dense(kernel, {
 *   units: 2,
 *   kernelInitializer: ([inputs = 0, units = 0]) => new Float32Array(inputs * units).fill(0.5),
 *   biasInitializer: [1, 2],
 * });
 * layer.build([null, 3]);
 * const [weight, bias] = await layer.getWeights();
 * if (`${weight} ${bias}` !== "0.5,0.5,0.5,0.5,0.5,0.5 1,2") throw new Error(`${weight} ${bias}`);
 * ```
 */
export type Initializer =
  | InitializerName
  | {
    /** One of the named initializers. */
    readonly name: InitializerName;
    /** A whole number in [0, 2^32); by default made of the layer's seed. */
    readonly seed?: number;
  }
  | TensorData
  | ((shape: readonly number[], seed: number) => TensorData);

type NamedInitializer = Exclude<Initializer, InitializerName | TensorData | CallableFunction>;

const named: Readonly<Record<InitializerName, (values: Float32Array, fill: Fill) => void>> = {
  glorot_uniform: (values, { shape, seed }) => {
    const [fanIn = 1, fanOut = fanIn] = shape;
    const limit = Math.sqrt(6 / Math.max(1, fanIn + fanOut));
    const random = createRandom(seed);
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * limit;
  },
  zeros: () => {},
  ones: (values) => void values.fill(1),
};

/** What a named initializer may depend on. */
interface Fill {
  readonly shape: readonly number[];
  readonly seed: number;
}

function isNamed(name: unknown): name is InitializerName {
  return typeof name === "string" && Object.hasOwn(named, name);
}

/** Whether this is data rather than an object with a name. */
function isData(initializer: unknown): initializer is TensorData {
  return Array.isArray(initializer) || typedArrayName(initializer) !== undefined;
}

/**
 * An initializer as a layer keeps it, checked as far as that is possible before
 * the shape is known.
 *
 * @param owner The option that it was given as, for messages.
 * @throws {ArgumentError} where the name is unknown, or it is no initializer at all.
 */
export function checkInitializer(owner: string, initializer: unknown): Initializer {
  if (typeof initializer === "function" || isData(initializer)) return initializer as Initializer;
  const names = Object.keys(named).join(", ");
  const isObject = typeof initializer === "object" && initializer !== null;
  if (typeof initializer !== "string" && !(isObject && "name" in initializer)) {
    throw new ArgumentError(
      `${owner} must be the name of an initializer (${
        formatList(Object.keys(named))
      }), { name, seed }, the values themselves or a function of the shape; got ${
        describe(initializer)
      }`,
    );
  }
  const checked = isObject
    ? checkOptions<NamedInitializer>(owner, initializer, { name: unchecked, seed: seedNumber })
    : initializer;
  const name = typeof checked === "string" ? checked : checked.name;
  if (!isNamed(name)) {
    throw new ArgumentError(
      `unknown initializer ${
        typeof name === "string" ? quote(name) : describe(name)
      }; there are ${names}`,
    );
  }
  return checked as Initializer;
}

/**
 * The first values of a weight of the given shape.
 *
 * @throws {ShapeError} where given values do not fit the shape.
 * @throws {ArgumentError} where they are no numbers.
 * @throws {MemoryError} where there is no room for them.
 */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
): Float32Array {
  const size = sizeOf(shape);
  if (typeof initializer === "string") return fill(initializer, size, { shape, seed });
  if (typeof initializer !== "function" && !isData(initializer)) {
    return fill(initializer.name, size, { shape, seed: initializer.seed ?? seed });
  }
  const values = typeof initializer === "function"
    ? initializer(Object.freeze([...shape]), seed)
    : initializer;
  return float32Of(
    values,
    size,
    (got) =>
      `an initializer for the shape ${
        formatShape(shape)
      } must give ${size} float32 values; got ${got}`,
  );
}

function fill(name: InitializerName, size: number, how: Fill): Float32Array {
  const values = newFloats(size, () => `the first values of a weight ${formatShape(how.shape)}`);
  named[name](values, how);
  return values;
}

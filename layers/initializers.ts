/**
 * What the first values of a layer's weights may be given as, and those values:
 * one of Keras's initializers by name, values, or a function of the shape.
 *
 * @module
 */
import { describe, typedArrayName } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { checkOptions, seedNumber, unchecked } from "../common/options.ts";
import { formatList, quote } from "../common/text.ts";
import { formatShape, sizeOf } from "../kernels/checks.ts";
import { float32Of, newFloats, type TensorData } from "../kernels/data.ts";
import {
  camelCase,
  isConfig,
  type KerasObject,
  kerasObject,
  readKerasObject,
} from "./keras_objects.ts";
import {
  aliases,
  checkScaling,
  type Definition,
  definitions,
  type InitializerName,
} from "./named_initializers.ts";
import { spelled } from "./names.ts";
import { finite } from "./numbers.ts";
import { flatValues, isShaped, type ShapedData, type WeightValues } from "./shaped_data.ts";

export type { InitializerName };

/** An initializer by name, with a seed and arguments; the defaults are Keras's. */
export interface NamedInitializer {
  /** One of the named initializers. */
  readonly name: InitializerName;
  /** A whole number in [0, 2^32); by default made of the layer's seed. One with a seed gives every weight of a shape the same values. */
  readonly seed?: number;
  /** Of constant; default 0. */
  readonly value?: number;
  /** Of identity and orthogonal; default 1. */
  readonly gain?: number;
  /** The lowest value of random_uniform; default −0.05. */
  readonly minval?: number;
  /** What values of random_uniform stay below; default 0.05. */
  readonly maxval?: number;
  /** Of random_normal and truncated_normal; default 0. */
  readonly mean?: number;
  /** Of random_normal, and of truncated_normal before it is cut at twice as much; default 0.05. */
  readonly stddev?: number;
  /** Of variance_scaling; default 1. */
  readonly scale?: number;
  /** Of variance_scaling; default `fan_in`. */
  readonly mode?: "fan_in" | "fan_out" | "fan_avg";
  /** Of variance_scaling; default `truncated_normal`. */
  readonly distribution?: "uniform" | "truncated_normal" | "untruncated_normal" | "normal";
}

/**
 * The first values of a weight: a name; a name with a seed of its own; the
 * values themselves (row-major, as many as the weight has, or as rows or with
 * their shape, which must be the weight's); or a function of the shape, and of a
 * seed for what is random, that returns them.
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
  | NamedInitializer
  | TensorData
  | ShapedData
  | readonly TensorData[]
  | ((shape: readonly number[], seed: number) => TensorData);

/** The name that another one stands for, such as a class's; undefined where there is none. */
function initializerOf(name: unknown): InitializerName | undefined {
  if (typeof name !== "string") return undefined;
  if (Object.hasOwn(aliases, name)) return aliases[name];
  return spelled(Object.keys(definitions) as InitializerName[], name);
}

/** Whether this is data rather than an object with a name. */
function isData(initializer: unknown): initializer is WeightValues {
  return Array.isArray(initializer) || typedArrayName(initializer) !== undefined ||
    isShaped(initializer);
}

/** The same values in memory of their own. */
function copyOf(data: WeightValues): WeightValues {
  if (isShaped(data)) return { shape: [...data.shape], data: copyOf(data.data) as TensorData };
  const { slice } = data as { readonly slice?: unknown };
  if (typeof slice !== "function") return data;
  const copy = slice.call(data) as WeightValues;
  return Array.isArray(copy)
    ? copy.map((row) => isData(row) ? copyOf(row) : row) as number[]
    : copy;
}

/**
 * An initializer as a layer keeps it, checked as far as that is possible before
 * the shape is known.
 *
 * @param owner The option that it was given as, for messages.
 * @throws {ArgumentError} where the name is unknown, or it is no initializer at all.
 */
export function checkInitializer(owner: string, initializer: unknown): Initializer {
  if (typeof initializer === "function") return initializer as Initializer;
  // The caller may change them before the layer is built.
  if (isData(initializer)) return copyOf(initializer);
  const isObject = isConfig(initializer);
  if (typeof initializer !== "string" && !(isObject && "name" in initializer)) {
    throw new ArgumentError(
      `${owner} must be the name of an initializer (${
        formatList(Object.keys(definitions))
      }), { name, seed }, the values themselves or a function of the shape; got ${
        describe(initializer)
      }`,
    );
  }
  const given = isObject ? initializer.name : initializer;
  const name = initializerOf(given);
  if (name === undefined) {
    throw new ArgumentError(
      `unknown initializer ${
        typeof given === "string" ? quote(given) : describe(given)
      }; there are ${Object.keys(definitions).join(", ")}`,
    );
  }
  return isObject ? checkNamed(owner, name, initializer) : name;
}

/** One with arguments. */
function checkNamed(owner: string, name: InitializerName, given: object): NamedInitializer {
  const { defaults }: Definition = definitions[name];
  const options = checkOptions<Record<string, number | string>>(owner, given, {
    name: unchecked,
    // Keras takes one for constants too, and does not need it.
    seed: seedNumber,
    ...Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [
        key,
        typeof value === "number" ? finite : unchecked,
      ]),
    ),
  });
  const checked = { ...options, name };
  if (name !== "variance_scaling") return checked as NamedInitializer;
  const distribution = checkScaling({ ...defaults, ...options });
  return { ...checked, distribution } as NamedInitializer;
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
  if (typeof initializer === "string") return fill({ name: initializer }, size, shape, seed);
  if (typeof initializer !== "function" && !isData(initializer)) {
    return fill(initializer, size, shape, seed);
  }
  const values = typeof initializer === "function"
    ? initializer(Object.freeze([...shape]), seed)
    : initializer;
  return float32Of(
    flatValues(
      shape,
      values,
      (found) =>
        `Expected \`shape\` to be ${
          formatShape(shape)
        } for direct tensor as initializer. Received shape=${formatShape(found)}`,
    ),
    size,
    (got) =>
      `an initializer for the shape ${
        formatShape(shape)
      } must give ${size} float32 values; got ${got}`,
  );
}

function fill(
  initializer: NamedInitializer,
  size: number,
  shape: readonly number[],
  layerSeed: number,
): Float32Array {
  const { name, seed = layerSeed, ...given } = initializer;
  const { defaults, fill }: Definition = definitions[name];
  const values = newFloats(size, () => `the first values of a weight ${formatShape(shape)}`);
  fill(values, { shape, seed }, { ...defaults, ...given });
  return values;
}

/**
 * An initializer as Keras 3 writes it into a configuration; null, which is the
 * default, where it is values or a function.
 */
export function initializerConfig(initializer: Initializer): KerasObject | null {
  if (typeof initializer === "function" || isData(initializer)) return null;
  const { name, seed = null, ...given } = typeof initializer === "string"
    ? { name: initializer }
    : initializer;
  const { className, defaults, random }: Definition = definitions[name];
  const isScaled = random && (name === "variance_scaling" || Object.keys(defaults).length === 0);
  return kerasObject("keras.initializers", className, {
    ...defaults,
    ...given,
    ...(random ? { seed } : {}),
    ...(isScaled ? { input_axes: null, output_axes: null } : {}),
  });
}

/**
 * The initializer of a configuration of Keras 2 or 3, or of TensorFlow.js;
 * undefined where there is none.
 *
 * @throws {ArgumentError} where it is unknown, or an argument is not allowed.
 */
export function readInitializer(what: string, config: unknown): Initializer | undefined {
  if (config === null || config === undefined) return undefined;
  if (typeof config === "string") return checkInitializer(what, config);
  const { class_name, config: given } = readKerasObject(what, config);
  const { dtype: _, seed, input_axes, output_axes, ...rest } = given;
  for (const axes of [input_axes, output_axes]) {
    if (axes === null || axes === undefined) continue;
    throw new ArgumentError(`${what} has axes of its own, which layers here do not take`);
  }
  return checkInitializer(what, {
    name: class_name,
    ...(Number.isInteger(seed) ? { seed: Number(seed) >>> 0 } : {}),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [camelCase(key), value])),
  });
}

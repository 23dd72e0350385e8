/**
 * The arguments of a Dense layer and their checks, which Keras's Dense makes too:
 * what is unknown or of a wrong type is refused when the layer is made.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import {
  boolean,
  checkOptions,
  type OptionChecks,
  seedNumber,
  unchecked,
} from "../common/options.ts";
import type { Activation } from "../kernels/activation.ts";
import { checkActivation } from "../kernels/checks.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";

/** The arguments of a {@linkcode Dense} layer. */
export interface DenseOptions {
  /** The number of outputs, a whole number above 0. */
  readonly units: number;
  /** What is applied to x · weight + bias; default `linear`, which null means too. */
  readonly activation?: Activation | null;
  /** Whether a bias is added; default true. */
  readonly useBias?: boolean;
  /** The first values of the weight [inputs, units]; default `glorot_uniform`. */
  readonly kernelInitializer?: Initializer;
  /** The first values of the bias [units]; default `zeros`. */
  readonly biasInitializer?: Initializer;
  /** The seed of random first values, a whole number in [0, 2^32); by default a fresh one for each layer, see {@linkcode setRandomSeed}. */
  readonly seed?: number;
  /** What messages call the layer, not empty and without a slash; default `dense`, `dense_1`, and so on. */
  readonly name?: string;
  /** Whether training changes the weights; default true. */
  readonly trainable?: boolean;
}

const optionChecks: OptionChecks<DenseOptions> = {
  // These have messages of their own.
  units: unchecked,
  activation: unchecked,
  useBias: boolean,
  kernelInitializer: unchecked,
  biasInitializer: unchecked,
  seed: seedNumber,
  // Keras 3 takes an empty name too, but then no message says which layer is meant.
  name: (value) =>
    typeof value === "string" && value !== "" && !value.includes("/")
      ? null
      : "a text without a slash, and not an empty one",
  // Keras's message.
  trainable: unchecked,
};

/**
 * What `trainable` of a layer is set to.
 *
 * @throws {ArgumentError} where it is neither true nor false.
 */
export function checkTrainable(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new ArgumentError(`Expected \`trainable\` to be a boolean. Received: ${describe(value)}`);
}

/** The options of a layer with their defaults. */
export interface CheckedOptions {
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly weight: Initializer;
  readonly bias: Initializer;
  readonly seed: number | undefined;
  readonly name: string | undefined;
  readonly trainable: boolean;
}

/**
 * The options that a layer was given.
 *
 * @throws {ArgumentError} where one is unknown or not allowed.
 */
export function readDenseOptions(given: DenseOptions): CheckedOptions {
  const options = checkOptions<DenseOptions>("Dense", given, optionChecks);
  const { units, activation, useBias = true, seed, name } = options;
  const { kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = options;
  if (!Number.isSafeInteger(units) || units <= 0) {
    throw new ArgumentError(
      `Received an invalid value for \`units\`, expected a positive integer. Received: units=${
        describe(units)
      }`,
    );
  }
  checkActivation(activation ?? "linear");
  return {
    units,
    activation: activation ?? "linear",
    useBias,
    weight: checkInitializer("Dense's option kernelInitializer", kernelInitializer),
    bias: checkInitializer("Dense's option biasInitializer", biasInitializer),
    seed,
    name,
    trainable: checkTrainable(options.trainable ?? true),
  };
}

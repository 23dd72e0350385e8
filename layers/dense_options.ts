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
  type OptionCheck,
  type OptionChecks,
  seedNumber,
  unchecked,
} from "../common/options.ts";
import type { ActivationFunction } from "./activation_function.ts";
import { type ActivationLike, getActivation } from "./activations.ts";
import { checkLayerOptions, layerOptionChecks, type LayerOptions } from "./layer_options.ts";
import { type Constraint, type ConstraintLike, getConstraint } from "./constraints.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import { positive } from "./numbers.ts";
import {
  type Quantization,
  type QuantizationMode,
  quantizationOf,
  type QuantizationOptions,
} from "./quantization.ts";
import { getRegularizer, type Regularizer, type RegularizerLike } from "./regularizers.ts";

/** The arguments of a {@linkcode Dense} layer. */
export interface DenseOptions extends LayerOptions {
  /** The number of outputs, a whole number above 0. */
  readonly units: number;
  /** What is applied to x · weight + bias; default `linear`, which null means too. */
  readonly activation?: ActivationLike | null;
  /** Whether a bias is added; default true. */
  readonly useBias?: boolean;
  /** The first values of the weight [inputs, units]; default `glorot_uniform`. */
  readonly kernelInitializer?: Initializer;
  /** The first values of the bias [units]; default `zeros`. */
  readonly biasInitializer?: Initializer;
  /** The seed of random first values, a whole number in [0, 2^32); by default a fresh one for each layer, see {@linkcode setRandomSeed}. */
  readonly seed?: number;
  /** The penalty of the weight; default none. */
  readonly kernelRegularizer?: RegularizerLike | null;
  /** The penalty of the bias; default none. */
  readonly biasRegularizer?: RegularizerLike | null;
  /** What an optimizer brings the weight to after each update; default none. */
  readonly kernelConstraint?: ConstraintLike | null;
  /** What an optimizer brings the bias to after each update; default none. */
  readonly biasConstraint?: ConstraintLike | null;
  /** The rank of a low-rank adaptation, which {@linkcode Dense.enableLora} adds; default none. */
  readonly loraRank?: number;
  /** What the adaptation is multiplied by, times its rank; default the rank. */
  readonly loraAlpha?: number;
  /** For a layer whose weight is whole numbers and scales, to be set: `int8`, `int4` (with a scale for each 128 rows), or with more options; see {@linkcode Dense.quantize}. */
  readonly quantization?: QuantizationMode | QuantizationOptions | null;
  /** How {@linkcode Dense.quantize} quantizes where it is not told; default none. */
  readonly quantizationConfig?: QuantizationMode | QuantizationOptions | null;
}

const rank: OptionCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? null : "a whole number above 0";

const optionChecks: OptionChecks<DenseOptions> = {
  // These have messages of their own.
  units: unchecked,
  activation: unchecked,
  useBias: boolean,
  kernelInitializer: unchecked,
  biasInitializer: unchecked,
  seed: seedNumber,
  ...layerOptionChecks,
  kernelRegularizer: unchecked,
  biasRegularizer: unchecked,
  kernelConstraint: unchecked,
  biasConstraint: unchecked,
  loraRank: rank,
  loraAlpha: positive,
  quantization: unchecked,
  quantizationConfig: unchecked,
};

/** What a weight or a bias is made with. */
export interface VariableSettings {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
}

/** The options of a layer with their defaults. */
export interface CheckedOptions extends LayerOptions {
  readonly units: number;
  readonly activation: ActivationFunction;
  readonly useBias: boolean;
  readonly weight: VariableSettings;
  readonly bias: VariableSettings;
  readonly seed: number | undefined;
  readonly loraRank: number | null;
  readonly loraAlpha: number | null;
  readonly quantization: Quantization | null;
  readonly quantizationConfig: Quantization | null;
}

/**
 * The options that a layer was given.
 *
 * @throws {ArgumentError} where one is unknown or not allowed.
 */
export function readDenseOptions(given: DenseOptions): CheckedOptions {
  const options = checkLayerOptions<DenseOptions>("Dense", given, optionChecks);
  const { units, activation, useBias = true, seed, loraRank, loraAlpha } = options;
  const quantization = quantizationOf("Dense's option quantization", options.quantization);
  const quantizationConfig = quantizationOf(
    "Dense's option quantizationConfig",
    options.quantizationConfig,
  );
  const { kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = options;
  const { kernelRegularizer = null, biasRegularizer = null } = options;
  const { kernelConstraint = null, biasConstraint = null } = options;
  if (!Number.isSafeInteger(units) || units <= 0) {
    throw new ArgumentError(
      `Received an invalid value for \`units\`, expected a positive integer. Received: units=${
        describe(units)
      }`,
    );
  }
  const chosen = getActivation(activation ?? null);
  chosen.outputColumns(units);
  return {
    ...options,
    units,
    activation: chosen,
    useBias,
    weight: {
      initializer: checkInitializer("Dense's option kernelInitializer", kernelInitializer),
      regularizer: getRegularizer(kernelRegularizer),
      constraint: getConstraint(kernelConstraint),
    },
    bias: {
      initializer: checkInitializer("Dense's option biasInitializer", biasInitializer),
      regularizer: getRegularizer(biasRegularizer),
      constraint: getConstraint(biasConstraint),
    },
    seed,
    loraRank: loraRank ?? null,
    loraAlpha: loraAlpha ?? null,
    quantization,
    quantizationConfig,
  };
}

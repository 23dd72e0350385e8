/**
 * The configuration of a Dense layer in both directions: written as Keras 3 writes
 * it, and read as Keras 3, Keras 2 and TensorFlow.js do.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { activationConfig, readActivation } from "./activation_config.ts";
import { readConstraint } from "./constraints.ts";
import type { CheckedOptions, DenseOptions } from "./dense_options.ts";
import { initializerConfig, readInitializer } from "./initializers.ts";
import type { KerasConfig } from "./keras_objects.ts";
import {
  optionsOf,
  policyConfig,
  type Quantization,
  quantizationConfig,
  readQuantizationConfig,
} from "./quantization.ts";
import type { LowRank } from "./lora.ts";
import { readLayerConfig } from "./read_layer_config.ts";
import type { ReadOptions } from "./read_options.ts";
import { readRegularizer } from "./regularizers.ts";

/** What a layer is besides its options. */
interface DenseState {
  readonly lora: LowRank | null;
  readonly quantization: Quantization | null;
}

/** The part of a Dense layer's configuration that is its own. */
export function denseConfig(
  { units, activation, useBias, weight, bias, quantizationConfig: stored }: CheckedOptions,
  { lora, quantization }: DenseState,
): KerasConfig {
  return {
    dtype: policyConfig(quantization),
    units,
    activation: activationConfig(activation),
    use_bias: useBias,
    kernel_initializer: initializerConfig(weight.initializer),
    bias_initializer: initializerConfig(bias.initializer),
    kernel_regularizer: weight.regularizer?.getConfig() ?? null,
    bias_regularizer: bias.regularizer?.getConfig() ?? null,
    kernel_constraint: weight.constraint?.getConfig() ?? null,
    bias_constraint: bias.constraint?.getConfig() ?? null,
    quantization_config: quantizationConfig(quantization ?? stored),
    ...(lora ? { lora_rank: lora.rank, lora_alpha: lora.alpha } : {}),
  };
}

const known = [
  "units",
  "activation",
  "use_bias",
  "kernel_initializer",
  "bias_initializer",
  "kernel_regularizer",
  "bias_regularizer",
  "kernel_constraint",
  "bias_constraint",
  "quantization_config",
  "lora_rank",
  "lora_alpha",
  // Of Keras 1 and 2, beside the shape of the input.
  "input_dim",
  "input_shape",
];

/**
 * The options that a configuration stands for.
 *
 * @throws {ArgumentError} where it is none of a Dense layer, or has what is not known here.
 */
export function readDenseConfig(given: KerasConfig, options: ReadOptions = {}): DenseOptions {
  const { config, version, base, quantization } = readLayerConfig("Dense", given, known, options);
  const label = `Dense ${quote(`${config.name ?? ""}`)}`;
  const said = readQuantizationConfig(label, config.quantization_config);
  if (said && quantization && said.mode !== quantization.mode) {
    throw new ArgumentError(
      `${label} has the dtype of ${quantization.mode} and a quantization_config of ${said.mode}`,
    );
  }
  const kernelInitializer = readInitializer(
    `kernel_initializer of ${label}`,
    config.kernel_initializer,
  );
  const biasInitializer = readInitializer(`bias_initializer of ${label}`, config.bias_initializer);
  const { lora_rank: loraRank, lora_alpha: loraAlpha } = config;
  return {
    ...base,
    units: config.units as number,
    activation: readActivation(config.activation, version, options),
    ...(config.use_bias === undefined ? {} : { useBias: config.use_bias as boolean }),
    ...(kernelInitializer === undefined ? {} : { kernelInitializer }),
    ...(biasInitializer === undefined ? {} : { biasInitializer }),
    kernelRegularizer: readRegularizer(config.kernel_regularizer),
    biasRegularizer: readRegularizer(config.bias_regularizer),
    kernelConstraint: readConstraint(config.kernel_constraint),
    biasConstraint: readConstraint(config.bias_constraint),
    ...(loraRank ? { loraRank: loraRank as number } : {}),
    ...(loraAlpha ? { loraAlpha: loraAlpha as number } : {}),
    ...(quantization ? { quantization: optionsOf(said ?? quantization) } : {}),
    ...(said && !quantization ? { quantizationConfig: optionsOf(said) } : {}),
  };
}

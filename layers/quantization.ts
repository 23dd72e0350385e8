/**
 * How a Dense layer is quantized, in both directions: as options, as Keras's
 * dtype policy (`int8_from_float32`, `int4/128_from_float32`) and as Keras's
 * quantization_config, of which the second wins where both say it.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { boolean, checkOptions, type OptionCheck, unchecked } from "../common/options.ts";
import { quote } from "../common/text.ts";
import { isConfig, type KerasConfig, type KerasObject, kerasObject } from "./keras_objects.ts";

/** What a weight is quantized to. */
export type QuantizationMode = "int8" | "int4";

/** How a layer is quantized. */
export interface QuantizeOptions {
  /** Whether inputs are quantized to int8 too, row by row; default true of int8, false of int4. */
  readonly inputs?: boolean;
  /** Of int4: how many rows of a column have a scale and a zero of their own; default 128. Null or −1 for one scale of the whole column, which inputs need that are quantized too. */
  readonly blockSize?: number | null;
}

/** The mode and how, as an option of a layer. */
export interface QuantizationOptions extends QuantizeOptions {
  /** `int8` or `int4`. */
  readonly mode: QuantizationMode;
}

/** All of it, with the defaults. */
export interface Quantization {
  readonly mode: QuantizationMode;
  readonly inputs: boolean;
  /** Null for a scale of the whole column, as int8 always has. */
  readonly blockSize: number | null;
}

/** The rows of a group by default, which are Keras's. */
const defaultBlock = 128;

const isMode = (mode: unknown): mode is QuantizationMode => mode === "int8" || mode === "int4";

const blockSize: OptionCheck = (value) =>
  value === null || value === -1 || (Number.isSafeInteger(value) && (value as number) > 0)
    ? null
    : "a whole number above 0, or null or -1 for a scale of the whole column";

/**
 * A mode and its options, with the defaults.
 *
 * @param owner What messages begin with.
 * @throws {ArgumentError} where the mode is unknown, or an option is unknown or not allowed.
 */
export function readQuantization(
  owner: string,
  mode: unknown,
  given: QuantizeOptions = {},
): Quantization {
  if (!isMode(mode)) {
    throw new ArgumentError(
      `Invalid quantization mode. Expected one of 'int8' and 'int4', which are here. Received: mode=${
        describe(mode)
      }`,
    );
  }
  const options = checkOptions<QuantizeOptions>(owner, given, { inputs: boolean, blockSize });
  if (mode === "int8") {
    if (options.blockSize !== undefined) {
      throw new ArgumentError(`${owner} has no blockSize of int8; it is of int4`);
    }
    return { mode, inputs: options.inputs ?? true, blockSize: null };
  }
  const { inputs = false, blockSize: block = defaultBlock } = options;
  if (inputs && block !== null && block !== -1) {
    throw new ArgumentError(
      `${owner} quantizes inputs of int4 only with a scale of the whole column, blockSize null, as Keras does; got the blockSize ${block}`,
    );
  }
  return { mode, inputs, blockSize: block === -1 ? null : block };
}

/**
 * The option of a layer that says it: a mode, or an object with one; null for none.
 *
 * @throws {ArgumentError} where it is neither.
 */
export function quantizationOf(owner: string, given: unknown): Quantization | null {
  if (given === undefined || given === null) return null;
  if (typeof given === "string") {
    if (isMode(given)) return readQuantization(owner, given);
    throw new ArgumentError(`${owner} must be "int8", "int4" or null; got ${quote(given)}`);
  }
  const { mode, ...options } = checkOptions<QuantizationOptions>(owner, given, {
    mode: unchecked,
    inputs: unchecked,
    blockSize: unchecked,
  });
  return readQuantization(owner, mode, options);
}

/** The mode of a dtype policy as its parts; null where it is none of those here. */
function modeOf(policy: string): Quantization | null {
  if (policy === "int8") return { mode: "int8", inputs: true, blockSize: null };
  const found = /^int4(?:\/(None|-1|[1-9]\d{0,14}))?$/.exec(policy);
  if (!found) return null;
  const [, block] = found;
  // Without a number it has a scale of the whole column, as Keras had it before there were groups.
  const size = block === undefined || block === "None" || block === "-1" ? null : Number(block);
  return { mode: "int4", inputs: false, blockSize: size };
}

/**
 * How a layer of this dtype policy is quantized; null where it is not.
 *
 * @param mode The policy's, as `int4/128`.
 * @returns Undefined where it is another way than those here.
 */
export function quantizationOfPolicy(mode: string | null): Quantization | null | undefined {
  return mode === null ? null : modeOf(mode) ?? undefined;
}

/** As an option of a layer. */
export function optionsOf({ mode, inputs, blockSize }: Quantization): QuantizationOptions {
  return mode === "int8" ? { mode, inputs } : { mode, inputs, blockSize };
}

const modeName = ({ mode, blockSize }: Quantization) =>
  mode === "int8" ? mode : `${mode}/${blockSize ?? -1}`;

/** The name of the dtype policy of a layer. */
export function policyName(quantization: Quantization | null): string {
  return quantization ? `${modeName(quantization)}_from_float32` : "float32";
}

/** The dtype policy of a layer. */
export function policyConfig(quantization: Quantization | null): KerasObject {
  if (!quantization) return kerasObject("keras", "DTypePolicy", { name: "float32" });
  const name = quantization.mode === "int8" ? "QuantizedDTypePolicy" : "Int4DTypePolicy";
  return kerasObject("keras.dtype_policies", name, {
    mode: modeName(quantization),
    source_name: "float32",
  });
}

/** Keras's quantizer of rows, which inputs are quantized by. */
const rowQuantizer = () =>
  kerasObject("keras.quantizers", "AbsMaxQuantizer", {
    value_range: [-127, 127],
    epsilon: 1e-7,
    output_dtype: "int8",
  });

/** The quantization_config of a layer. */
export function quantizationConfig(quantization: Quantization | null): KerasObject | null {
  if (!quantization) return null;
  const { mode, inputs, blockSize } = quantization;
  const name = mode === "int8" ? "Int8QuantizationConfig" : "Int4QuantizationConfig";
  return kerasObject("keras.quantizers", name, {
    weight_quantizer: null,
    activation_quantizer: inputs ? rowQuantizer() : null,
    ...(mode === "int4" ? { block_size: blockSize } : {}),
  });
}

/** @throws {ArgumentError} where a quantizer is not Keras's of this range. */
function checkQuantizer(label: string, quantizer: unknown, low: number, high: number): void {
  if (quantizer === null || quantizer === undefined) return;
  const { class_name, config } = isConfig(quantizer) ? quantizer : {} as KerasConfig;
  const { value_range = [-127, 127], epsilon = 1e-7, output_dtype = "int8", axis = -1 } =
    isConfig(config) ? config : {};
  const isKnown = class_name === "AbsMaxQuantizer" && `${value_range}` === `${[low, high]}` &&
    Math.fround(Number(epsilon)) === Math.fround(1e-7) && output_dtype === "int8" &&
    ["-1", "0"].includes(`${axis ?? -1}`);
  if (isKnown) return;
  throw new ArgumentError(
    `${label} has a quantizer other than Keras's AbsMaxQuantizer from ${low} to ${high} with its defaults`,
  );
}

/**
 * The quantization_config of a layer's configuration; null where there is none.
 *
 * @throws {ArgumentError} where it is another one than can be read here.
 */
export function readQuantizationConfig(label: string, given: unknown): Quantization | null {
  if (given === null || given === undefined) return null;
  const { class_name, config } = isConfig(given) ? given : {} as KerasConfig;
  const name = class_name === "Int8QuantizationConfig"
    ? "int8"
    : class_name === "Int4QuantizationConfig"
    ? "int4"
    : null;
  if (name === null) {
    throw new ArgumentError(
      `${label} is quantized by ${
        describe(class_name)
      }; an Int8QuantizationConfig and an Int4QuantizationConfig can be read here`,
    );
  }
  const { weight_quantizer, activation_quantizer, block_size } = isConfig(config) ? config : {};
  checkQuantizer(label, activation_quantizer, -127, 127);
  const [low, high] = name === "int8" ? [-127, 127] : [-8, 7];
  checkQuantizer(label, weight_quantizer, low!, high!);
  return readQuantization(`${label}: its quantization_config`, name, {
    // Absent, as of Keras before 3.13, is the default.
    ...(activation_quantizer === undefined ? {} : { inputs: activation_quantizer !== null }),
    ...(name === "int4" ? { blockSize: (block_size ?? null) as number | null } : {}),
  });
}

/**
 * The arrays of a Dense layer that is quantized, as Keras's files have them: int8
 * numbers with a scale of each column, or int4 numbers, two columns in a byte,
 * with one scale of a column or a scale and a zero of each group of its rows.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { dtypePolicyOf } from "../layers/dtype_policy.ts";
import { groupsProblem } from "../layers/int4.ts";
import {
  type Quantization,
  quantizationOfPolicy,
  readQuantizationConfig,
} from "../layers/quantization.ts";
import type { Config, StoredWeight } from "./stored_model.ts";

/** How a layer is quantized, by its configuration; null where it is not, or in a way that layers refuse where they are read. */
export function quantizationIn({ dtype, quantization_config }: Config): Quantization | null {
  try {
    const policy = quantizationOfPolicy(dtypePolicyOf(dtype).mode);
    return policy ? readQuantizationConfig("it", quantization_config) ?? policy : null;
  } catch (error) {
    if (error instanceof ArgumentError) return null;
    throw error;
  }
}

/** The names of a Dense's arrays besides the kernel and the bias, in Keras's order. */
export function scaleNames(config: Config): readonly string[] {
  const quantization = quantizationIn(config);
  if (!quantization) return [];
  return quantization.blockSize === null
    ? ["kernel_scale"]
    : ["kernel_scale", "kernel_zero", "g_idx"];
}

/** An array that does not fit the others of its layer, and what it must be. */
export interface Misfit {
  readonly weight: StoredWeight;
  /** As the end of "must have". */
  readonly wanted: string;
}

/** How many outputs a Dense has, by its configuration, else by its kernel. */
export function unitsOf(config: Config, kernel: StoredWeight): number {
  const said = config.units ?? config.output_dim;
  return typeof said === "number" ? said : kernel.shape[1]!;
}

/** The first of a Dense's arrays that does not fit the others; null where all do. */
export function misfitOf(
  config: Config,
  [kernel, ...others]: readonly StoredWeight[],
): Misfit | null {
  if (!kernel) return null;
  if (kernel.shape.length !== 2) return { weight: kernel, wanted: "two axes, [inputs, units]" };
  const [inputs, columns] = kernel.shape as [number, number];
  const quantization = quantizationIn(config);
  const int4 = quantization?.mode === "int4" ? quantization : null;
  const units = int4 ? unitsOf(config, kernel) : columns;
  const packed = Math.ceil(units / 2);
  if (int4 && (columns !== packed || kernel.dtype !== "int8")) {
    const older = columns === units && kernel.dtype === "int8"
      ? ", and not two rows in a byte, as older versions of Keras had it, which are not read"
      : "";
    return {
      weight: kernel,
      wanted: `the shape [inputs, ${packed}] in int8, two columns in a byte${older}`,
    };
  }
  const groups = int4?.blockSize ? [Math.ceil(inputs / int4.blockSize)] : [];
  const shapes: Readonly<Record<string, readonly number[]>> = {
    bias: [units],
    kernel_scale: [...groups, units],
    kernel_zero: [...groups, units],
    g_idx: [inputs],
  };
  for (const weight of others) {
    const shape = shapes[weight.name] ?? [units];
    if (`${weight.shape}` !== `${shape}`) {
      return { weight, wanted: `the shape [${shape.join(", ")}]` };
    }
    const numbers = Array.from(weight.name === "g_idx" ? weight.values : [], Number);
    const problem = groupsProblem(numbers, int4?.blockSize ?? 1);
    if (problem) return { weight, wanted: problem.replace(/^has /, "") };
    const isZero = weight.name === "kernel_zero";
    if (isZero && !weight.values.every((each: number | bigint) => -8 <= each && each <= 7)) {
      return { weight, wanted: "whole numbers from -8 to 7" };
    }
  }
  return null;
}

/** The int4 numbers of bytes, two columns in each, the first in its lower half. */
function unpacked(bytes: Float32Array, inputs: number, units: number): Float32Array {
  const numbers = new Float32Array(inputs * units);
  const columns = Math.ceil(units / 2);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < units; j++) {
      const byte = bytes[i * columns + (j >> 1)]!;
      numbers[i * units + j] = j % 2 === 0 ? byte << 28 >> 28 : byte >> 4;
    }
  }
  return numbers;
}

/** The weight [inputs, units] that a quantized layer's arrays stand for, each step in float32 as Keras takes it. */
export function decodedKernel(
  { mode, blockSize }: Quantization,
  kernel: Float32Array,
  units: number,
  scale: Float32Array,
  zero: Float32Array | null,
): Float32Array {
  const inputs = kernel.length / (mode === "int4" ? Math.ceil(units / 2) : units);
  const numbers = mode === "int4" ? unpacked(kernel, inputs, units) : kernel;
  if (blockSize === null) return numbers.map((value, i) => value / scale[i % units]!);
  return numbers.map((value, i) => {
    const at = Math.floor(i / units / blockSize) * units + i % units;
    return (value - zero![at]!) * scale[at]!;
  });
}

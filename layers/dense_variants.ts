/**
 * What makes another layer of a Dense: the low-rank adaptation and int8 numbers,
 * with Keras's checks and messages.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { boolean, checkOptions, unchecked } from "../common/options.ts";
import { seedOf } from "../common/random.ts";
import type { Kernel } from "../kernels/kernel.ts";
import type { CheckedOptions } from "./dense_options.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import { LowRank } from "./lora.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** How a low-rank adaptation is made. */
export interface LoraOptions {
  /** What a · b is multiplied by, times the rank; default the rank. */
  readonly loraAlpha?: number;
  /** The first values of a [inputs, rank]; default `he_uniform`. */
  readonly aInitializer?: Initializer;
  /** The first values of b [rank, units]; default `zeros`, so that nothing changes at first. */
  readonly bInitializer?: Initializer;
}

/** How a layer is quantized. */
export interface QuantizeOptions {
  /** Whether inputs are quantized too, row by row; default true. */
  readonly inputs?: boolean;
}

/**
 * Checks whether a layer can have an adaptation of this rank.
 *
 * @throws {ArgumentError} where its weight has a constraint, the rank is none, or the kernel computes no formulas.
 */
export function checkLora(
  kernel: Kernel,
  label: string,
  { weight, loraRank }: Pick<CheckedOptions, "weight" | "loraRank">,
): void {
  if (weight.constraint) {
    throw new ArgumentError(
      `Lora is incompatible with kernel constraints. In order to enable lora on ${label}, remove its kernelConstraint`,
    );
  }
  if (!Number.isSafeInteger(loraRank) || loraRank! <= 0) {
    throw new ArgumentError(
      `the rank of a lora is a whole number above 0; got ${describe(loraRank)}`,
    );
  }
  checkFormulaKernel("a lora", kernel);
}

/**
 * Checks whether a kernel can compute what a layer was given.
 *
 * @throws {ArgumentError} where it computes no formulas, and they are needed.
 */
export function checkForKernel(kernel: Kernel, label: string, options: CheckedOptions): void {
  const { activation, weight, bias, loraRank, quantization } = options;
  activation.check(kernel);
  for (const { regularizer, constraint } of [weight, bias]) {
    regularizer?.check(kernel);
    constraint?.check(kernel);
  }
  if (loraRank !== null) checkLora(kernel, label, options);
  if (quantization) checkFormulaKernel("int8", kernel);
}

/** The scale of each column of a layer of int8 numbers. */
export function scaleVariable(units: number): VariableOptions {
  return { name: "kernel_scale", shape: [units], initializer: "ones", seed: 0, learns: false };
}

/** How a layer's variables become more and fewer. */
export interface VariableChanges {
  readonly add: (options: VariableOptions) => LayerVariable;
  readonly remove: (variable: LayerVariable) => void;
}

/** Adds the variables of an adaptation, and freezes the weight; where it fails, nothing has changed. */
export function addLora(
  kernel: Kernel,
  weight: LayerVariable,
  rank: number,
  options: LoraOptions,
  seed: number,
  { add, remove }: VariableChanges,
): LowRank {
  const { loraAlpha = rank, aInitializer = "he_uniform", bInitializer = "zeros" } = checkOptions<
    LoraOptions
  >("enableLora()", options, {
    loraAlpha: (value) =>
      typeof value === "number" && Number.isFinite(value) && value > 0
        ? null
        : "a finite number above 0",
    aInitializer: unchecked,
    bInitializer: unchecked,
  });
  const initializerOfA = checkInitializer("enableLora()'s aInitializer", aInitializer);
  const initializerOfB = checkInitializer("enableLora()'s bInitializer", bInitializer);
  const { tensor: { shape: [inputs = 0, units = 0] }, regularizer } = weight;
  const make = (name: string, shape: readonly number[], initializer: Initializer) =>
    add({ name, shape, initializer, seed: seedOf(name, seed), regularizer });
  const a = make("lora_kernel_a", [inputs, rank], initializerOfA);
  let b: LayerVariable;
  try {
    b = make("lora_kernel_b", [rank, units], initializerOfB);
  } catch (error) {
    remove(a);
    throw error;
  }
  weight.learns = false;
  return new LowRank(kernel, weight, a, b, rank, loraAlpha);
}

/**
 * Checks whether a layer can be quantized.
 *
 * @returns Whether inputs are quantized too.
 * @throws {ArgumentError} where the mode is unknown, or the kernel computes no formulas.
 * @throws {OwnershipError} where it is not built, or quantized already.
 */
export function checkQuantize(
  kernel: Kernel,
  label: string,
  mode: unknown,
  options: QuantizeOptions,
  { built, quantized }: { readonly built: boolean; readonly quantized: boolean },
): boolean {
  const { inputs = true } = checkOptions<QuantizeOptions>("quantize()", options, {
    inputs: boolean,
  });
  if (mode !== "int8") {
    throw new ArgumentError(
      `Invalid quantization mode. Expected 'int8', the only one here. Received: mode=${
        describe(mode)
      }`,
    );
  }
  if (!built) {
    throw new OwnershipError(`Cannot quantize a layer that isn't yet built. ${label} is not`);
  }
  if (quantized) {
    throw new OwnershipError(
      `${label} is already quantized with dtype_policy='int8_from_float32'`,
    );
  }
  checkFormulaKernel("quantize()", kernel);
  return inputs;
}

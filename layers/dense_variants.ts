/**
 * What makes another layer of a Dense: the low-rank adaptation and whole numbers,
 * with Keras's checks and messages.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { checkOptions, unchecked } from "../common/options.ts";
import { seedOf } from "../common/random.ts";
import type { Kernel } from "../kernels/kernel.ts";
import type { DenseWeight } from "./dense_weight.ts";
import type { CheckedOptions } from "./dense_options.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import { LowRank } from "./lora.ts";
import {
  policyName,
  type Quantization,
  type QuantizeOptions,
  readQuantization,
} from "./quantization.ts";
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

/** @throws {OwnershipError} where a layer is not built, or has an adaptation already. */
export function checkLoraState(built: boolean, enabled: boolean): void {
  if (!built) {
    throw new OwnershipError("Cannot enable lora on a layer that isn't yet built.");
  }
  if (enabled) {
    throw new OwnershipError("lora is already enabled. This can only be done once per layer.");
  }
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
  if (quantization) checkFormulaKernel(quantization.mode, kernel);
}

/** How a layer's variables become more and fewer. */
export interface VariableChanges {
  readonly add: (options: VariableOptions) => LayerVariable;
  readonly remove: (variable: LayerVariable) => void;
}

/** Adds the variables of an adaptation, and freezes the weight; where it fails, nothing has changed. */
export function addLora(
  kernel: Kernel,
  { variable: weight, shape: [inputs, units] }: DenseWeight,
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
  const { regularizer } = weight;
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
  return new LowRank(kernel, a, b, rank, loraAlpha);
}

/** How a layer is to be quantized: as it is said now, or as it was when the layer was made. */
function wantedOf(
  label: string,
  mode: unknown,
  options: QuantizeOptions | undefined,
  stored: Quantization | null,
): Quantization {
  if (mode === undefined && !stored) {
    throw new ArgumentError(
      "You must provide the mode of quantize(), int8 or int4, or make the layer with a quantizationConfig",
    );
  }
  if (options !== undefined || !stored) {
    return readQuantization("quantize()", mode ?? stored?.mode, options);
  }
  if (mode === undefined || mode === stored.mode) return stored;
  throw new ArgumentError(
    `Contradictory arguments: mode=${
      describe(mode)
    } but ${label} has a quantizationConfig of ${stored.mode}; give options too to have them instead`,
  );
}

/**
 * Checks whether a layer can be quantized.
 *
 * @param stored What the layer was given as its quantizationConfig.
 * @returns How it is.
 * @throws {ArgumentError} where the mode is unknown or contradicts what was stored, an option is not allowed, or the kernel computes no formulas.
 * @throws {OwnershipError} where it is not built, or quantized already.
 */
export function checkQuantize(
  kernel: Kernel,
  label: string,
  mode: unknown,
  options: QuantizeOptions | undefined,
  { built, quantized, stored }: {
    readonly built: boolean;
    readonly quantized: Quantization | null;
    readonly stored: Quantization | null;
  },
): Quantization {
  const found = wantedOf(label, mode, options, stored);
  if (!built) {
    throw new OwnershipError(`Cannot quantize a layer that isn't yet built. ${label} is not`);
  }
  if (quantized) {
    throw new OwnershipError(
      `${label} is already quantized with dtype_policy='${policyName(quantized)}'`,
    );
  }
  checkFormulaKernel("quantize()", kernel);
  return found;
}

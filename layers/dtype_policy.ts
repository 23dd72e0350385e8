/**
 * The dtype of a layer's configuration: a name, or a policy as an object, in all
 * forms that Keras 2 and 3 write (keras/src/dtype_policies).
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { type Quantization, quantizationOfPolicy } from "./quantization.ts";
import { checkDepth, isConfig, type KerasConfig } from "./keras_objects.ts";

/** What a layer's dtype says. */
export interface DtypePolicy {
  /** How it is quantized, by Keras's name of it: `int8`, `int4/128`; null where it is not. */
  readonly mode: string | null;
  /** What it computes in, or was quantized from: `float32`, `mixed_bfloat16`. */
  readonly source: string;
}

/** A policy by its name; one of a quantized layer has its mode and its source in it. */
function named(name: string): DtypePolicy {
  const [mode = "", source, ...rest] = name.split("_from_");
  if (source === undefined) return { mode: null, source: name };
  if (mode !== "" && source !== "" && rest.length === 0) return { mode, source };
  throw new ArgumentError(`the dtype ${quote(name)} is none that Keras writes`);
}

/** What a name begins with that is quantized, as classes have it: `QuantizedDTypePolicy`, `GPTQDTypePolicy`. */
const isQuantizedClass = (className: string) =>
  /^(Quantized|.+DTypePolicy$)/.test(className) &&
  !/^(Float)?DTypePolicy$/.test(className);

/** Of a map, which has a policy for each layer's path: the one that all of them are. */
function ofMap({ default_policy, policy_map }: KerasConfig): DtypePolicy {
  const policies = [default_policy, ...Object.values(isConfig(policy_map) ? policy_map : {})]
    .map(dtypePolicyOf);
  const [first] = policies as [DtypePolicy];
  if (policies.every(({ mode, source }) => mode === first.mode && source === first.source)) {
    return first;
  }
  throw new ArgumentError(
    "the dtype is a DTypePolicyMap of several policies, which goes by the paths of layers; one policy for all of them can be read",
  );
}

/**
 * What the `dtype` of a layer's configuration says: float32, Keras's default, where it is absent or
 * null.
 *
 * @throws {ArgumentError} where it is none that Keras writes.
 */
export function dtypePolicyOf(dtype: unknown): DtypePolicy {
  if (dtype === undefined || dtype === null) return { mode: null, source: "float32" };
  if (typeof dtype === "string") return named(dtype);
  if (isConfig(dtype) && typeof dtype.class_name === "string" && isConfig(dtype.config)) {
    const { class_name: className, config } = dtype;
    checkDepth("the dtype of a layer", config);
    if (className === "DTypePolicyMap") return ofMap(config);
    const { name, mode, source_name } = config;
    const quantized = isQuantizedClass(className);
    if (quantized && typeof mode === "string" && typeof source_name === "string") {
      return { mode, source: source_name };
    }
    if (typeof name === "string") {
      const policy = named(name);
      // Keras 3.3 wrote the name alone; a plain policy is never a quantized one.
      if (quantized === (policy.mode !== null)) return policy;
      throw new ArgumentError(
        `the dtype is a ${quote(className)} called ${quote(name)}, which Keras does not know`,
      );
    }
  }
  throw new ArgumentError(`a dtype is a name or { class_name, config }; got ${describe(dtype)}`);
}

/**
 * Checks the dtype of a layer: float32, or a mixed one, whose variables are.
 *
 * @returns How it is quantized; null where it is not.
 * @throws {ArgumentError} where it is another one.
 */
export function readDtype(label: string, dtype: unknown): Quantization | null {
  let policy: DtypePolicy;
  try {
    policy = dtypePolicyOf(dtype);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(`${label}: ${error.message}`);
  }
  const { mode, source } = policy;
  const isFloat32 = /^(float32|mixed_b?float16)$/.test(source);
  const quantization = quantizationOfPolicy(mode);
  if (isFloat32 && quantization !== undefined) return quantization;
  throw new ArgumentError(
    `${label} has the dtype ${
      quote(mode === null ? source : `${mode}_from_${source}`)
    }; layers here compute in float32, or are int8_from_float32 or int4/128_from_float32`,
  );
}

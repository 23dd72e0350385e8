/**
 * The activations that every kernel computes, by name, and what the gradient of
 * each is a function of. Names and defaults are those of Keras 3.
 *
 * @module
 */

/**
 * The names of all activations, which are Keras's. `gelu` is the exact one,
 * z·Φ(z); `gelu_tanh` is Keras's `gelu(approximate=True)`; elu has alpha 1.
 */
export const activations = [
  "linear",
  "relu",
  "sigmoid",
  "tanh",
  "softmax",
  "gelu",
  "gelu_tanh",
  "exponential",
  "elu",
  "selu",
  "softplus",
  "silu",
  "mish",
] as const;

/** α and the scale of selu (Klambauer et al., NeurIPS 2017), with Keras's digits. */
export const selu = { alpha: 1.6732632423543772848, scale: 1.0507009873554804934 } as const;

/** The constants of gelu's tanh form (Hendrycks & Gimpel 2016): z(1 + tanh u)/2 with u = scale·(z + cubic·z³). */
export const geluTanh = { scale: 0.7978845608028654, cubic: 0.044715 } as const;

/** The name of an activation, one of {@linkcode activations}. */
export type Activation = typeof activations[number];

/** The activations that are functions of a single element. */
export type Pointwise = Exclude<Activation, "softmax">;

/**
 * The largest errors in ULP of activations that are computed in float64: 0.5 for
 * the rounding to float32, and less than 0.01 for the computation itself. linear
 * and relu are exact.
 */
export const float64ActivationUlp: Readonly<Record<Activation, number>> = Object.freeze(
  Object.fromEntries(
    activations.map((name) => [name, name === "linear" || name === "relu" ? 0 : 0.51]),
  ) as Record<Activation, number>,
);

/** The largest errors in ULP of gradients that are computed in float64; that of exponential is its y. */
export const float64GradientUlp: Readonly<Record<Pointwise, number>> = Object.freeze({
  linear: 0,
  relu: 0,
  sigmoid: 0.51,
  tanh: 0.51,
  gelu: 0.51,
  gelu_tanh: 0.51,
  exponential: 0,
  elu: 0.51,
  selu: 0.51,
  softplus: 0.51,
  silu: 0.51,
  mish: 0.51,
});

const activationIndex: ReadonlyMap<unknown, number> = new Map(
  activations.map((name, i) => [name, i]),
);

/**
 * Whether `name` is the name of an activation.
 *
 * @example A name from elsewhere
 * ```ts
 * import { isActivation } from "@densemark/densemark";
 *
 * if (!isActivation("relu") || isActivation("Relu")) throw new Error("names are Keras's");
 * ```
 */
export function isActivation(name: unknown): name is Activation {
  return activationIndex.has(name);
}

const needingZ: ReadonlySet<Activation> = new Set(["gelu", "gelu_tanh", "silu", "mish"]);

/**
 * Whether the gradient of an activation needs its input z. The others are
 * functions of the output y alone, so that a layer need not keep z for them:
 * relu' = [y > 0], sigmoid' = y(1−y), tanh' = 1−y², exponential' = y, elu' =
 * y + 1 and selu' = y + scale·α below 0, softplus' = 1 − e^−y, and softmax's
 * product with a vector dy is y∘(dy − Σ dy·y).
 */
export function gradientNeedsZ(activation: Activation): boolean {
  return needingZ.has(activation);
}

/** Whether an activation is a function of whole rows rather than of single elements. */
export function isRowwise(activation: Activation): boolean {
  return activation === "softmax";
}

/**
 * How the Wasm kernels compute formulas: arithmetic alone in float32, what has
 * other functions in float64, sums in float64. The errors of functions are two
 * and more times those that `formula_functions_test.ts` measures; gelu's is that
 * of `erfc.ts`, and of derivatives that cross 0 it is of the sum of their terms.
 *
 * @module
 */
import { ownClaim } from "../formula/own_claims.ts";
import type { UnaryFunction } from "../formula/expression.ts";
import type { FormulaTraits } from "../kernel.ts";

const elementary = [
  "expm1",
  "log",
  "log1p",
  "sigmoid",
  "tanh",
  "exponential",
  "elu",
  "selu",
  "softplus",
  "silu",
  "mish",
] as const;

const errors: Partial<Record<UnaryFunction, number>> = {
  ...Object.fromEntries(elementary.map((name) => [name, 2e-15])),
  // The argument of its exponential is as large as 700.
  gelu_tanh: 2e-13,
  gelu_tanh_derivative: 1e-12,
  silu_derivative: 1e-12,
  mish_derivative: 1e-12,
  gelu: 1e-9,
  gelu_derivative: 1e-9,
};

/** How the code of a formula computes. */
export const wasmFormulas: FormulaTraits = ownClaim({
  arithmetic: "float32",
  errors,
});

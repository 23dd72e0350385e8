/**
 * How the Wasm kernels compute formulas.
 *
 * @module
 */
import type { FormulaTraits } from "../kernel.ts";

/** Arithmetic alone is float32, what has other functions float64; sums are float64. */
export const wasmFormulas: FormulaTraits = Object.freeze({
  arithmetic: "float32",
  errors: Object.freeze({}),
});

/**
 * What a sweep finds of one activation or gradient, and how two findings become one. All
 * of it is counts and maxima, so parts may be merged in any order and grouping
 * with the same outcome, and a sweep may be stopped and resumed. The histogram is
 * the one that libm authors publish (Zimmermann et al., "Accuracy of Mathematical
 * Functions", 2022).
 *
 * @module
 */
import { activations, type Pointwise } from "../../kernels/activation.ts";

export type { Pointwise };

/** Every activation that can be swept. */
export const pointwise: readonly Pointwise[] = activations.filter((name) => name !== "softmax");

/** The name of a function that is swept: an activation's own for its values, with a suffix for its gradient. */
export type SweptName = Pointwise | `${Pointwise}-gradient`;

/** Everything that can be swept: the activations, then their gradients. */
export const sweptNames: readonly SweptName[] = [
  ...pointwise,
  ...pointwise.map((name) => `${name}-gradient` as const),
];

/** The upper ends of the histogram's steps in ULP; beyond the last there is one more. */
export const histogramSteps = [0, 0.5, 0.51, 1, 2, 4] as const;

/** How many steps the histogram has. */
export const histogramLength: number = histogramSteps.length + 1;

/** So many of the 32 bits of an input are the mantissa; the others, its sign and exponent, are its bin. */
export const mantissaBits = 23;

/** How many bins there are. Two of them, of infinities and NaN, stay empty. */
export const bins = 512;

/** An error and where it is: the bits of the float32 input and result, and the right result. */
export interface WorstResult {
  readonly error: number;
  readonly bits: number;
  readonly got: number;
  /** In float64; what is beyond float32 is taken for ±2^128. */
  readonly want: number;
}

/** Pairs of results that contradict each other. */
export interface Violations {
  /** How many pairs were looked at; 0 where the activation has no such property. */
  readonly pairs: number;
  readonly count: number;
  /** The largest contradiction in ULP, and the bits of the pair's input; null where there is none. */
  readonly largest: { readonly error: number; readonly bits: number } | null;
}

/** What was found of one activation of one kernel, on some of its inputs. */
export interface Findings {
  /** How many finite inputs were checked. */
  readonly inputs: number;
  /** The largest error in ULP; null where every result is exact. */
  readonly ulp: WorstResult | null;
  /** The largest absolute error; null where every result is exact. */
  readonly absolute: WorstResult | null;
  /** How many finite inputs gave NaN, and the lowest bits of one. They are in no other number here. */
  readonly nan: { readonly count: number; readonly bits: number | null };
  /** How many results were off by so many ULP; see {@linkcode histogramSteps}. */
  readonly histogram: readonly number[];
  /** The largest error in ULP by the input's sign and exponent, bits >>> 23; 0 where nothing was checked. */
  readonly ulpByBin: readonly number[];
  /** Neighbouring inputs of a monotone activation at which the result decreases. */
  readonly decreases: Violations;
  /** Inputs of an odd activation at which f(−z) is not −f(z) to the bit. */
  readonly asymmetries: Violations;
}

const noViolations: Violations = { pairs: 0, count: 0, largest: null };

/** Of no input at all: merged with others it changes nothing. */
export const noFindings: Findings = {
  inputs: 0,
  ulp: null,
  absolute: null,
  nan: { count: 0, bits: null },
  histogram: Array(histogramLength).fill(0),
  ulpByBin: Array(bins).fill(0),
  decreases: noViolations,
  asymmetries: noViolations,
};

/** The larger error; of equal ones that at the lower bits, so that the order does not matter. */
export function larger<T extends { readonly error: number; readonly bits: number }>(
  a: T | null,
  b: T | null,
): T | null {
  if (a === null || b === null) return a ?? b;
  if (a.error === b.error) return a.bits <= b.bits ? a : b;
  return a.error > b.error ? a : b;
}

function mergeViolations(a: Violations, b: Violations): Violations {
  return {
    pairs: a.pairs + b.pairs,
    count: a.count + b.count,
    largest: larger(a.largest, b.largest),
  };
}

/** The findings of two sets of inputs as one: associative and commutative. */
export function mergeFindings(a: Findings, b: Findings): Findings {
  const lowest = Math.min(a.nan.bits ?? Infinity, b.nan.bits ?? Infinity);
  return {
    inputs: a.inputs + b.inputs,
    ulp: larger(a.ulp, b.ulp),
    absolute: larger(a.absolute, b.absolute),
    nan: { count: a.nan.count + b.nan.count, bits: lowest < Infinity ? lowest : null },
    histogram: a.histogram.map((count, i) => count + (b.histogram[i] ?? 0)),
    ulpByBin: a.ulpByBin.map((ulp, i) => Math.max(ulp, b.ulpByBin[i] ?? 0)),
    decreases: mergeViolations(a.decreases, b.decreases),
    asymmetries: mergeViolations(a.asymmetries, b.asymmetries),
  };
}

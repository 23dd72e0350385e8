/**
 * Products of real numbers that are too large to compute again: some rows and
 * columns are, in float64 by the componentwise bound, and where a kernel claims
 * an order of addition to the bit. Rows and columns have scales from 2^-20 to
 * 2^20, so that an algorithm whose errors are small only relative to the largest
 * result (Strassen's) is far outside the bound of the others.
 * Source: Higham, Accuracy and Stability, §23.2.2.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { productBound } from "../bounds.ts";
import type { Outcome } from "../compare.ts";
import { showFloat } from "../float32.ts";
import { referenceProduct } from "../reference.ts";
import { emulate } from "../summation/emulate.ts";
import { hasInterval } from "../summation/plan.ts";
import { fullMantissas, scales } from "./exact_data.ts";
import { addendOf, callProduct, type ProductCall } from "./products.ts";

/** Some of `length` indices in order: the first, the last, and any between. */
export function sample(length: number, most: number, random: Random): number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i);
  const chosen = new Set([length - 1, ...(most > 1 ? [0] : [])]);
  while (chosen.size < most) chosen.add(random.between(0, length - 1));
  return [...chosen].sort((a, b) => a - b);
}

/** Numbers of 24 bits, each row or column of them with a scale of its own. */
function scaled(
  rows: number,
  columns: number,
  lines: "rows" | "columns",
  random: Random,
): Float32Array {
  const values = fullMantissas(rows * columns, random);
  const byRows = lines === "rows";
  const factors = scales(byRows ? rows : columns, 20, random);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      values[at] = values[at]! * factors[byRows ? i : j]!;
    }
  }
  return values;
}

/** Compares a sample of a product of real numbers whose order takes at most `terms` products to carry out. */
export async function sampledProduct(
  kernel: Kernel,
  call: ProductCall,
  shape: Dimensions,
  terms: number,
  random: Random,
): Promise<Outcome> {
  const { m, n, k } = shape;
  const { traits } = kernel;
  const x = scaled(m, k, "rows", random);
  const weight = scaled(k, n, "columns", random);
  // Subnormal results and roundings to either side are left to the bound.
  const bits = traits.denormals === "kept" && traits.rounding === "nearest" && hasInterval(traits);
  const accumulates = addendOf(call) === "element";
  // With what an output held a float64 sum is rounded once or twice, where nothing is claimed of that; 0 leaves the bits of the sum.
  const silent = traits.accumulator === "float64" && traits.accumulation === undefined;
  const adds = addendOf(call) === "bias" || accumulates && !(bits && silent);
  const bias = scaled(1, n, "columns", random);
  const { z } = await callProduct(kernel, call, shape, {
    x,
    weight,
    addend: (_i, j) => adds ? bias[j]! : 0,
  });
  if (z.length !== m * n) {
    return { worst: Infinity, problem: `${z.length} outputs where there should be ${m * n}` };
  }
  const each = Math.max(1, Math.floor(Math.sqrt(terms / Math.max(1, k))));
  const rows = sample(m, Math.min(each, 16), random);
  const columns = sample(n, Math.min(Math.floor(each * each / rows.length) || 1, 64), random);
  const part = { m: rows.length, n: columns.length, k };
  const ofX = new Float32Array(rows.length * k);
  rows.forEach((i, r) => ofX.set(x.subarray(i * k, (i + 1) * k), r * k));
  const ofWeight = new Float32Array(k * columns.length);
  for (let p = 0; p < k; p++) {
    const [to, from] = [p * columns.length, p * n];
    for (let c = 0; c < columns.length; c++) ofWeight[to + c] = weight[from + columns[c]!]!;
  }
  const ofBias = adds ? Float32Array.from(columns, (j) => bias[j]!) : null;
  const { value, gauge } = referenceProduct(part, ofX, ofWeight, { bias: ofBias });
  const claims = accumulates ? { ...traits, bias: traits.accumulation ?? "after" } : traits;
  const wanted = bits ? emulate(claims, part, ofX, ofWeight, ofBias) : null;
  const wrong: string[] = [];
  let worst = 0;
  for (const [at, exact] of value.entries()) {
    const [i, j] = [rows[Math.floor(at / part.n)]!, columns[at % part.n]!];
    const got = z[i * n + j]!;
    const addend = ofBias ? ofBias[at % part.n]! : null;
    const share = Math.abs(got - exact) /
      productBound(traits, k, { value: exact, gauge: gauge[at]! }, addend);
    if (!(share <= 1)) {
      wrong.push(`[${i}, ${j}] is ${showFloat(got)}, ${share} times the bound off ${exact}`);
    } else if (wanted && !(got >= wanted.low[at]! && got <= wanted.high[at]!)) {
      const range = [...new Set([wanted.low[at]!, wanted.high[at]!])].map(showFloat).join(" to ");
      wrong.push(`[${i}, ${j}] is ${showFloat(got)} where the claimed order gives ${range}`);
    }
    worst = Math.max(worst, share);
  }
  const elements = { all: m * n, compared: value.length };
  return wrong.length === 0 ? { worst, problem: null, elements } : {
    worst: Infinity,
    problem: `x·w: ${wrong.length} of ${value.length} sampled elements wrong; first ${wrong[0]}`,
    elements,
  };
}

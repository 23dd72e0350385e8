/**
 * The proof that a timed output is right, all of it: x · w + b by Freivalds'
 * check (MFCS 1979) on exact integers, with no tolerance; then the activation
 * element by element against float64, within the error that the kernel
 * declares. Cost: O(mk + kn + mn), so that the largest products can be checked.
 *
 * @module
 */
import { isRowwise } from "../kernels/activation.ts";
import { createRandom } from "../layers/random.ts";
import type { Verification } from "../reports/schema.ts";
import { unitInLastPlace } from "../verify/bounds.ts";
import { referenceActivation } from "../verify/reference_activations.ts";
import type { WorkloadData } from "./data.ts";
import type { Workload } from "./workloads.ts";

// Two rounds with factors of 13 bits or more miss a wrong row with a probability below 2^-26.
const rounds = 2;

/** A declared error of an activation: so many ULP and, on top, so much absolutely. */
export interface Tolerance {
  readonly ulp: number;
  readonly absolute: number;
}

/**
 * Checks y [m, n] and z [m, n], the values before the activation.
 *
 * @param tolerance What the contestant declares of its activation.
 */
export function checkOutput(
  workload: Workload,
  data: WorkloadData,
  z: Float32Array,
  y: Float32Array,
  tolerance: Tolerance,
  seed: number,
): Verification {
  const product = checkProduct(workload, data, z, seed);
  if (product !== null) return { status: "failed", detail: product, worst: null };
  return checkActivation(workload, z, y, tolerance);
}

/** What is wrong with z, or null. */
export function checkProduct(
  { m, n, k }: Workload,
  { x, weight, bias, unitX, unitWeight }: WorkloadData,
  z: Float32Array,
  seed: number,
): string | null {
  if (z.length !== m * n) return `${z.length} outputs where there should be ${m * n}`;
  const unit = unitX * unitWeight;
  for (let i = 0; i < z.length; i++) {
    const whole = z[i]! / unit;
    // Also false for NaN; beyond 2^24 no right result lies.
    if (!(Math.abs(whole) <= 2 ** 24) || !Number.isInteger(whole)) {
      return `x·w + b at [${Math.floor(i / n)}, ${i % n}] is ${z[i]}, which no exact sum can be`;
    }
  }
  const random = createRandom(seed);
  // |Σ z·r| <= n · 2^24 · |r| must stay below 2^53.
  const most = Math.min(2 ** 20, Math.floor(2 ** 29 / Math.max(1, n)));
  const factors = new Float64Array(n);
  const weightTimesFactors = new Float64Array(k);
  for (let round = 0; round < rounds; round++) {
    let fromBias = 0;
    for (let j = 0; j < n; j++) {
      factors[j] = random.between(-most, most);
      if (bias) fromBias += bias[j]! / unit * factors[j]!;
    }
    for (let p = 0; p < k; p++) {
      let sum = 0;
      for (let j = 0, at = p * n; j < n; j++) sum += weight[at + j]! / unitWeight * factors[j]!;
      weightTimesFactors[p] = sum;
    }
    for (let i = 0; i < m; i++) {
      let want = fromBias;
      for (let p = 0, at = i * k; p < k; p++) want += x[at + p]! / unitX * weightTimesFactors[p]!;
      let got = 0;
      for (let j = 0, at = i * n; j < n; j++) got += z[at + j]! / unit * factors[j]!;
      if (got !== want) return `x·w + b is wrong in row ${i} of ${m}`;
    }
  }
  return null;
}

function checkActivation(
  { m, n, k, activation, useBias }: Workload,
  z: Float32Array,
  y: Float32Array,
  { ulp, absolute }: Tolerance,
): Verification {
  const want = referenceActivation(activation, z, n);
  let worst = 0;
  for (let i = 0; i < y.length; i++) {
    const exact = want[i]!;
    // softmax adds n exponentials; their roundings add up to n half ULP at most.
    const allowed = (ulp + (isRowwise(activation) ? 4 + n / 2 : 0)) * unitInLastPlace(exact) +
      absolute;
    const error = Math.abs(y[i]! - exact);
    const share = allowed === 0 ? (error === 0 ? 0 : Infinity) : error / allowed;
    if (!(share <= 1)) {
      return {
        status: "failed",
        detail: `${activation} at [${Math.floor(i / n)}, ${i % n}] is ${
          y[i]
        } where ${exact} is right, ${error} off with ${allowed} allowed`,
        worst: Number.isFinite(share) ? share : null,
      };
    }
    worst = Math.max(worst, share);
  }
  return {
    status: "passed",
    detail: `all ${(m * n).toLocaleString("en")} outputs: sums of ${k} products${
      useBias ? " and a bias" : ""
    } exact, ${activation} within ${ulp} ULP${
      absolute > 0 ? ` and ${absolute.toPrecision(2)}` : ""
    }`,
    worst,
  };
}

/**
 * Verifies a timed output in full: x · w + b by Freivalds' check (MFCS 1979) on
 * exact integers, with no tolerance; then the activation element by element
 * against float64, within the error that the kernel declares. The cost of
 * O(mk + kn + mn) allows the largest products.
 *
 * @module
 */
import { formatShort, formatWhole } from "../common/numbers.ts";
import { isRowwise } from "../kernels/activation.ts";
import type { Verification } from "../results/schema.ts";
import { unitInLastPlace } from "../verify/bounds.ts";
import { findWrongRow } from "../verify/freivalds.ts";
import { referenceActivation } from "../verify/reference_activations.ts";
import type { WorkloadData } from "./data.ts";
import type { Workload } from "./workload.ts";

/** A declared error of an activation: so many ULP, plus an absolute error. */
export interface Tolerance {
  readonly ulp: number;
  readonly absolute: number;
}

/**
 * Checks y [m, n] and z [m, n], the values before the activation.
 *
 * @param tolerance what the contender declares of its activation
 */
export function checkOutput(
  workload: Workload,
  data: WorkloadData,
  z: Float32Array,
  y: Float32Array,
  tolerance: Tolerance,
  seed: number,
): Verification {
  const product = findWrongRow(workload, data, z, seed);
  if (product !== null) return { status: "failed", detail: product, worst: null };
  return checkActivation(workload, z, y, tolerance);
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
    detail: `all ${formatWhole(m * n)} outputs: sums of ${k} products${
      useBias ? " and a bias" : ""
    } exact, ${activation} within ${ulp} ULP${absolute > 0 ? ` and ${formatShort(absolute)}` : ""}`,
    worst,
  };
}

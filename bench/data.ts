/**
 * Inputs whose results are exact: whole numbers times powers of two, small
 * enough that every sum of products in every order fits the 24 bits of a
 * float32. They look like a layer's real numbers (inputs in [-1, 1], outputs of
 * order 1), so that nothing is timed on zeros or overflows, and yet a timed
 * output can be verified in full, as MLAS tests its products.
 *
 * @module
 */
import { createRandom, seedOf } from "../common/random.ts";
import type { Workload } from "./workload.ts";

/** Inputs of one forward call, row-major. */
export interface WorkloadData {
  /** [m, k] */
  readonly x: Float32Array;
  /** [k, n] */
  readonly weight: Float32Array;
  /** [n], or null without a bias. */
  readonly bias: Float32Array | null;
  /** What every x is a whole multiple of, a power of two. */
  readonly unitX: number;
  /** What every weight is a whole multiple of, a power of two. */
  readonly unitWeight: number;
}

/** The data of a workload, determined by its name and the seed. */
export function createData(workload: Workload, seed: number): WorkloadData {
  const { m, n, k, useBias } = workload;
  const random = createRandom(seedOf(workload.name, seed));
  // k products of at most a² and a bias of at most a² stay within 2^24.
  const a = Math.min(1023, Math.floor(Math.sqrt(2 ** 24 / (k + 1))));
  const unitX = 2 ** -Math.ceil(Math.log2(a));
  // The sum of k products has a standard deviation of about √k·a²/3; this brings it to order 1.
  const unitWeight = 2 ** -Math.round(Math.log2(Math.sqrt(k) * a * a / 3 * unitX));
  const integers = (length: number, unit: number, most: number): Float32Array => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) values[i] = random.between(-most, most) * unit;
    return values;
  };
  return {
    x: integers(m * k, unitX, a),
    weight: integers(k * n, unitWeight, a),
    bias: useBias ? integers(n, unitX * unitWeight, a * a) : null,
    unitX,
    unitWeight,
  };
}

/**
 * The activations of layers in float64, with their parameters, written from
 * their definitions in Keras's documentation and not from the formulas that
 * kernels are given. Thresholds are float32, as z is, which is compared with them.
 *
 * @module
 */
import type { NamedActivation } from "../../layers/activations.ts";
import { lessOne, references } from "../reference_activations.ts";

type Scalar = (z: number) => number;
type Parameters = Omit<NamedActivation, "name">;

const { fround } = Math;
const within = (z: number, low: number, high: number) => Math.min(Math.max(z, low), high);
const plain = (of: Scalar) => () => of;
const softplus = references.softplus.value;

/** z − tanh z: near 0 by its series, where the difference cancels (Abramowitz & Stegun 4.5.64). */
function tanhShrink(z: number): number {
  if (Math.abs(z) > 0.1) return z - references.tanh.value(z);
  const s = z * z;
  return z * s *
    (1 / 3 - s * (2 / 15 - s * (17 / 315 - s * (62 / 2835 - s * (1382 / 155925 - s * 0.00359)))));
}

/** (z + √(z² + b))/2, as b over the conjugate where the sum cancels. */
function squareplus(z: number, b: number): number {
  const root = Math.hypot(z, Math.sqrt(b));
  return z >= 0 ? (z + root) / 2 : b / (2 * (root - z));
}

function relu({ negativeSlope = 0, maxValue = null, threshold = 0 }: Parameters): Scalar {
  const from = fround(threshold);
  return (z) => {
    if (z > from) return maxValue === null ? z : within(z, 0, maxValue);
    return negativeSlope === 0 ? 0 : negativeSlope * (z - from);
  };
}

const byElement: ReadonlyMap<string, (parameters: Parameters) => Scalar> = new Map([
  ["relu", relu],
  ["leaky_relu", ({ negativeSlope = 0.2 }) => (z) => z > 0 ? z : negativeSlope * z],
  ["relu6", plain((z) => within(z, 0, 6))],
  ["softsign", plain((z) => Math.abs(z) === Infinity ? Math.sign(z) : z / (1 + Math.abs(z)))],
  ["elu", ({ alpha = 1 }) => (z) => z > 0 ? z : alpha * lessOne(z)],
  ["celu", ({ alpha = 1 }) => (z) => z > 0 ? z : alpha * lessOne(z / alpha)],
  [
    "hard_sigmoid",
    ({ slope = 1 / 6, offset = 0.5 }) => (z) => within(slope * z + offset, 0, 1),
  ],
  ["hard_silu", plain((z) => z <= -3 ? 0 : z >= 3 ? z : z * (z + 3) / 6)],
  ["hard_tanh", plain((z) => within(z, -1, 1))],
  ["log_sigmoid", plain((z) => -softplus(-z))],
  ["squareplus", ({ b = 4 }) => (z) => squareplus(z, b)],
  ["sparse_plus", plain((z) => z <= -1 ? 0 : z >= 1 ? z : (z + 1) ** 2 / 4)],
  ["sparse_sigmoid", plain((z) => within((z + 1) / 2, 0, 1))],
  ["tanh_shrink", plain(tanhShrink)],
  [
    "soft_shrink",
    ({ threshold = 0.5 }) => (z) => Math.sign(z) * Math.max(Math.abs(z) - fround(threshold), 0),
  ],
  ["hard_shrink", ({ threshold = 0.5 }) => (z) => Math.abs(z) > fround(threshold) ? z : 0],
  [
    "threshold",
    ({ threshold = 0, defaultValue = 0 }) => (z) => z > fround(threshold) ? z : defaultValue,
  ],
]);

/** The function of one number that an activation is; null where it is one of rows. */
export function referenceNamed({ name, ...parameters }: NamedActivation): Scalar | null {
  return byElement.get(name)?.(parameters) ?? null;
}

type Row = (z: Float64Array) => Float64Array;

function logSoftmax(z: Float64Array): Float64Array {
  const most = z.reduce((most, value) => Math.max(most, value), -Infinity);
  const total = z.reduce((sum, value) => sum + Math.exp(value - most), 0);
  return z.map((value) => value - most - Math.log(total));
}

/** By sorting, as Martins & Astudillo have it (ICML 2016, algorithm 1). */
function sparsemax(z: Float64Array): Float64Array {
  const sorted = z.toSorted((a, b) => b - a);
  let [sum, threshold] = [0, 0];
  for (const [i, value] of sorted.entries()) {
    sum += value;
    const next = (sum - 1) / (i + 1);
    if (value <= next) break;
    threshold = next;
  }
  return z.map((value) => Math.max(value - threshold, 0));
}

function softmax(z: Float64Array): Float64Array {
  const most = z.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = z.map((value) => Math.exp(value - most));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

function glu(z: Float64Array): Float64Array {
  const half = z.length / 2;
  return z.subarray(0, half).map((a, i) => a * references.sigmoid.value(z[half + i]!));
}

/** The activations of rows. */
export const referenceRows: ReadonlyMap<string, Row> = new Map([
  ["softmax", softmax],
  ["log_softmax", logSoftmax],
  ["sparsemax", sparsemax],
  ["glu", glu],
]);

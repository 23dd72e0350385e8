/**
 * The activations and their gradients in plain JavaScript, computed in float64
 * and rounded to float32 once, when stored. The formulas are Keras's, written so
 * that no finite input gives NaN and no digits cancel near 0.
 *
 * @module
 */
import { type Activation, geluTanh, type Pointwise, selu } from "./activation.ts";
import { normalDensity, normalDistribution } from "./erfc.ts";

const { scale, cubic } = geluTanh;

/** z(1 + tanh u)/2 as z/(1 + e^(−2u)): the same, but without the cancellation of 1 + tanh u in the left tail. */
function geluTanhValue(z: number): number {
  if (z < -40) return -0;
  return z / (1 + Math.exp(-2 * scale * (z + cubic * z * z * z)));
}

function geluTanhDerivative(z: number): number {
  if (z < -40) return 0;
  if (z > 40) return 1;
  const slope = 2 * scale * (1 + 3 * cubic * z * z);
  const u = 2 * scale * (z + cubic * z * z * z);
  const below = 1 / (1 + Math.exp(-u));
  // 1/(1 + e^u) rather than 1 - below, and not e^-u·below, which is Infinity·0 in the tail.
  const above = 1 / (1 + Math.exp(u));
  return below + z * slope * below * above;
}

// -Infinity times 0 would be NaN where the limit is 0.
function gelu(z: number): number {
  return z < -40 ? -0 : z * normalDistribution(z);
}

function geluDerivative(z: number): number {
  if (Math.abs(z) > 40) return z > 0 ? 1 : 0;
  return normalDistribution(z) + z * normalDensity(z);
}

// Beyond this the left tails are 0 in float64, where -Infinity·0 would be NaN. Not
// before: in a formula a step may follow that tells a tiny number from 0, such as floor.
const tailStart = -750;

/** z/(1 + e^−z); below −700, where e^−z soon overflows, 1 + e^z is 1. */
function silu(z: number): number {
  if (z < tailStart) return -0;
  return z < -700 ? z * Math.exp(z) : z / (1 + Math.exp(-z));
}

function siluDerivative(z: number): number {
  if (z < tailStart) return 0;
  if (z < -700) return (1 + z) * Math.exp(z);
  if (z > 150) return 1;
  // e^−z/(1 + e^−z) rather than 1 − sigmoid, which cancels.
  return (1 + z / (1 + Math.exp(z))) / (1 + Math.exp(-z));
}

/** z·tanh(log(1 + e^z)) = z·w/(w + 2) with w = e^z(e^z + 2), where nothing cancels. */
function mish(z: number): number {
  if (z < tailStart) return -0;
  if (z > 40) return z;
  const e = Math.exp(z);
  const w = e * (e + 2);
  return z * w / (w + 2);
}

function mishDerivative(z: number): number {
  if (z < tailStart) return 0;
  if (z > 40) return 1;
  const e = Math.exp(z);
  const w = e * (e + 2);
  return w / (w + 2) + z * 4 * e * (e + 1) / (w + 2) ** 2;
}

// Math.max is NaN for NaN, where a comparison would choose 0.
const pointwise: Record<Pointwise, (z: number) => number> = {
  linear: (z) => z,
  relu: (z) => Math.max(z, 0),
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
  gelu,
  gelu_tanh: geluTanhValue,
  exponential: Math.exp,
  elu: (z) => z < 0 ? Math.expm1(z) : z,
  selu: (z) => selu.scale * (z < 0 ? selu.alpha * Math.expm1(z) : z),
  softplus: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  silu,
  mish,
};

/** As functions of y, or of z for those of `gradientNeedsZ`. */
const derivatives: Record<Pointwise, (x: number) => number> = {
  linear: () => 1,
  relu: (y) => y > 0 ? 1 : 0,
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => (1 - y) * (1 + y),
  gelu: geluDerivative,
  gelu_tanh: geluTanhDerivative,
  exponential: (y) => y,
  elu: (y) => y > 0 ? 1 : y + 1,
  selu: (y) => y > 0 ? selu.scale : y + selu.scale * selu.alpha,
  softplus: (y) => -Math.expm1(-y),
  silu: siluDerivative,
  mish: mishDerivative,
};

/** An activation of one element, in float64. */
export function pointwiseValue(activation: Pointwise): (z: number) => number {
  return pointwise[activation];
}

/** The derivative of an activation, of y or, for those of `gradientNeedsZ`, of z. */
export function pointwiseDerivative(activation: Pointwise): (x: number) => number {
  return derivatives[activation];
}

/** y = activation(z), elementwise or, for softmax, by rows of `columns`; z and y may be one array. */
export function activate(
  activation: Activation,
  z: Float32Array,
  y: Float32Array,
  columns: number,
): void {
  if (activation === "softmax") return softmax(z, y, columns);
  if (activation === "linear") {
    if (z !== y) y.set(z);
    return;
  }
  if (activation === "relu") {
    // A loop of its own: the call of a function that is not inlined costs more than relu.
    for (let i = 0; i < z.length; i++) y[i] = Math.max(z[i]!, 0);
    return;
  }
  const f = pointwise[activation];
  for (let i = 0; i < z.length; i++) y[i] = f(z[i]!);
}

/** dz = dy · activation'(x), where x is z for the activations of `gradientNeedsZ`, else y. */
export function activateGradient(
  activation: Activation,
  x: Float32Array,
  dy: Float32Array,
  dz: Float32Array,
  columns: number,
): void {
  if (activation === "softmax") return softmaxGradient(x, dy, dz, columns);
  const f = derivatives[activation];
  for (let i = 0; i < x.length; i++) dz[i] = dy[i]! * f(x[i]!);
}

/** Each row is shifted by its maximum, so that no exponential overflows. A row with NaN or +Infinity, or of -Infinity alone, becomes NaN. */
function softmax(z: Float32Array, y: Float32Array, columns: number): void {
  const exponentials = new Float64Array(columns);
  for (let row = 0; row < z.length; row += columns) {
    let largest = -Infinity;
    for (let j = 0; j < columns; j++) largest = Math.max(largest, z[row + j]!);
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      sum += exponentials[j] = Math.exp(z[row + j]! - largest);
    }
    for (let j = 0; j < columns; j++) y[row + j] = exponentials[j]! / sum;
  }
}

/** dz = y ∘ (dy − Σ dy·y) by rows. */
function softmaxGradient(
  y: Float32Array,
  dy: Float32Array,
  dz: Float32Array,
  columns: number,
): void {
  for (let row = 0; row < y.length; row += columns) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += dy[row + j]! * y[row + j]!;
    for (let j = 0; j < columns; j++) dz[row + j] = y[row + j]! * (dy[row + j]! - sum);
  }
}

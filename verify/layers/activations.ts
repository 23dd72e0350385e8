/**
 * The activations of Keras 3.16 as their papers and its documentation have them
 * (keras/src/activations/activations.py), in quantities: of a row of numbers a
 * row. Written without sight of the formulas of layers; those that kernels have
 * too are the verifier's references.
 *
 * @module
 */
import type { NamedActivation } from "../../layers/activations.ts";
import { Quantity, type Rules, sumOf } from "./quantity.ts";

/** What an activation makes of a row. */
export type RowFunction = (row: readonly Quantity[]) => readonly Quantity[];
type Element = (z: Quantity) => Quantity;

const each = (f: Element): RowFunction => (row) => row.map((z) => f(z));
const zero = (z: Quantity) => Quantity.constant(z.rules, 0);
const number = (z: Quantity, value: number) => Quantity.constant(z.rules, value);
const clipped = (z: Quantity, low: number, high: number) => z.atLeast(low).atMost(high);

function rectifier({ negativeSlope = 0, maxValue = null, threshold = 0 }: {
  readonly negativeSlope?: number;
  readonly maxValue?: number | null;
  readonly threshold?: number;
}): Element {
  // With a highest value Keras lets nothing below 0 through either, whatever the threshold.
  return (z) =>
    z.above(threshold).chooses(
      maxValue === null ? z : clipped(z, 0, maxValue),
      negativeSlope === 0 ? zero(z) : z.minus(threshold).times(negativeSlope),
    );
}

function hardSigmoid(slope: number, offset: number): Element {
  return (z) => clipped(z.times(slope).plus(offset), 0, 1);
}

/** Exponentials of a row without their common factor e^max, which cancels in whatever is made of them. */
function powersOf(row: readonly Quantity[]): { shifted: Quantity[]; powers: Quantity[] } {
  const most = Math.max(...row.map(({ value }) => value));
  const shifted = row.map((z) => z.minus(most));
  return { shifted, powers: shifted.map((z) => z.exp()) };
}

/** e^z over the sum of all. */
export function softmax(row: readonly Quantity[]): Quantity[] {
  const { rules } = row[0]!;
  const { powers } = powersOf(row);
  const total = sumOf(rules, powers);
  const { softmax: ofValue = 0 } = rules.traits.activationAbsolute ?? {};
  const { softmax: ofSlope = 0 } = rules.traits.gradientAbsolute ?? {};
  return powers.map((power) => {
    const { value, error, slope, slopeError } = power.over(total);
    const moved = slope !== 0 || slopeError !== 0;
    return new Quantity(rules, value, error + ofValue, slope, slopeError + (moved ? ofSlope : 0));
  });
}

/** z less the logarithm of the sum of all e^z. */
export function logSoftmax(row: readonly Quantity[]): Quantity[] {
  const { shifted, powers } = powersOf(row);
  const total = sumOf(row[0]!.rules, powers).log();
  return shifted.map((z) => z.minus(total));
}

/** max(z − τ, 0) with τ from the largest numbers whose excess over it is 1 (Martins & Astudillo 2016, algorithm 1). */
function sparsemax(row: readonly Quantity[]): Quantity[] {
  const { rules } = row[0]!;
  const sorted = row.toSorted((a, b) => b.value - a.value);
  let size = 1;
  for (let k = 1; k <= sorted.length; k++) {
    const sum = sorted.slice(0, k).reduce((total, { value }) => total + value, 0);
    if (1 + k * sorted[k - 1]!.value > sum) size = k;
  }
  const tau = sumOf(rules, sorted.slice(0, size)).minus(1).times(1 / size);
  return row.map((z) => z.minus(tau).atLeast(0));
}

function gated(row: readonly Quantity[]): Quantity[] {
  const half = row.length / 2;
  return row.slice(0, half).map((a, i) => a.times(row[half + i]!.activated("sigmoid")));
}

/** Those that kernels have. */
const ofKernels = [
  "linear",
  "sigmoid",
  "tanh",
  "softplus",
  "selu",
  "gelu_tanh",
  "silu",
  "mish",
  "exponential",
] as const;

const makers: Readonly<Record<string, (parameters: NamedActivation) => RowFunction>> = {
  ...Object.fromEntries(ofKernels.map((name) => [name, () => each((z) => z.activated(name))])),
  relu: (parameters) => each(rectifier(parameters)),
  relu6: () => each(rectifier({ maxValue: 6 })),
  leaky_relu: ({ negativeSlope = 0.2 }) => each(rectifier({ negativeSlope })),
  gelu: ({ approximate = false }) => each((z) => z.activated(approximate ? "gelu_tanh" : "gelu")),
  elu: ({ alpha = 1 }) =>
    each((z) => alpha === 1 ? z.activated("elu") : z.above(0).chooses(z, z.expm1().times(alpha))),
  celu: ({ alpha = 1 }) => each((z) => z.above(0).chooses(z, z.over(alpha).expm1().times(alpha))),
  softsign: () => each((z) => z.over(z.magnitude().plus(1))),
  squareplus: ({ b = 4 }) => each((z) => z.plus(z.squared().plus(b).sqrt()).times(0.5)),
  hard_sigmoid: ({ slope = 1 / 6, offset = 0.5 }) => each(hardSigmoid(slope, offset)),
  hard_silu: () => each((z) => z.times(hardSigmoid(1 / 6, 0.5)(z))),
  hard_tanh: () => each((z) => clipped(z, -1, 1)),
  log_sigmoid: () => each((z) => z.negated().activated("softplus").negated()),
  sparse_plus: () =>
    each((z) =>
      z.above(1).chooses(z, z.above(-1).chooses(z.plus(1).squared().times(0.25), zero(z)))
    ),
  sparse_sigmoid: () => each(hardSigmoid(0.5, 0.5)),
  tanh_shrink: () => each((z) => z.minus(z.activated("tanh"))),
  soft_shrink: ({ threshold = 0.5 }) =>
    each((z) =>
      z.above(threshold).chooses(
        z.minus(threshold),
        z.negated().above(threshold).chooses(z.plus(threshold), zero(z)),
      )
    ),
  hard_shrink: ({ threshold = 0.5 }) =>
    each((z) => z.magnitude().above(threshold).chooses(z, zero(z))),
  threshold: ({ threshold = 0, defaultValue = 0 }) =>
    each((z) => z.above(threshold).chooses(z, number(z, defaultValue))),
  softmax: () => softmax,
  log_softmax: () => logSoftmax,
  sparsemax: () => sparsemax,
  glu: () => gated,
};

/** What an activation makes of a row along which it lies. */
export function rowFunction(activation: NamedActivation): RowFunction {
  const make = makers[activation.name];
  if (!make) throw new RangeError(`there is no reference of the activation ${activation.name}`);
  return make(activation);
}

/** A row function along some axes of an array, which count as one in their order. */
export function alongAxes(
  f: RowFunction,
  values: readonly Quantity[],
  shape: readonly number[],
  axes: readonly number[],
): Quantity[] {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const groups = new Map<number, number[]>();
  for (const at of values.keys()) {
    // Where the group begins: the place with 0 along its axes.
    const start = shape.reduce(
      (sum, length, i) =>
        axes.includes(i) ? sum : sum + Math.floor(at / strides[i]!) % length * strides[i]!,
      0,
    );
    groups.set(start, [...groups.get(start) ?? [], at]);
  }
  const results = new Array<Quantity>(values.length);
  for (const places of groups.values()) {
    const made = f(places.map((at) => values[at]!));
    for (const [i, at] of places.entries()) results[at] = made[i]!;
  }
  return results;
}

/** Quantities of an array, row by row. */
export function rowsOf(values: readonly Quantity[], columns: number): (readonly Quantity[])[] {
  return Array.from(
    { length: values.length / columns },
    (_, i) => values.slice(i * columns, (i + 1) * columns),
  );
}

/** Numbers that are given exactly. */
export function exactly(rules: Rules, values: ArrayLike<number>): Quantity[] {
  return Array.from(values, (value) => new Quantity(rules, value));
}

/**
 * What a layer of a network does to its sums, in float64, and how far a kernel
 * may be from it. Activations of the contract have bounds of their own; others
 * are formulas, whose steps are followed in intervals by the kernel's claims
 * (`formulas/sets.ts`). The right result comes from an independent definition:
 * where it lies outside the interval the formula itself is wrong, and nothing
 * but the right result passes.
 *
 * @module
 */
import {
  add,
  exp,
  log,
  max,
  mul,
  neg,
  operand,
  perColumn,
  perRow,
  sub,
  unary,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { getActivation } from "../../layers/activations.ts";
import { plainActivation } from "../../models/activation_names.ts";
import { isByColumn, type ModelActivation, type ModelLayer } from "../../models/model.ts";
import { type ActivationBounds, activationBounds } from "../activation_bounds.ts";
import { gamma, roundoffOf, smallestOf, unitInLastPlace } from "../bounds.ts";
import { type Claims, claimsOf, type Interval, keep, store } from "../formulas/arithmetic.ts";
import { forEachElement, type OperandSets } from "../formulas/judge.ts";
import { SetEvaluator } from "../formulas/sets.ts";
import { referenceActivation } from "../reference_activations.ts";
import { referenceNamed, referenceRows } from "./reference_named.ts";

/** An activation under its usual name: the contract's where it is that. */
function usual(activation: ModelActivation): ModelActivation {
  return typeof activation === "string" || isByColumn(activation)
    ? activation
    : plainActivation(getActivation(activation));
}

/** How many numbers of z a row of a layer has: two for each result of glu. */
export function columnsOf({ weight, inputs, units }: ModelLayer): number {
  return weight ? units : inputs;
}

/** The places of an example's numbers, so that those along its axes lie side by side; null where they do. */
function orderOf({ activation, shape }: ModelLayer): { index: number[]; length: number } | null {
  if (!shape || typeof activation === "string" || !("axis" in activation)) return null;
  const rank = shape.length + 1;
  const axes = [activation.axis].flat().map((axis) => (Number(axis) + rank) % rank - 1);
  const others = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const places = (of: readonly number[]) =>
    of.reduce(
      (found, axis) =>
        found.flatMap((at) =>
          Array.from({ length: shape[axis]! }, (_, i) => at + i * strides[axis]!)
        ),
      [0],
    );
  const along = places(axes);
  return {
    index: places(others).flatMap((from) => along.map((at) => from + at)),
    length: along.length,
  };
}

/** Results of rows whose numbers along an axis were put side by side, and back. */
function inOrder<T extends readonly Float64Array[]>(
  layer: ModelLayer,
  given: T,
  of: (given: T, columns: number) => readonly Float64Array[],
): Float64Array[] {
  const order = orderOf(layer);
  if (!order) return [...of(given, columnsOf(layer))];
  const { index, length } = order;
  const move = (from: Float64Array, back: boolean) => {
    const to = new Float64Array(from.length);
    for (let row = 0; row < from.length; row += index.length) {
      for (const [i, at] of index.entries()) {
        if (back) to[row + at] = from[row + i]!;
        else to[row + i] = from[row + at]!;
      }
    }
    return to;
  };
  const arranged = given.map((each) => move(each, false)) as readonly Float64Array[] as T;
  return of(arranged, length).map((each) => move(each, true));
}

/** The exact results of rows of so many numbers. */
function exactRows(name: string, z: Float64Array, columns: number): Float64Array {
  const of = referenceRows.get(name)!;
  const rows: Float64Array[] = [];
  for (let at = 0; at < z.length; at += columns) rows.push(of(z.subarray(at, at + columns)));
  const width = rows[0]?.length ?? 0;
  const y = new Float64Array(width * rows.length);
  for (const [i, row] of rows.entries()) y.set(row, i * width);
  return y;
}

/** What a layer makes of its sums, in float64. */
export function referenceOf(layer: ModelLayer, z: Float64Array): Float64Array {
  const activation = usual(layer.activation);
  const columns = columnsOf(layer);
  if (typeof activation === "string") return referenceActivation(activation, z, columns);
  if (isByColumn(activation)) {
    if (activation.name === "prelu") {
      return z.map((value, i) => value > 0 ? value : value * activation.slopes[i % columns]!);
    }
    const { scale, shift } = activation;
    return z.map((value, i) => value * scale[i % columns]! + shift[i % columns]!);
  }
  const scalar = referenceNamed(activation);
  if (scalar) return z.map(scalar);
  const [y] = inOrder(layer, [z], ([z], columns) => [exactRows(activation.name, z!, columns)]);
  return y!;
}

const [z, gate] = [operand(0), operand(1)];
/** The arithmetic of the layers that have numbers for each column. */
const byColumn = {
  prelu: formula(sub(max(z, 0), mul(perColumn(1), max(neg(z), 0)))),
  affine: formula(add(mul(z, perColumn(1)), perColumn(2))),
};
const gated = formula(mul(z, unary("sigmoid", gate)));
const power = formula(exp(sub(z, perRow(1))));
const logShare = formula(sub(sub(z, perRow(1)), log(perRow(2))));

/** The interval around a number that is known to delta. */
const around =
  (value: Float64Array, delta: Float64Array, claims: Claims): OperandSets => (at, to) => {
    to.low = value[at]! - delta[at]!;
    to.high = value[at]! + delta[at]!;
    to.flags = 0;
    keep(to, claims);
  };

const between =
  (low: Float64Array, high: Float64Array, claims: Claims): OperandSets => (at, to) => {
    to.low = low[at]!;
    to.high = high[at]!;
    to.flags = 0;
    keep(to, claims);
  };

/** The least and the largest that a kernel may store, of each element. */
type Ends = readonly [low: Float64Array, high: Float64Array];

function endsOf(
  of: Formula,
  operands: readonly OperandSets[],
  columns: number,
  size: number,
  claims: Claims,
): Ends {
  const evaluator = new SetEvaluator(of, claims, []);
  const [low, high] = [new Float64Array(size), new Float64Array(size)];
  const set: Interval = { low: 0, high: 0, flags: 0 };
  const all = Array.from({ length: size }, (_, i) => i);
  forEachElement(evaluator, of, operands, columns, all, (i) => {
    Object.assign(set, evaluator.outputs[0]);
    store(set, claims);
    [low[i], high[i]] = [set.low, set.high];
  });
  return [low, high];
}

type Rows = (z: Float64Array, deltaZ: Float64Array, columns: number, claims: Claims) => Ends;

/** z − max − log Σ e^(z − max), step by step in intervals; the sum in any order (Higham, §4.2). */
const logSoftmaxEnds: Rows = (z, deltaZ, columns, claims) => {
  const rows = z.length / columns;
  const [low, high] = [z.map((v, i) => v - deltaZ[i]!), z.map((v, i) => v + deltaZ[i]!)];
  const most = (of: Float64Array) =>
    Float64Array.from({ length: rows }, (_, row) =>
      of.subarray(row * columns, (row + 1) * columns)
        .reduce((most, value) => Math.max(most, value), -Infinity));
  const ofZ = between(low, high, claims);
  const ofMost = between(most(low), most(high), claims);
  const powers = endsOf(power, [ofZ, ofMost], columns, z.length, claims);
  const { traits } = claims;
  const error = gamma(columns + 1, roundoffOf(traits));
  const total = (of: Float64Array, factor: number) =>
    Float64Array.from({ length: rows }, (_, row) =>
      of.subarray(row * columns, (row + 1) * columns)
        .reduce((sum, value) => sum + value + (factor - 1) * (value + smallestOf(traits)), 0));
  // The largest of a row has the power 1.
  const least = total(powers[0], 1 - error).map((value) => Math.max(value, 1 - error));
  const ofTotal = between(least, total(powers[1], 1 + error), claims);
  return endsOf(logShare, [ofZ, ofMost, ofTotal], columns, z.length, claims);
};

/**
 * max(z − τ, 0). τ moves by no more than the largest z does. A kernel may find it by
 * bisection to 2^-24 and comparisons of sums: all are of numbers of at most 1, and
 * the sums have a slope of 1 at least, so that their error is τ's too.
 */
const sparsemaxEnds: Rows = (z, deltaZ, columns, { traits }) => {
  const want = exactRows("sparsemax", z, columns);
  const u = roundoffOf(traits);
  const own = 2 ** -23 + 4 * gamma(columns + 4, u) + (columns + 4) * smallestOf(traits);
  const far = deltaZ.map((delta, i) => {
    const row = i - i % columns;
    const most = deltaZ.subarray(row, row + columns).reduce((a, b) => Math.max(a, b), 0);
    // What is near the largest is relative to it, and so rounded no more than 1 is.
    return delta + most + own + 2 * u;
  });
  return [want.map((y, i) => Math.max(0, y - far[i]!)), want.map((y, i) => y + far[i]!)];
};

const gluEnds: Rows = (z, deltaZ, columns, claims) => {
  const half = columns / 2;
  const part = (of: Float64Array, first: number) =>
    Float64Array.from(
      { length: of.length / 2 },
      (_, i) => of[Math.floor(i / half) * columns + first + i % half]!,
    );
  const sets = [0, half].map((first) => around(part(z, first), part(deltaZ, first), claims));
  return endsOf(gated, sets, half, z.length / 2, claims);
};

const ofRows: ReadonlyMap<string, Rows> = new Map([
  ["log_softmax", logSoftmaxEnds],
  ["sparsemax", sparsemaxEnds],
  ["glu", gluEnds],
  ["softmax", (z, deltaZ, columns, { traits }) => {
    const { want, edges } = activationBounds("softmax", z, deltaZ, columns, traits);
    return [want.map((y, i) => y - edges(i).below), want.map((y, i) => y + edges(i).above)];
  }],
]);

/** The least and the largest of each result of a layer whose activation is none of the contract. */
function endsOfLayer(
  layer: ModelLayer,
  activation: Exclude<ModelActivation, string>,
  z: Float64Array,
  deltaZ: Float64Array,
  claims: Claims,
): Ends {
  const columns = columnsOf(layer);
  if (isByColumn(activation)) {
    const numbers = activation.name === "prelu"
      ? [activation.slopes]
      : [activation.scale, activation.shift];
    const operands = [around(z, deltaZ, claims), ...numbers];
    return endsOf(byColumn[activation.name], operands, columns, z.length, claims);
  }
  const { formula } = getActivation(activation);
  if (formula) return endsOf(formula, [around(z, deltaZ, claims)], columns, z.length, claims);
  const rows = ofRows.get(activation.name)!;
  const [low, high] = inOrder(
    layer,
    [z, deltaZ],
    ([z, deltaZ], columns) => rows(z!, deltaZ!, columns, claims),
  );
  return [low!, high!];
}

// What a reference may be off by, relatively.
const slack = 2 ** -36;

/**
 * The right results, and how far each may be missed where a kernel may give what lies
 * between these ends: not at all where the right one does not lie there itself, to the
 * rounding of what is stored.
 */
export function boundsWithin(
  want: Float64Array,
  [low, high]: Ends,
  smallest: number,
): ActivationBounds {
  return {
    want,
    edges: (i) => {
      const right = want[i] ?? NaN;
      const own = slack * Math.abs(right);
      const rounding = unitInLastPlace(right) + smallest;
      const isRight = low[i]! - rounding <= right && right <= high[i]! + rounding;
      if (!isRight) return { below: 0, above: 0 };
      return { below: Math.max(own, right - low[i]!), above: Math.max(own, high[i]! - right) };
    },
  };
}

/** What a layer makes of its sums, known to deltaZ, and what a kernel of these traits may make of them. */
export function layerBounds(
  layer: ModelLayer,
  z: Float64Array,
  deltaZ: Float64Array,
  traits: KernelTraits,
): ActivationBounds {
  const activation = usual(layer.activation);
  if (typeof activation === "string") {
    return activationBounds(activation, z, deltaZ, columnsOf(layer), traits);
  }
  const want = referenceOf(layer, z);
  // What takes no formulas does not come as far as to be judged.
  const { formulas } = traits;
  if (!formulas) return { want, edges: () => ({ below: Infinity, above: Infinity }) };
  const ends = endsOfLayer(layer, activation, z, deltaZ, claimsOf({ ...traits, formulas }));
  return boundsWithin(want, ends, smallestOf(traits));
}

/**
 * NaN, infinities, zeros, subnormal numbers and the largest ones at random
 * places of every operand of the elementwise operations: activations, by
 * themselves and in dense(), and gradients in y, z and dy. Each result is judged
 * by its own inputs, so that none may reach another element, or, for softmax,
 * another row.
 *
 * @module
 */
import {
  type Activation,
  activations,
  gradientNeedsZ,
  type Pointwise,
} from "../../kernels/activation.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import {
  activationInterval,
  roundoffOf,
  smallestOf,
  softmaxBounds,
  unitInLastPlace,
} from "../bounds.ts";
import { type Case, type Effort, floats, Workspace } from "../check.ts";
import { withinRange } from "../activation_bounds.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { referenceActivation, references } from "../reference_activations.ts";
import { gradientAllowance, slopeAt } from "../reference_gradients.ts";
import { placeIn } from "./exceptional_sums.ts";

const largest = Math.fround(3.4028234663852886e38);

/** Values that are put among ordinary ones; those that are not finite come first. */
const planted = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  -3 * 2 ** -128,
  largest,
  -largest,
  1e30,
  -1e4,
] as const;

/** Rows and columns on either side of vectors of 4, 8 and 16, and of one. */
const sizes = [[1, 1], [1, 5], [3, 4], [2, 7], [5, 9], [1, 33], [4, 16], [7, 31]] as const;

/** Puts some of `values` at random places, the first of them, which are not finite, more often. */
function plant(into: Float32Array, values: readonly number[], random: Random): void {
  const count = random.between(1, Math.max(1, Math.min(8, into.length >> 1)));
  for (let i = 0; i < count; i++) {
    const among = i % 2 ? values.length : Math.min(3, values.length);
    into[placeIn(into.length, random)] = values[random.between(0, among - 1)]!;
  }
}

/** Ordinary inputs, inputs of all magnitudes, equal ones, and ones far from 0 but near each other, in turn. */
function inputs(turn: number, length: number, random: Random): Float32Array {
  const values = floats(length, -4, 4, random);
  if (turn % 4 === 1) return values.map((value) => value * 2 ** random.between(-60, 6));
  if (turn % 4 === 2) return values.fill(values[0]!);
  return turn % 4 === 3 ? values.map((value) => 100 + value) : values;
}

/** What may be planted where nothing is promised of NaN and infinities. */
function plantable({ nan }: KernelTraits): readonly number[] {
  return nan === "propagates" ? planted : planted.filter((value) => Math.abs(value) < 1e31);
}

/** The elements that `allowed` refuses, as a comparison with what they should be. */
function judge(
  what: string,
  got: Float32Array,
  want: (i: number) => number,
  allowed: (i: number) => boolean,
  columns: number,
): Outcome {
  const accepted = Float64Array.from(got, (value, i) => allowed(i) ? value : want(i));
  return compareExact(what, got, accepted, columns);
}

/** Whether y is an activation of z: its limit or, for finite z, within the declared error. */
export function isActivation(
  activation: Pointwise,
  z: number,
  y: number,
  traits: KernelTraits,
): boolean {
  if (Number.isNaN(z)) return Number.isNaN(y);
  const ulp = traits.activationUlp[activation];
  const { value } = references[activation];
  const flushed = traits.denormals === "flushed" && Math.abs(z) < 2 ** -126;
  if (flushed && Math.abs(y - value(0)) <= ulp * unitInLastPlace(value(0))) return true;
  // Twice the largest number is as good as infinite, and has no NaN in its formulas.
  const from = Math.max(-2 * largest, Math.min(z, 2 * largest));
  const { low, high } = activationInterval(activation, from, 0, ulp, 0);
  const smallest = (traits.denormals === "flushed" ? smallestOf(traits) : 0) +
    (traits.activationAbsolute?.[activation] ?? 0);
  const got = withinRange(y);
  return withinRange(low) - smallest <= got && got <= withinRange(high) + smallest;
}

/** Whether the rows of y are softmax of those of z; a row with NaN or Infinity, or of -Infinity alone, is NaN. */
function compareSoftmax(
  z: Float32Array,
  y: Float32Array,
  columns: number,
  traits: KernelTraits,
): Outcome {
  const want = referenceActivation("softmax", z, columns);
  const bounds = new Float64Array(z.length);
  for (let row = 0; row < z.length; row += columns) {
    const own = z.subarray(row, row + columns);
    const most = own.reduce((most, value) => Math.max(most, value), -Infinity);
    if (!Number.isFinite(most)) {
      want.fill(NaN, row, row + columns);
      continue;
    }
    // What is far below the largest is 0, whatever it is; infinities would be NaN in the bound.
    const finite = Float64Array.from(own, (value) => Math.max(value, most - 1e3));
    const exact = want.subarray(row, row + columns);
    const none = new Float64Array(columns);
    const { softmax } = traits.activationUlp;
    bounds.set(softmaxBounds(exact, finite, none, 0, columns, softmax, smallestOf(traits)), row);
  }
  const within = (i: number) =>
    Number.isNaN(want[i]) ? Number.isNaN(y[i]) : Math.abs(y[i]! - want[i]!) <= bounds[i]!;
  return judge("softmax", y, (i) => want[i]!, within, columns);
}

/** Whether y is activation(z) everywhere. */
function compareActivated(
  activation: Activation,
  z: Float32Array,
  y: Float32Array,
  columns: number,
  traits: KernelTraits,
): Outcome {
  if (activation === "softmax") return compareSoftmax(z, y, columns, traits);
  return judge(
    activation,
    y,
    (i) => references[activation].value(z[i]!),
    (i) => isActivation(activation, z[i]!, y[i]!, traits),
    columns,
  );
}

function activationCase(activation: Activation): Case {
  return {
    id: `exceptional/activate/${activation}`,
    run: async (kernel, random) => {
      const outcomes: Outcome[] = [];
      for (const [rows, columns] of sizes) {
        const z = inputs(random.between(0, 3), rows * columns, random);
        plant(z, plantable(kernel.traits), random);
        using space = new Workspace(kernel);
        const y = space.output([rows, columns]);
        kernel.activate(activation, space.tensor([rows, columns], z), y);
        outcomes.push(compareActivated(activation, z, await y.read(), columns, kernel.traits));
      }
      return merge(outcomes);
    },
  };
}

/** dense() with whole numbers and infinities in each operand, of which z is known exactly. */
function denseCase(activation: Activation): Case {
  return {
    id: `exceptional/dense/${activation}`,
    run: async (kernel, random) => {
      const outcomes: Outcome[] = [];
      const values = plantable(kernel.traits).filter((value) =>
        Number.isNaN(value) || Math.abs(value) === Infinity || value === 0
      );
      for (const [m, n] of sizes) {
        const k = 3;
        const small = (length: number) => floats(length, -3, 3, random).map(Math.round);
        const operands = [small(m * k), small(k * n), small(n)] as const;
        plant(operands[random.between(0, 2)]!, values, random);
        const [x, weight, bias] = operands;
        const want = new Float32Array(m * n);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++) sum += x[i * k + p]! * weight[p * n + j]!;
            want[i * n + j] = sum + bias[j]!;
          }
        }
        using space = new Workspace(kernel);
        const tensors = [
          space.tensor([m, k], x),
          space.tensor([k, n], weight),
          space.tensor([n], bias),
        ] as const;
        const y = space.output([m, n]);
        const z = space.output([m, n]);
        const alone = space.output([m, n]);
        kernel.dense(...tensors, activation, y, z);
        kernel.dense(...tensors, activation, alone);
        // A compensated sum may make NaN of an infinity: y is judged by the kernel's own z.
        const foundZ = await z.read();
        const lost = want.map((value, i) =>
          Math.abs(value) === Infinity && Number.isNaN(foundZ[i]) ? NaN : value
        );
        for (const [what, found] of [["y", y], ["y without z", alone]] as const) {
          const { worst, problem } = compareActivated(
            activation,
            lost,
            await found.read(),
            n,
            kernel.traits,
          );
          outcomes.push({ worst, problem: problem && `${what}: ${problem}` });
        }
      }
      return merge(outcomes);
    },
  };
}

/** Results between 1e-6 and Infinity need no exception; a slope nearer to 0 may be 0 to the kernel. */
const certainSlope = 1e-6;

/** Whether dz is dy · activation'(z) by IEEE 754; where a slope is 0 or may be, the limits of that. */
export function isGradient(
  activation: Pointwise,
  { z, y, dy, dz }: {
    readonly z: number;
    readonly y: number;
    readonly dy: number;
    readonly dz: number;
  },
  traits: KernelTraits,
): boolean {
  // At NaN the comparison y > 0 is false, and some take dz = 0 for it, some dy.
  if (activation === "relu" && Number.isNaN(y)) return Number.isNaN(dz) || dz === 0 || dz === dy;
  const slope = slopeAt(activation, z, y);
  if (Number.isNaN(slope)) return Number.isNaN(dz);
  // The usual formula g(z) + z·g'(z) is infinity times 0 there; one of a declared relative error has the limit.
  const undeclared = traits.gradientUlp?.[activation] === undefined ||
    (traits.gradientAbsolute?.[activation] ?? 0) > 0;
  if (Math.abs(z) === Infinity && gradientNeedsZ(activation) && undeclared && Number.isNaN(dz)) {
    return true;
  }
  const flushedY = traits.denormals === "flushed" && Math.abs(y) < 2 ** -126;
  if (flushedY && y !== 0 && isGradient(activation, { z, y: 0, dy, dz }, traits)) return true;
  // A flat relu is a choice rather than a product for some.
  const flat = activation === "relu" && (slope === 0 || flushedY);
  if (flat && dz === 0) return true;
  // Infinity times what is flushed is infinity times 0; some flush the smallest normal number too.
  const [less, more] = [Math.abs(dy), Math.abs(slope)].toSorted((a, b) => a - b);
  const lost = traits.denormals === "flushed" && less! <= 2 ** -126 && more === Infinity;
  if (lost && Number.isNaN(dz)) return true;
  if (!Number.isFinite(dy) || Math.abs(slope) === Infinity) {
    // What is 0 here, far down a tail or where a derivative crosses it, may be any small number to the kernel.
    const certain = Number.isNaN(dy) || !gradientNeedsZ(activation) ||
      Math.abs(slope) >= certainSlope;
    return certain
      ? Object.is(dz, dy * slope)
      : Number.isNaN(dz) || dz === 0 || Math.abs(dz) === Infinity;
  }
  const { ulp, size } = gradientAllowance(activation, traits);
  const x = gradientNeedsZ(activation) ? z : activation === "linear" ? dy : y;
  const unit = unitInLastPlace(size === null ? slope : size(x, slope));
  const want = withinRange(dy * slope);
  const exact = ulp === 0 && (activation === "linear" || activation === "relu");
  const smallest = smallestOf(traits);
  // The slope may be rounded before the product, and the product once more.
  const bound = exact ? (traits.denormals === "flushed" ? smallest : 0) : Math.abs(dy) *
      ((ulp + 1) * unit + smallest + (traits.gradientAbsolute?.[activation] ?? 0)) +
    2 * unitInLastPlace(want) +
    // A dy that is flushed takes its product with it.
    smallest * (traits.denormals === "flushed" ? 1 + Math.abs(slope) : 1);
  return Math.abs(withinRange(dz) - want) <= bound;
}

/** Softmax's gradient in float64: what is finite within its bound, all else as IEEE 754 has it. */
function compareSoftmaxGradient(
  y: Float32Array,
  dy: Float32Array,
  dz: Float32Array,
  columns: number,
  traits: KernelTraits,
): Outcome {
  const want = new Float64Array(y.length);
  const bounds = new Float64Array(y.length);
  const anyOf = new Uint8Array(y.length);
  const u = roundoffOf(traits);
  for (let row = 0; row < y.length; row += columns) {
    let sum = 0;
    let gauge = 0;
    const upstream = dy.subarray(row, row + columns).reduce((all, one) => all + Math.abs(one), 0);
    const given = [...y.subarray(row, row + columns), ...dy.subarray(row, row + columns)];
    const withNaN = given.some(Number.isNaN);
    for (let i = row; i < row + columns; i++) {
      sum += dy[i]! * y[i]!;
      gauge += Math.abs(dy[i]! * y[i]!);
    }
    for (let i = row; i < row + columns; i++) {
      want[i] = y[i]! * (dy[i]! - sum);
      // Infinity less infinity: of other orders another infinity is left.
      anyOf[i] = Number.isNaN(want[i]!) && !withNaN ? 1 : 0;
      bounds[i] = y[i]! * (Math.abs(dy[i]!) + gauge) * (columns + 4) * u + 4 * smallestOf(traits) +
        // An y that is flushed takes its product with it.
        (traits.denormals === "flushed" ? smallestOf(traits) * (Math.abs(dy[i]!) + upstream) : 0);
    }
  }
  const allowed = (i: number) =>
    Number.isFinite(want[i])
      ? Math.abs(dz[i]! - want[i]!) <= bounds[i]!
      : Object.is(dz[i], want[i]) || anyOf[i] === 1 && !Number.isFinite(dz[i]);
  return judge("softmax's gradient", dz, (i) => want[i]!, allowed, columns);
}

/** What y of an activation may be planted with: only what is a result of it. */
function plantableY(activation: Activation, traits: KernelTraits): readonly number[] {
  const some = plantable(traits).filter((value) => !(Math.abs(value) > 1e31) || value > 0);
  if (["sigmoid", "tanh", "softmax"].includes(activation)) {
    return [...some.filter((value) => !(Math.abs(value) > 1)), 1].filter((value) =>
      activation === "tanh" || !(value < 0)
    );
  }
  if (activation === "elu" || activation === "selu") return some.filter((value) => !(value < -1));
  return some.filter((value) => !(value < 0));
}

function gradientCase(activation: Activation): Case {
  return {
    id: `exceptional/gradient/${activation}`,
    run: async (kernel, random) => {
      const { traits } = kernel;
      const outcomes: Outcome[] = [];
      const usesZ = gradientNeedsZ(activation);
      for (const [index, [rows, columns]] of sizes.entries()) {
        const size = rows * columns;
        using space = new Workspace(kernel);
        const shape = [rows, columns];
        const z = inputs(random.between(0, 3), size, random);
        const wide = random.integer() % 2 ? 60 : 0;
        const dy = floats(size, -2, 2, random).map((value) =>
          value * 2 ** random.between(-wide, wide)
        );
        const which = index % 3;
        if (which !== 1) plant(dy, softmaxed(activation, plantable(traits)), random);
        if (which !== 0 && usesZ) plant(z, plantable(traits), random);
        const tensorZ = space.tensor(shape, z);
        const tensorY = space.output(shape);
        kernel.activate(activation, tensorZ, tensorY);
        const y = await tensorY.read();
        if (which !== 0 && !usesZ && activation !== "linear") {
          plant(y, plantableY(activation, traits), random);
          tensorY.write(y);
        }
        const dz = space.output(shape);
        // z is given now and then where it is not needed, and has nothing to do with this y then.
        const given = usesZ || index % 2 ? tensorZ : null;
        kernel.activateGradient(activation, given, tensorY, space.tensor(shape, dy), dz);
        const found = await dz.read();
        outcomes.push(
          activation === "softmax" ? compareSoftmaxGradient(y, dy, found, columns, traits) : judge(
            `dz of ${activation}`,
            found,
            (i) => dy[i]! * slopeAt(activation, z[i]!, y[i]!),
            (i) =>
              isGradient(activation, { z: z[i]!, y: y[i]!, dy: dy[i]!, dz: found[i]! }, traits),
            columns,
          ),
        );
      }
      return merge(outcomes);
    },
  };
}

/** Sums of products with the largest numbers overflow by their order: softmax's gradient has no bound there. */
function softmaxed(activation: Activation, values: readonly number[]): readonly number[] {
  return activation === "softmax"
    ? values.filter((value) => !Number.isFinite(value) || Math.abs(value) < 1e31)
    : values;
}

/** The cases. Each is seen several times with other places, more often the more is to be done. */
export function exceptionalElementwiseCases(effort: Effort): Case[] {
  const cases = activations.flatMap((activation) => [
    activationCase(activation),
    denseCase(activation),
    gradientCase(activation),
  ]);
  const repeats = effort === "smoke" ? 1 : effort === "quick" ? 8 : 40;
  return cases.flatMap((one) =>
    Array.from({ length: repeats }, (_, i) => ({ ...one, id: `${one.id}/${i + 1}` }))
  );
}

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
import { type Case, type Effort, floats, Workspace } from "../check.ts";
import { activationBounds, isActivation } from "../activation_bounds.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import { largestFloat, smallestNormal } from "../float32.ts";
import { references } from "../reference_activations.ts";
import { slopeAt } from "../reference_gradients.ts";
import { isGradient, softmaxGradientJudge } from "./exceptional_gradients.ts";
import { placeIn } from "./exceptional_sums.ts";

/** Values that are put among ordinary ones; those that are not finite come first. */
const planted = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  2 ** -149,
  -(2 ** -149),
  smallestNormal,
  -3 * 2 ** -128,
  largestFloat,
  -largestFloat,
  1e30,
  -1e4,
] as const;

/** Rows and columns on either side of vectors of 4, 8 and 16, and of one, and more than a thousand elements. */
const sizes = [
  [1, 1],
  [1, 5],
  [3, 4],
  [2, 7],
  [5, 9],
  [1, 33],
  [4, 16],
  [7, 31],
  [1, 1601],
  [413, 5],
] as const;

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
export function judge(
  what: string,
  got: Float32Array,
  want: (i: number) => number,
  allowed: (i: number) => boolean,
  columns: number,
): Outcome {
  let accepted: Float64Array | null = null;
  for (let i = 0; i < got.length; i++) {
    if (allowed(i)) continue;
    accepted ??= new Float64Array(got);
    accepted[i] = want(i);
  }
  return compareExact(what, got, accepted ?? got, columns);
}

/** Whether y is activation(z) everywhere. */
export function judgeActivation(
  activation: Activation,
  z: Float32Array,
  y: Float32Array,
  columns: number,
  traits: KernelTraits,
): Outcome {
  if (activation !== "softmax") {
    const { value } = references[activation];
    const allowed = (i: number) => isActivation(activation, z[i]!, y[i]!, traits);
    return judge(activation, y, (i) => value(z[i]!), allowed, columns);
  }
  const exact = Float64Array.from(z);
  const none = new Float64Array(z.length);
  const { want, edges } = activationBounds("softmax", exact, none, columns, traits);
  const allowed = (i: number) =>
    Number.isNaN(want[i]) ? Number.isNaN(y[i]) : Math.abs(y[i]! - want[i]!) <= edges(i).below;
  return judge("softmax", y, (i) => want[i]!, allowed, columns);
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
        outcomes.push(judgeActivation(activation, z, await y.read(), columns, kernel.traits));
      }
      return merge(outcomes);
    },
  };
}

/** Rows of softmax of which all before or behind a place are masked, or all but one, as attention and padding have them. */
function maskedCase(columns: number): Case {
  return {
    id: `exceptional/softmax-masked/${columns}`,
    run: async (kernel, random) => {
      const masks = [-1e9, ...(kernel.traits.nan === "propagates" ? [-Infinity] : [])];
      // Where a block of such a row may end, and any place.
      const powers = [1, 4, 8, 16, 32, 64, 128, 256, 512, 1024].filter((each) => each < columns);
      const places = [...powers, columns - 1, random.between(1, columns - 1)];
      const kept: readonly ((j: number, place: number) => boolean)[] = [
        (j, place) => j >= place,
        (j, place) => j < place,
        (j, place) => j === place,
      ];
      const rows = masks.flatMap((mask) =>
        places.flatMap((place) =>
          kept.map((keeps) =>
            floats(columns, -2, 2, random).map((z, j) => keeps(j, place) ? z : mask)
          )
        )
      );
      const z = new Float32Array(rows.length * columns);
      for (const [i, row] of rows.entries()) z.set(row, i * columns);
      using space = new Workspace(kernel);
      const y = space.output([rows.length, columns]);
      kernel.activate("softmax", space.tensor([rows.length, columns], z), y);
      return judgeActivation("softmax", z, await y.read(), columns, kernel.traits);
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
          const { worst, problem } = judgeActivation(
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

/** What dy may be planted with. Sums of products with the largest numbers overflow by their order: softmax's gradient has no bound there. */
function plantableDy(activation: Activation, traits: KernelTraits): readonly number[] {
  const some = plantable(traits);
  return activation === "softmax"
    ? some.filter((value) => !Number.isFinite(value) || Math.abs(value) < 1e31)
    : some;
}

/** Whether dz is the gradient everywhere, by the z, y and dy that it was computed from. */
export function judgeGradient(
  activation: Activation,
  { z, y, dy, dz }: Readonly<Record<"z" | "y" | "dy" | "dz", Float32Array>>,
  columns: number,
  traits: KernelTraits,
): Outcome {
  const [want, allowed] = activation === "softmax"
    ? softmaxGradientJudge(y, dy, dz, columns, traits)
    : [
      (i: number) => dy[i]! * slopeAt(activation, z[i]!, y[i]!),
      (i: number) => isGradient(activation, { z: z[i]!, y: y[i]!, dy: dy[i]!, dz: dz[i]! }, traits),
    ] as const;
  return judge(`dz of ${activation}`, dz, want, allowed, columns);
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
        if (which !== 1) plant(dy, plantableDy(activation, traits), random);
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
        const numbers = { z, y, dy, dz: await dz.read() };
        outcomes.push(judgeGradient(activation, numbers, columns, traits));
      }
      return merge(outcomes);
    },
  };
}

/** Each value that is planted, and ordinary ones, in y or z with each of dy: a row for each of the former. */
function pairsCase(activation: Pointwise): Case {
  return {
    id: `exceptional/gradient-pairs/${activation}`,
    run: async (kernel, random) => {
      const { traits } = kernel;
      const usesZ = gradientNeedsZ(activation);
      const ordinary = Math.fround(random.uniform());
      const own = [...(usesZ ? plantable(traits) : plantableY(activation, traits)), ordinary];
      const upstream = [...plantableDy(activation, traits), ordinary];
      const shape = [own.length, upstream.length];
      const x = Float32Array.from(own.flatMap((value) => upstream.map(() => value)));
      const dy = Float32Array.from(own.flatMap(() => upstream));
      using space = new Workspace(kernel);
      const input = space.tensor(shape, x);
      const tensorY = usesZ ? space.output(shape) : input;
      if (usesZ) kernel.activate(activation, input, tensorY);
      const dz = space.output(shape);
      const given = usesZ ? input : null;
      kernel.activateGradient(activation, given, tensorY, space.tensor(shape, dy), dz);
      // What is a function of z does not read y, nor the other way around.
      const numbers = { z: x, y: x, dy, dz: await dz.read() };
      return judgeGradient(activation, numbers, upstream.length, traits);
    },
  };
}

/** The cases. Each is seen several times with other places, more often the more is to be done. */
export function exceptionalElementwiseCases(effort: Effort): Case[] {
  const cases = activations.flatMap((activation) => [
    activationCase(activation),
    denseCase(activation),
    gradientCase(activation),
  ]);
  const repeats = effort === "smoke" ? 1 : effort === "quick" ? 8 : 40;
  return [
    ...cases.flatMap((one) =>
      Array.from({ length: repeats }, (_, i) => ({ ...one, id: `${one.id}/${i + 1}` }))
    ),
    ...activations.flatMap((activation) => activation === "softmax" ? [] : [pairsCase(activation)]),
    ...[2, 7, 65, 100, 517, 1031].map(maskedCase),
  ];
}

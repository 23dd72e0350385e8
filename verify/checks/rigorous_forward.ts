/**
 * Rigorous tier, forward: real numbers against float64 with the componentwise
 * bound γ_D·(|x|ᵀ|w| + |b|). z must lie within it, and y within the image of
 * z's interval under the activation. A violation is a proven bug.
 *
 * @module
 */
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { type Random, shuffle } from "../../common/random.ts";
import { activationBounds, withinRange } from "../activation_bounds.ts";
import { productBound } from "../bounds.ts";
import { type Case, type Check, floats, shapedCase, Workspace } from "../check.ts";
import { compareBounded, merge, type Outcome } from "../compare.ts";
import { referenceProduct, type ReferenceSums } from "../reference.ts";
import { floatShapes, layerShapes, thin } from "../shapes.ts";
import { forwardFamilyCases } from "./value_families.ts";

const name = "rigorous-forward";

interface Operands {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

type Family = (shape: Dimensions, random: Random) => Operands;

/** The bias stays away from 0, where adding it twice would hide. */
function biasOf(n: number, random: Random): Float32Array {
  return floats(n, 0.5, 2, random).map((value) => random.integer() % 2 ? value : -value);
}

/** A family that fills both matrices alike. */
function alike(fill: (length: number, random: Random) => Float32Array, bias = 1): Family {
  return ({ m, n, k }, random) => ({
    x: fill(m * k, random),
    weight: fill(k * n, random),
    bias: biasOf(n, random).map((value) => value * bias),
  });
}

/** Values of any of these binades. */
function binades(low: number, high: number) {
  return (length: number, random: Random) =>
    floats(length, -1, 1, random).map((value) => value * 2 ** random.between(low, high));
}

/** z from -1e30 to 1e30, by the bias, where activations saturate or overflow. */
const ends = [9, 10, 17, 20, 44, 88, 89, 104, 1e4, 1e30];

const families = {
  uniform: alike((length, random) => floats(length, -1, 1, random)),
  positive: alike((length, random) => floats(length, 0, 1, random)),
  constant: alike((length) => new Float32Array(length).fill(0.1)),
  wide: alike(binades(-40, 20)),
  subnormal: alike(binades(-80, -68), 2 ** -140),
  // As large as may be without a sum that overflows in some order.
  big: ({ m, n, k }, random) => {
    const scale = 2 ** Math.floor((126 - Math.log2(k + 1)) / 2);
    const fill = (length: number) => floats(length, -1, 1, random).map((value) => value * scale);
    return { x: fill(m * k), weight: fill(k * n), bias: biasOf(n, random) };
  },
  saturated: ({ m, n, k }, random) => ({
    x: floats(m * k, -0.001, 0.001, random),
    weight: floats(k * n, -0.001, 0.001, random),
    bias: Float32Array.from({ length: n }, (_, j) => {
      const end = ends[Math.floor(j / 2) % ends.length]!;
      return j % 2 ? end : -end;
    }),
  }),
  // Pairs of products that cancel but for 2^-6 to 2^-22 of them: condition numbers up to a million and more.
  cancelling: ({ m, n, k }, random) => {
    const x = floats(m * k, -1, 1, random);
    const weight = floats(k * n, -1, 1, random);
    const places = shuffle(Array.from({ length: k }, (_, p) => p), random);
    for (let pair = 0; pair + 1 < k; pair += 2) {
      const [first, second] = [places[pair]!, places[pair + 1]!];
      for (let i = 0; i < m; i++) x[i * k + second] = x[i * k + first]!;
      for (let j = 0; j < n; j++) {
        const left = 1 + 2 ** -random.between(6, 22);
        weight[second * n + j] = -left * weight[first * n + j]!;
      }
    }
    return { x, weight, bias: new Float32Array(n) };
  },
} satisfies Record<string, Family>;

/** Compares y with activation(z), z being known to deltaZ. */
export function compareActivation(
  activation: Activation,
  y: Float32Array,
  z: Float64Array,
  deltaZ: Float64Array,
  columns: number,
  traits: KernelTraits,
): Outcome {
  const { want, edges } = activationBounds(activation, z, deltaZ, columns, traits);
  return compareBounded(activation, new Float64Array(y).map(withinRange), want, (i) => {
    const { below, above } = edges(i);
    return (y[i] ?? NaN) >= (want[i] ?? NaN) ? above : below;
  }, columns);
}

/** The sums of a matrix whose rows are all alike, by those of one row. */
function repeatedRows(m: number, { value, gauge }: ReferenceSums): ReferenceSums {
  const repeat = (row: Float64Array) => {
    const all = new Float64Array(m * row.length);
    for (let i = 0; i < m; i++) all.set(row, i * row.length);
    return all;
  };
  return { value: repeat(value), gauge: repeat(gauge) };
}

function forwardCase(
  shape: Dimensions,
  family: keyof typeof families,
  activation: Activation,
): Case {
  return shapedCase(`${name}/${family}`, shape, activation, async (shape, kernel, random) => {
    const { m, n, k } = shape;
    const { traits } = kernel;
    const { x, weight, bias } = families[family](shape, random);
    const { value, gauge } = family === "constant"
      ? repeatedRows(m, referenceProduct({ ...shape, m: Math.min(m, 1) }, x, weight, { bias }))
      : referenceProduct(shape, x, weight, { bias });
    const deltaZ = gauge.map((total, i) =>
      productBound(traits, k, { value: value[i]!, gauge: total }, bias[i % n]!)
    );
    const hints = {
      tile: traits.tile,
      alternatives: {
        "without the bias": (i: number) => Math.fround(value[i]! - bias[i % n]!),
      },
    };
    using space = new Workspace(kernel);
    const y = space.output([m, n]);
    const z = space.output([m, n]);
    const operands = [
      space.tensor([m, k], x),
      space.tensor([k, n], weight),
      space.tensor([n], bias),
    ] as const;
    kernel.dense(...operands, activation, y, z);
    const alone = space.output([m, n]);
    kernel.dense(...operands, activation, alone);
    const [foundZ, foundY, foundAlone] = await Promise.all([z.read(), y.read(), alone.read()]);
    // Without z another path may run; mostly it gives the same bits, which need no second comparison.
    const same = foundAlone.every((each, i) => each === foundY[i]);
    return merge([
      compareBounded("z", foundZ, value, (i) => deltaZ[i] ?? NaN, n, hints),
      ...(same ? [foundY] : [foundY, foundAlone]).map((found) =>
        compareActivation(activation, found, value, deltaZ, n, traits)
      ),
    ]);
  });
}

/** Inputs that reach the ends of an activation: saturation, numbers near 0, the tails. */
function sweepCase(activation: Activation, rows: number): Case {
  const columns = 9;
  return {
    id: `${name}/inputs/${rows}x${columns}/${activation}`,
    run: async (kernel, random) => {
      const values = new Float32Array(rows * columns);
      for (let i = 0; i < values.length; i++) {
        const sign = random.integer() % 2 ? 1 : -1;
        values[i] = sign * 2 ** (random.uniform() * 40 - 33);
      }
      using space = new Workspace(kernel);
      const y = space.output([rows, columns]);
      kernel.activate(activation, space.tensor([rows, columns], values), y);
      return compareActivation(
        activation,
        await y.read(),
        new Float64Array(values),
        new Float64Array(values.length),
        columns,
        kernel.traits,
      );
    },
  };
}

/** The check. */
export const rigorousForward: Check = {
  name,
  anyShape: true,
  description: "real numbers stay within the proven error bound, through every activation",
  cases: ({ traits }, { effort }) => {
    const shapes = floatShapes(traits, effort);
    const layers = effort === "smoke" ? [{ m: 7, n: 23, k: 13 }] : layerShapes;
    const others = ["big", "saturated", "cancelling"] as const;
    return [
      ...shapes.flatMap((shape, i) => [
        forwardCase(shape, "uniform", activations[i % activations.length] ?? "linear"),
        forwardCase(shape, "positive", "linear"),
      ]),
      // Each activation on some layers, each layer with some activations; in full mode all with all.
      ...layers.flatMap((shape, l) =>
        activations.filter((_, a) => effort !== "quick" || (l + a) % 3 === 0).flatMap(
          (activation) => [
            forwardCase(shape, "wide", activation),
            forwardCase(shape, "constant", activation),
          ],
        )
      ),
      ...layers.map((shape) => forwardCase(shape, "subnormal", "linear")),
      ...[...thin(shapes, 6), ...layers].flatMap((shape, i) =>
        others.map((family) =>
          forwardCase(shape, family, activations[i % activations.length] ?? "linear")
        )
      ),
      ...activations.map((activation) =>
        forwardCase({ m: 2, n: 20, k: 3 }, "saturated", activation)
      ),
      ...forwardFamilyCases(name, traits, effort),
      // All but softmax are swept more densely by the check `sweep`.
      ...activations.map((activation) =>
        sweepCase(
          activation,
          effort === "smoke" ? 256 : activation === "softmax" || effort === "full" ? 4096 : 1024,
        )
      ),
    ];
  },
};

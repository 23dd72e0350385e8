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
import type { Random } from "../../layers/random.ts";
import { activationBounds, withinRange } from "../activation_bounds.ts";
import { productBound } from "../bounds.ts";
import { type Case, type Check, floats, Workspace } from "../check.ts";
import { compareBounded, merge, type Outcome } from "../compare.ts";
import { referenceProduct } from "../reference.ts";
import { floatShapes, formatDimensions, layerShapes } from "../shapes.ts";

const name = "rigorous-forward";

// How each family fills a matrix. The bias stays away from 0, where adding it twice would hide.
const families = {
  uniform: (length: number, random: Random) => floats(length, -1, 1, random),
  positive: (length: number, random: Random) => floats(length, 0, 1, random),
  constant: (length: number) => new Float32Array(length).fill(0.1),
  wide: (length: number, random: Random) =>
    floats(length, -1, 1, random).map((value) => value * 2 ** random.between(-40, 20)),
  subnormal: (length: number, random: Random) =>
    floats(length, -1, 1, random).map((value) => value * 2 ** random.between(-80, -68)),
};

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
  return compareBounded(activation, Float64Array.from(y, withinRange), want, (i) => {
    const { below, above } = edges(i);
    return (y[i] ?? NaN) >= (want[i] ?? NaN) ? above : below;
  }, columns);
}

function forwardCase(
  shape: Dimensions,
  family: keyof typeof families,
  activation: Activation,
): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/${family}/${formatDimensions(shape)}/${activation}`,
    run: async (kernel, random) => {
      const { traits } = kernel;
      const x = families[family](m * k, random);
      const weight = families[family](k * n, random);
      const bias = floats(n, 0.5, 2, random).map((value) =>
        (random.integer() % 2 ? 1 : -1) * value * (family === "subnormal" ? 2 ** -140 : 1)
      );
      const { value, gauge } = referenceProduct(shape, x, weight, { bias });
      const deltaZ = gauge.map((total, i) =>
        productBound(traits, k, { value: value[i]!, gauge: total }, bias[i % n]!)
      );
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
      return merge([
        compareBounded("z", await z.read(), value, (i) => deltaZ[i] ?? NaN, n),
        compareActivation(activation, await y.read(), value, deltaZ, n, traits),
        compareActivation(activation, await alone.read(), value, deltaZ, n, traits),
      ]);
    },
  };
}

/** Inputs that reach the ends of an activation: saturation, the neighbourhood of 0, the tails. */
function sweepCase(activation: Activation): Case {
  return {
    id: `${name}/sweep/4096x9/${activation}`,
    run: async (kernel, random) => {
      const columns = 9;
      const values = Float32Array.from({ length: 4096 * columns }, () => {
        const sign = random.integer() % 2 ? 1 : -1;
        return sign * 2 ** (random.uniform() * 40 - 33);
      });
      using space = new Workspace(kernel);
      const y = space.output([4096, columns]);
      kernel.activate(activation, space.tensor([4096, columns], values), y);
      return compareActivation(
        activation,
        await y.read(),
        Float64Array.from(values),
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
  description: "real numbers stay within the proven error bound, through every activation",
  cases: ({ traits }) => [
    ...floatShapes(traits).flatMap((shape, i) => [
      forwardCase(shape, "uniform", activations[i % activations.length] ?? "linear"),
      forwardCase(shape, "positive", "linear"),
    ]),
    ...layerShapes.flatMap((shape) =>
      activations.flatMap((activation) => [
        forwardCase(shape, "wide", activation),
        forwardCase(shape, "constant", activation),
      ])
    ),
    ...layerShapes.map((shape) => forwardCase(shape, "subnormal", "linear")),
    ...activations.map(sweepCase),
  ],
};

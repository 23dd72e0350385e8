/**
 * Rigorous tier, backward, stage by stage: each stage's reference is fed the
 * kernel's own float32 results of the stage before, which are exact inputs, so
 * that every stage has only its own small bound to hide in.
 *
 * @module
 */
import { type Activation, activations, gradientNeedsZ } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import { Dense } from "../../layers/dense.ts";
import { productBound, smallestOf, sumBound } from "../bounds.ts";
import { type Case, type Check, floats, Workspace } from "../check.ts";
import { compareBounded, merge, type Outcome } from "../compare.ts";
import { referenceColumnSums, referenceProduct } from "../reference.ts";
import { references } from "../reference_activations.ts";
import { floatShapes, formatDimensions } from "../shapes.ts";

const name = "rigorous-backward";
const u = 2 ** -24;

/** The derivatives that are functions of y. */
const slopeFromY: Partial<Record<Activation, (y: number) => number>> = {
  relu: (y) => Number(y > 0),
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => 1 - y ** 2,
  exponential: (y) => y,
  elu: (y) => y > 0 ? 1 : y + 1,
  selu: (y) => y > 0 ? 1.0507009873554805 : y + 1.7580993408473766,
  softplus: (y) => 1 - Math.exp(-y),
};

/** dz from dy and the kernel's own y or z, with a bound of its error. */
function gradientReference(
  activation: Activation,
  z: Float32Array,
  y: Float32Array,
  dy: Float32Array,
  columns: number,
  smallest: number,
): { value: Float64Array; bound: Float64Array } {
  const value = new Float64Array(dy.length);
  const bound = new Float64Array(dy.length);
  // A few roundings in float32, each relative to a factor of at most 1.13 in magnitude.
  const roundings = 8 * u;
  if (activation === "softmax") {
    for (let row = 0; row < dy.length; row += columns) {
      let sum = 0;
      let gauge = 0;
      for (let i = row; i < row + columns; i++) {
        sum += dy[i]! * y[i]!;
        gauge += Math.abs(dy[i]! * y[i]!);
      }
      for (let i = row; i < row + columns; i++) {
        value[i] = y[i]! * (dy[i]! - sum);
        bound[i] = y[i]! * (Math.abs(dy[i]!) + gauge) * (columns + 4) * u + 4 * smallest;
      }
    }
    return { value, bound };
  }
  const { derivative } = references[activation];
  for (let i = 0; i < dy.length; i++) {
    const slope = slopeFromY[activation]?.(y[i]!) ?? derivative(z[i]!);
    value[i] = dy[i]! * slope;
    if (activation === "linear" || activation === "relu") continue;
    // Terms that cancel in 1 - y², or in gelu's derivative near its zero, leave their own roundings.
    const cancelled = activation === "tanh"
      ? 1 + y[i]! * y[i]!
      : activation === "elu" || activation === "selu" || activation === "softplus"
      ? 2
      : gradientNeedsZ(activation)
      ? 8 * Math.min(1, (1 + Math.abs(z[i]!)) * Math.exp(-Math.abs(z[i]!)))
      : 0;
    bound[i] = Math.abs(dy[i]!) * (Math.abs(slope) * roundings + cancelled * u) + 4 * smallest;
  }
  return { value, bound };
}

function layerCase(shape: Dimensions, activation: Activation): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/layer/${formatDimensions(shape)}/${activation}`,
    run: async (kernel, random) => {
      const { traits } = kernel;
      const x = floats(m * k, -1, 1, random);
      const weight = floats(k * n, -1, 1, random);
      const dy = floats(m * n, -1, 1, random);
      using space = new Workspace(kernel);
      const input = space.tensor([m, k], x);
      const upstream = space.tensor([m, n], dy);

      // Stage 1 on its own: dz, from the kernel's y and z.
      const tensors = [space.tensor([k, n], weight), space.output([m, n]), space.output([m, n])];
      const [w, y, z] = tensors as [typeof input, typeof input, typeof input];
      kernel.dense(input, w, null, activation, y, z);
      const dz = space.output([m, n]);
      kernel.activateGradient(activation, gradientNeedsZ(activation) ? z : null, y, upstream, dz);
      const gradient = await dz.read();
      const stage = gradientReference(
        activation,
        await z.read(),
        await y.read(),
        dy,
        n,
        smallestOf(traits),
      );

      // Stage 2 in the layer: dW, db and dx from that dz.
      const layer = space.use(new Dense(kernel, { units: n, activation, useBias: true }));
      layer.build([null, k]);
      layer.setWeights([weight, new Float32Array(n)]);
      space.use(layer.forward(input));
      const dx = space.use(layer.backward(upstream));
      const bounded = (
        what: string,
        got: Float32Array,
        { value, gauge }: ReturnType<typeof referenceProduct>,
        terms: number,
        columns: number,
      ): Outcome =>
        compareBounded(
          what,
          got,
          value,
          (i) => productBound(traits, terms, { value: value[i] ?? NaN, gauge: gauge[i] ?? NaN }),
          columns,
        );
      const sums = referenceColumnSums(m, n, gradient);
      return merge([
        compareBounded("dz", gradient, stage.value, (i) => stage.bound[i] ?? NaN, n),
        bounded(
          "dW",
          await layer.weightGradient.read(),
          referenceProduct({ m: k, n, k: m }, x, gradient, { transposeA: true }),
          m,
          n,
        ),
        compareBounded(
          "db",
          await layer.biasGradient?.read() ?? new Float32Array(0),
          sums.value,
          (i) => sumBound(m, sums.gauge[i] ?? NaN),
          n,
        ),
        bounded(
          "dx",
          await dx.read(),
          referenceProduct({ m, n: k, k: n }, gradient, weight, { transposeB: true }),
          n,
          k,
        ),
      ]);
    },
  };
}

/** The check. */
export const rigorousBackward: Check = {
  name,
  description: "gradients of every activation and layer stay within the proven error bound",
  cases: ({ traits }) => {
    const shapes = floatShapes(traits).filter(({ n }) => n > 0);
    return [
      ...shapes.map((shape, i) =>
        layerCase(shape, activations[i % activations.length] ?? "linear")
      ),
      ...activations.map((activation) => layerCase({ m: 33, n: 29, k: 31 }, activation)),
    ];
  },
};

/**
 * Rigorous tier, backward, stage by stage: each stage's reference is fed the
 * kernel's own float32 results of the stage before, which are exact inputs, so
 * that every stage is held to its own small bound. And end to end, in float64
 * alone, with the errors of all stages propagated.
 *
 * @module
 */
import { type Activation, activations, gradientNeedsZ } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import { Dense } from "../../layers/dense.ts";
import { productBound, sumBound, unitInLastPlace } from "../bounds.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { type Case, type Check, floats, shapedCase, Workspace } from "../check.ts";
import { compareBounded, merge, type Outcome } from "../compare.ts";
import { boundedGradient, boundedSoftmaxGradient } from "../gradient_bounds.ts";
import { referenceColumnSums, referenceProduct } from "../reference.ts";
import { references } from "../reference_activations.ts";
import { floatShapes } from "../shapes.ts";
import { backwardFamilyCases } from "./value_families.ts";

const name = "rigorous-backward";

/** dz from dy and y or z, with a bound of the error that a kernel makes from there. */
export function gradientReference(
  activation: Activation,
  z: ArrayLike<number>,
  y: ArrayLike<number>,
  dy: Float32Array,
  columns: number,
  traits: KernelTraits,
): { value: Float64Array; bound: Float64Array } {
  if (activation === "softmax") return boundedSoftmaxGradient(y, dy, columns, traits);
  const value = new Float64Array(dy.length);
  const bound = new Float64Array(dy.length);
  for (let i = 0; i < dy.length; i++) {
    const each = boundedGradient(activation, { z: z[i]!, y: y[i]!, dy: dy[i]! }, traits);
    value[i] = each.value;
    bound[i] = each.bound;
  }
  return { value, bound };
}

function layerCase(shape: Dimensions, activation: Activation): Case {
  return shapedCase(`${name}/layer`, shape, activation, async ({ m, n, k }, kernel, random) => {
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
      traits,
    );

    // Stage 2 in the layer: dW, db and dx from that dz.
    const layer = space.use(
      new Dense(kernel, { units: n, activation, kernelInitializer: "zeros" }),
    );
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
        (i) => sumBound(traits, m, sums.gauge[i] ?? NaN),
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
  });
}

/** The activations whose derivative has no jump and a bounded slope, through which an error of z can be followed. */
const smooth = activations.filter((activation) =>
  !["linear", "relu", "elu", "selu", "softmax", "exponential"].includes(activation)
) as Exclude<Activation, "softmax">[];

const absolute = (values: ArrayLike<number>) => new Float64Array(values).map(Math.abs);

/** From x to the gradients in float64 alone, without the kernel's own results of any stage. */
function endToEndCase(shape: Dimensions, activation: Exclude<Activation, "softmax">): Case {
  const family = `${name}/end-to-end`;
  return shapedCase(family, shape, activation, async ({ m, n, k }, kernel, random) => {
    const { traits } = kernel;
    const x = floats(m * k, -1, 1, random);
    const weight = floats(k * n, -1, 1, random);
    const bias = floats(n, 0.5, 2, random);
    const dy = floats(m * n, -1, 1, random);
    const { value: z, gauge } = referenceProduct({ m, n, k }, x, weight, { bias });
    const { value, curvature } = references[activation];
    const y = z.map(value);
    const exact = gradientReference(activation, z, y, dy, n, traits);
    // What z's and y's own errors do to the slope, and then its roundings.
    const delta = exact.bound.map((bound, i) => {
      const deltaZ = productBound(traits, k, { value: z[i]!, gauge: gauge[i]! }, bias[i % n]!);
      const deltaY = 2 * traits.activationUlp[activation] * unitInLastPlace(y[i]!) +
        2 * (traits.activationAbsolute?.[activation] ?? 0);
      return bound + Math.abs(dy[i]!) * (curvature * deltaZ + deltaY);
    });
    const most = exact.value.map((dz, i) => Math.abs(dz) + delta[i]!);
    using space = new Workspace(kernel);
    const layer = space.use(
      new Dense(kernel, { units: n, activation, kernelInitializer: "zeros" }),
    );
    layer.build([null, k]);
    layer.setWeights([weight, bias]);
    space.use(layer.forward(space.tensor([m, k], x)));
    const dx = space.use(layer.backward(space.tensor([m, n], dy)));
    const product = (
      what: string,
      got: Float32Array,
      dimensions: Dimensions,
      operands: (dz: Float64Array, other: (values: Float32Array) => ArrayLike<number>) => [
        ArrayLike<number>,
        ArrayLike<number>,
      ],
      layout: { transposeA?: boolean; transposeB?: boolean },
    ): Outcome => {
      const of = (dz: Float64Array, other: (values: Float32Array) => ArrayLike<number>) =>
        referenceProduct(dimensions, ...operands(dz, other), layout).value;
      const want = of(exact.value, (values) => values);
      const fromDz = of(delta, absolute);
      const gauge = of(most, absolute);
      return compareBounded(
        what,
        got,
        want,
        (i) =>
          fromDz[i]! + productBound(traits, dimensions.k, { value: want[i]!, gauge: gauge[i]! }),
        dimensions.n,
      );
    };
    const sums = referenceColumnSums(m, n, exact.value).value;
    const deltas = referenceColumnSums(m, n, delta).value;
    const gauges = referenceColumnSums(m, n, most).value;
    const transposeA = { transposeA: true };
    const transposeB = { transposeB: true };
    return merge([
      product(
        "dW",
        await layer.weightGradient.read(),
        { m: k, n, k: m },
        (dz, other) => [other(x), dz],
        transposeA,
      ),
      product(
        "dx",
        await dx.read(),
        { m, n: k, k: n },
        (dz, other) => [dz, other(weight)],
        transposeB,
      ),
      compareBounded(
        "db",
        await layer.biasGradient?.read() ?? new Float32Array(0),
        sums,
        (i) => deltas[i]! + sumBound(traits, m, gauges[i]!),
        n,
      ),
    ]);
  });
}

/** The check. */
export const rigorousBackward: Check = {
  name,
  anyShape: true,
  description: "gradients of every activation and layer stay within the proven error bound",
  cases: ({ traits }, { effort }) => {
    const shapes = floatShapes(traits, effort).filter(({ n }) => n > 0);
    return [
      ...shapes.map((shape, i) =>
        layerCase(shape, activations[i % activations.length] ?? "linear")
      ),
      ...backwardFamilyCases(name, traits, effort),
      ...smooth.map((activation) =>
        endToEndCase(
          effort === "smoke" ? { m: 9, n: 7, k: 11 } : { m: 33, n: 29, k: 67 },
          activation,
        )
      ),
      ...activations.map((activation) =>
        layerCase(effort === "smoke" ? { m: 9, n: 7, k: 11 } : { m: 33, n: 29, k: 31 }, activation)
      ),
    ];
  },
};

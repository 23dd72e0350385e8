/**
 * A kernel with given activations and gradients, and usual formulas of them of
 * which each step is rounded, for tests of what checks must accept: those of the
 * textbooks, and those that frameworks use, which cancel in their tails.
 *
 * @module
 */
import { type Activation, gradientNeedsZ, type Pointwise } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { erfc } from "../reference_activations.ts";

const { abs, exp, expm1, fround, log1p, max, SQRT1_2 } = Math;

/** How one operation of float32 rounds. */
export type Round = (value: number) => number;

/** Functions of one number; what a table lacks is as exact as naive's. */
type Values = Partial<Record<Pointwise, (z: number) => number>>;
/** dz from dy and what the gradient is a function of. */
export type Gradients = Partial<Record<Pointwise, (x: number, dy: number) => number>>;
/** Of the rows of softmax: y from z, dz from y and dy. */
interface Rows {
  readonly softmax?: (z: Float32Array, y: Float32Array) => void;
  readonly softmaxGradient?: (y: Float32Array, dy: Float32Array, dz: Float32Array) => void;
}

/** What a kernel makes of its activations, and what it is applied to before and after. */
interface Functions extends Rows {
  readonly values?: Values;
  readonly gradients?: Gradients;
  /** What every input is taken for, and every result. */
  readonly input?: Round;
  readonly output?: Round;
}

function forRows(
  columns: number,
  arrays: readonly Float32Array[],
  each: (rows: Float32Array[]) => void,
) {
  for (let at = 0; at < arrays[0]!.length; at += columns) {
    each(arrays.map((array) => array.subarray(at, at + columns)));
  }
}

/** The naive kernel with these functions, by themselves and in dense(). */
export async function kernelWith(
  { values = {}, gradients = {}, softmax, softmaxGradient, input, output }: Functions,
  claims: Partial<KernelTraits>,
): Promise<Kernel> {
  const activate = (activation: Activation, z: Float32Array, y: Float32Array, columns: number) => {
    if (activation === "softmax") {
      if (softmax) forRows(columns, [z, y], ([z, y]) => softmax(z!, y!));
    } else {
      const value = values[activation];
      if (value) z.forEach((each, i) => y[i] = value(each));
    }
    if (output) y.forEach((each, i) => y[i] = output(each));
  };
  const kernel = alter(await createKernel("naive"), (original) => {
    const activated: Kernel["activate"] = (activation, z, y) => {
      using own = original.tensor(z.shape, input ? dataOf(z).map(input) : dataOf(z));
      original.activate(activation, own, y);
      activate(activation, dataOf(own), dataOf(y), y.shape.at(-1) ?? 1);
    };
    return {
      activate: activated,
      dense: (x, weight, bias, activation, y, z) => {
        using before = original.tensor(y.shape);
        original.dense(x, weight, bias, "linear", z ?? before);
        activated(activation, z ?? before, y);
      },
      activateGradient: (activation, z, y, dy, dz) => {
        const own = (tensor: typeof y) => {
          const data = dataOf(tensor);
          return original.tensor(tensor.shape, input ? data.map(input) : data);
        };
        using ownY = own(y);
        using ownDy = own(dy);
        using ownZ = z && own(z);
        original.activateGradient(activation, ownZ, ownY, ownDy, dz);
        const [found, upstream] = [dataOf(dz), dataOf(ownDy)];
        if (activation === "softmax") {
          if (softmaxGradient) {
            forRows(
              y.shape.at(-1) ?? 1,
              [dataOf(ownY), upstream, found],
              ([y, dy, dz]) => softmaxGradient(y!, dy!, dz!),
            );
          }
        } else {
          const gradient = gradients[activation];
          const x = dataOf(gradientNeedsZ(activation) ? ownZ! : ownY);
          if (gradient) x.forEach((each, i) => found[i] = gradient(each, upstream[i]!));
        }
        if (output) found.forEach((each, i) => found[i] = output(each));
      },
    };
  });
  return Object.assign(kernel, { traits: { ...kernel.traits, ...claims } });
}

const geluScale = fround(0.7978845608028654);
/** selu's constants in float32. */
export const { scale, alpha } = {
  scale: fround(1.0507009873554805),
  alpha: fround(1.6732632423543772),
};

/** Every function by a usual formula, each of whose operations is rounded. */
export function stepwise(r: Round): Required<Pick<Functions, "values" | "gradients">> & Rows {
  const logistic = (z: number) => {
    const e = r(exp(-abs(z)));
    return z < 0 ? r(e / r(1 + e)) : r(1 / r(1 + e));
  };
  const distribution = (z: number) => r(0.5 * r(erfc(r(-z * r(SQRT1_2)))));
  const density = (z: number) => r(r(0.3989422804014327) * r(exp(r(-0.5 * r(z * z)))));
  const inner = (z: number) => r(r(2 * geluScale) * r(z + r(r(0.044715) * r(z * r(z * z)))));
  const mishGate = (z: number) => {
    // (w + 2) overflows from 44 on.
    const e = r(exp(Math.min(z, 20)));
    const w = r(e * r(e + 2));
    return r(w / r(w + 2));
  };
  /** Beyond these numbers a gate is 0 or 1 in float32, and infinity times 0 would be NaN. */
  const gated = (gate: (z: number) => number, end: number) => (z: number) =>
    z < -end ? -0 : z > end ? z : r(z * gate(z));
  const gradient = (slope: (x: number) => number) => (x: number, dy: number) => r(dy * slope(x));
  const slopeOfGate = (
    gate: (z: number) => number,
    term: (z: number) => number,
    end: number,
  ) => gradient((z) => abs(z) > end ? Number(z > 0) : r(gate(z) + r(z * term(z))));
  return {
    values: {
      sigmoid: logistic,
      tanh: (z) => r(Math.tanh(z)),
      gelu: gated(distribution, 15),
      gelu_tanh: gated((z) => logistic(inner(z)), 12),
      exponential: (z) => r(exp(z)),
      elu: (z) => z < 0 ? r(expm1(z)) : z,
      selu: (z) => r(scale * (z < 0 ? r(alpha * r(expm1(z))) : z)),
      softplus: (z) => r(max(z, 0) + r(log1p(r(exp(-abs(z)))))),
      silu: gated(logistic, 120),
      mish: gated(mishGate, 120),
    },
    gradients: {
      sigmoid: gradient((y) => r(y * r(1 - y))),
      tanh: gradient((y) => r(1 - r(y * y))),
      elu: gradient((y) => y > 0 ? 1 : r(y + 1)),
      selu: gradient((y) => y > 0 ? scale : r(y + r(scale * alpha))),
      softplus: gradient((y) => r(1 - r(exp(-y)))),
      gelu: slopeOfGate(distribution, density, 15),
      gelu_tanh: slopeOfGate(
        (z) => logistic(inner(z)),
        (z) => {
          const below = logistic(inner(z));
          const ofInner = r(r(2 * geluScale) * r(1 + r(r(0.134145) * r(z * z))));
          return r(r(ofInner * below) * logistic(-inner(z)));
        },
        12,
      ),
      silu: slopeOfGate(logistic, (z) => r(logistic(z) * logistic(-z)), 120),
      mish: slopeOfGate(mishGate, (z) => {
        const gate = mishGate(z);
        return r(r(1 - r(gate * gate)) * logistic(z));
      }, 120),
    },
    softmax: (z, y) => {
      const most = z.reduce((most, value) => max(most, value), -Infinity);
      let sum = 0;
      for (const [i, value] of z.entries()) sum = r(sum + (y[i] = r(exp(r(value - most)))));
      const share = r(1 / sum);
      for (const [i, value] of y.entries()) y[i] = r(value * share);
    },
    softmaxGradient: (y, dy, dz) => {
      let sum = 0;
      for (const [i, value] of y.entries()) sum = r(sum + r(value * dy[i]!));
      for (const [i, value] of y.entries()) dz[i] = r(r(value * dy[i]!) - r(value * sum));
    },
  };
}

/** The gradients as frameworks write them, by tanh, erf and the logistic function of −z. */
export function usualGradients(r: Round): Gradients {
  const logistic = (z: number) => r(1 / r(1 + r(exp(-z))));
  return {
    gelu: (z, dy) => {
      const distribution = r(0.5 * r(1 + r(1 - erfc(r(z * r(SQRT1_2))))));
      const density = r(r(0.3989422804014327) * r(exp(r(r(-0.5 * z) * z))));
      return r(dy * r(distribution + r(max(-1e9, Math.min(z, 1e9)) * density)));
    },
    gelu_tanh: (original, dy) => {
      // Infinity times 0 would be NaN.
      const z = max(-1e9, Math.min(original, 1e9));
      const t = r(Math.tanh(r(geluScale * r(z + r(r(0.044715) * r(r(z * z) * z))))));
      const ofInner = r(geluScale * r(1 + r(r(0.134145) * r(z * z))));
      const both = r(r(1 - r(t * t)) * ofInner);
      return r(dy * r(r(0.5 * r(1 + t)) + r(r(0.5 * z) * both)));
    },
    silu: (z, dy) => {
      const p = logistic(z);
      return r(dy * r(p * r(1 + r(max(-1e9, Math.min(z, 1e9)) * r(1 - p)))));
    },
    mish: (original, dy) => {
      const z = max(-1e9, Math.min(original, 1e9));
      const t = r(Math.tanh(z > 20 ? z : r(log1p(r(exp(z))))));
      return r(dy * r(t + r(z * r(logistic(z) * r(1 - r(t * t))))));
    },
  };
}

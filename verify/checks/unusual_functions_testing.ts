/**
 * Kernels whose activations and gradients are unusual but right, for tests that
 * no check demands more than the contract: other formulas, in float32 step by
 * step, subnormal numbers flushed here or there, other NaN, errors of all that
 * is declared.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import {
  type Activation,
  activations,
  float64ActivationUlp,
  float64GradientUlp,
  type Pointwise,
} from "../../kernels/activation.ts";
import { adjacentFloat } from "../float32.ts";
import { eitherNeighbour, flush } from "../mutants/conforming.ts";
import type { ConformingVariant } from "../mutants/mutant.ts";
import { references } from "../reference_activations.ts";
import { referenceGradients, slopeFromY } from "../reference_gradients.ts";
import {
  alpha,
  type Gradients,
  kernelWith,
  type Round,
  scale,
  stepwise,
  usualGradients,
} from "./stepwise_functions_testing.ts";

const { abs, exp, expm1, fround, max } = Math;

const every = (ulp: number) =>
  Object.fromEntries(activations.map((name) => [name, ulp])) as Record<Activation, number>;

/** What `stepwise` is off by, measured. */
const stepwiseUlp = { ...every(4), gelu: 450, gelu_tanh: 400 };

/** The traits of kernels that claim nothing of their gradients. */
const undeclared = { gradientUlp: {} };
const flushed = { denormals: "flushed" } as const;
const flushRounded: Round = (value) => flush(fround(value));

const scratch = new Float32Array(1);
const scratchBits = bitPatterns(scratch);

/** A number's neighbour or itself, by its bits. */
function oneOff(value: number): number {
  scratch[0] = value;
  const choice = (Math.imul(scratchBits[0]!, 0x9e3779b1) >>> 16) % 3;
  if (choice === 2 || !Number.isFinite(value) || value === 0) return value;
  return adjacentFloat(value, choice === 0 ? 1 : -1);
}

/** NaN with a sign and another payload. */
const otherNaN: Round = (value) => {
  if (!Number.isNaN(value)) return value;
  scratchBits[0] = 0xffc12345;
  return scratch[0]!;
};

/** The activations that are computed with rounding errors. */
const rounded = Object.keys(references).filter((name) =>
  !["linear", "relu", "exponential"].includes(name)
) as Pointwise[];

/** Kernels that every check must accept. */
export const unusualFunctions: readonly ConformingVariant[] = [
  {
    name: "each step is rounded to float32, and subnormal numbers are flushed everywhere",
    create: () =>
      kernelWith({ ...stepwise(flushRounded), input: flush, output: flush }, {
        ...flushed,
        ...undeclared,
        activationUlp: stepwiseUlp,
      }),
  },
  {
    name: "each step is rounded to either neighbour, as WGSL permits",
    create: () =>
      kernelWith(stepwise((value) => flush(eitherNeighbour(value))), {
        ...flushed,
        ...undeclared,
        rounding: "either",
        nan: "unspecified",
        activationUlp: { ...every(8), gelu: 450, gelu_tanh: 450 },
      }),
  },
  {
    name: "each step is rounded to float32 and subnormal numbers are kept",
    create: () =>
      kernelWith(stepwise(fround), {
        ...undeclared,
        activationUlp: stepwiseUlp,
        // What subnormal gates lose is multiplied by z.
        activationAbsolute: { silu: 2 ** -142, mish: 2 ** -142 },
      }),
  },
  {
    name: "gradients are computed as frameworks write them, and subnormal numbers are flushed",
    create: () =>
      kernelWith({ gradients: usualGradients(flushRounded) }, { ...flushed, ...undeclared }),
  },
  {
    name: "gradients that cancel declare an absolute error",
    create: () => {
      const gradients: Gradients = {
        sigmoid: (y, dy) => dy * fround(y - fround(y * y)),
        tanh: (y, dy) => dy * fround(1 - fround(y * y)),
        softplus: (y, dy) => dy * fround(1 - fround(exp(-y))),
      };
      return kernelWith({ gradients }, { gradientAbsolute: every(2 ** -24) });
    },
  },
  {
    name: "the gradients of mish and softplus are of other formulas in float64",
    create: () => {
      const gradients: Gradients = {
        mish: (z, dy) => {
          const [near, e] = [max(-200, Math.min(z, 40)), exp(max(-200, Math.min(z, 40)))];
          const omega = 4 * (near + 1) + 4 * e * e + e ** 3 + e * (4 * near + 6);
          const delta = 2 * e + e * e + 2;
          return dy * (e * omega / delta ** 2);
        },
        softplus: (y, dy) => {
          const e = expm1(max(0, y));
          return dy * (e === Infinity ? 1 : e / (e + 1));
        },
      };
      return kernelWith({ gradients }, {});
    },
  },
  {
    name: "inputs alone are flushed",
    create: () => kernelWith({ input: flush }, flushed),
  },
  {
    name: "results alone are flushed",
    create: () => kernelWith({ output: flush }, flushed),
  },
  {
    name: "dy is multiplied by each factor of the gradient, and products are flushed",
    create: () => {
      const gradients = Object.fromEntries(
        (["sigmoid", "tanh", "exponential", "elu", "selu", "softplus"] as const).map((name) => [
          name,
          name === "tanh"
            ? (y: number, dy: number) =>
              flushRounded(flushRounded(dy * fround(1 - abs(y))) * fround(1 + abs(y)))
            : name === "sigmoid"
            ? (y: number, dy: number) => flushRounded(flushRounded(dy * y) * fround(1 - y))
            : (y: number, dy: number) => flushRounded(dy * fround(slopeFromY[name]!(y))),
        ]),
      );
      return kernelWith({ gradients }, { ...flushed, gradientUlp: {} });
    },
  },
  {
    name: "selu flushes what it multiplies",
    create: () =>
      kernelWith({
        values: { selu: (z) => scale * (z < 0 ? alpha * flushRounded(expm1(z)) : flush(z)) },
      }, { ...flushed, activationUlp: { ...float64ActivationUlp, selu: 2 } }),
  },
  {
    name: "NaN has a sign and another payload",
    create: () => kernelWith({ output: otherNaN }, {}),
  },
  {
    name: "results are one number off, as declared",
    create: () => {
      const values = Object.fromEntries(
        rounded.map((name) => [name, (z: number) => oneOff(fround(references[name].value(z)))]),
      );
      const gradients = Object.fromEntries(
        rounded.map((name) => [
          name,
          (x: number, dy: number) => oneOff(fround(dy * referenceGradients[name].slope(x))),
        ]),
      );
      // Above a power of two the next number is two units of those below away.
      const ulp = Object.fromEntries(rounded.map((name) => [name, 2.51]));
      return kernelWith({ values, gradients }, {
        activationUlp: { ...float64ActivationUlp, ...ulp },
        gradientUlp: { ...float64GradientUlp, ...ulp },
      });
    },
  },
  {
    name: "gelu and silu are 0 in the left tail, as declared",
    create: () =>
      kernelWith({
        values: {
          gelu: (z) => z < -5 ? 0 : references.gelu.value(z),
          gelu_tanh: (z) => z < -5 ? 0 : references.gelu_tanh.value(z),
          silu: (z) => z < -20 ? 0 : references.silu.value(z),
          mish: (z) => z < -20 ? 0 : references.mish.value(z),
        },
        gradients: {
          gelu: (z, dy) => dy * (z < -5 ? 0 : references.gelu.derivative(z)),
          silu: (z, dy) => dy * (z < -20 ? 0 : references.silu.derivative(z)),
        },
      }, {
        activationAbsolute: { gelu: 2e-6, gelu_tanh: 2e-6, silu: 5e-8, mish: 5e-8 },
        gradientAbsolute: { gelu: 1e-5, silu: 5e-8 },
      }),
  },
  {
    name: "softmax goes through a row once, with the largest input so far",
    create: () =>
      kernelWith({
        softmax: (z, y) => {
          let [most, sum] = [-Infinity, 0];
          for (const value of z) {
            const next = max(most, value);
            const before = most === -Infinity ? 0 : fround(sum * fround(exp(fround(most - next))));
            sum = fround(before + fround(exp(fround(value - next))));
            most = next;
          }
          for (const [i, value] of z.entries()) y[i] = fround(exp(fround(value - most))) / sum;
        },
        softmaxGradient: stepwise(fround).softmaxGradient!,
      }, {}),
  },
];

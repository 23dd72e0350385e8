/**
 * NaN and infinities go where IEEE 754 sends them: a NaN in a row of x makes
 * that row of z NaN and changes no other bit, even where the weights are 0
 * (Demmel et al., "Proposed Consistent Exception Handling for the BLAS and
 * LAPACK", 2022). Activations take their limits. Kernels that make no promise
 * are not asked.
 *
 * @module
 */
import { type Activation, activations, type Pointwise } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import { isLimit, isWithinDeclared } from "../activation_bounds.ts";
import { type Case, type Check, floats, Workspace } from "../check.ts";
import { compareExact, merge } from "../compare.ts";
import { formatDimensions } from "../dimensions.ts";
import { exceptionalElementwiseCases, judge, judgeActivation } from "./exceptional_elementwise.ts";
import { exceptionalSumCases } from "./exceptional_sums.ts";

const name = "exceptional";

type Operand = "x" | "weight" | "bias";

/** Inputs at which activations take their limits. */
const far = Math.fround(1e30);
const ends = [NaN, Infinity, -Infinity, far, -far, 1e4, -1e4, 0] as const;

/** One exceptional value in one operand, compared with the same call without it. */
function propagationCase(shape: Dimensions, operand: Operand, value: number, last: boolean): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/${operand}-${String(value).toLowerCase()}-${last ? "last" : "first"}/${
      formatDimensions(shape)
    }`,
    run: async (kernel, random) => {
      const data = {
        x: floats(m * k, 0.5, 1, random),
        weight: floats(k * n, 0.5, 1, random),
        bias: floats(n, 0.5, 1, random),
      };
      // A zero opposite the NaN: skipping the product there would swallow it.
      if (Number.isNaN(value)) {
        if (operand === "x") data.weight.fill(0);
        if (operand === "weight") data.x.fill(0);
      }
      const run = async () => {
        using space = new Workspace(kernel);
        const z = space.output([m, n]);
        const y = space.output([m, n]);
        kernel.dense(
          space.tensor([m, k], data.x),
          space.tensor([k, n], data.weight),
          space.tensor([n], data.bias),
          "relu",
          y,
          z,
        );
        return { z: await z.read(), y: await y.read() };
      };
      const want = await run();
      const at = last ? data[operand].length - 1 : 0;
      data[operand][at] = value;
      const got = await run();
      // The error of an infinite sum is ∞ − ∞, which compensation adds to it.
      const open = kernel.traits.summation.order === "compensated";
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const touched = operand === "x" ? i === Math.floor(at / k) : j === at % n;
          const lost = open && Number.isNaN(got.z[i * n + j]);
          if (touched) want.z[i * n + j] = lost ? NaN : value;
        }
      }
      return merge([
        compareExact("z", got.z, want.z, n),
        judgeActivation("relu", want.z, got.y, n, kernel.traits),
      ]);
    },
  };
}

/** What each activation is of NaN, the infinities, large numbers and 0, in the order of `ends`. */
const limits: Readonly<Record<Pointwise, readonly number[]>> = {
  linear: ends,
  relu: [NaN, Infinity, 0, far, 0, 1e4, 0, 0],
  sigmoid: [NaN, 1, 0, 1, 0, 1, 0, 0.5],
  tanh: [NaN, 1, -1, 1, -1, 1, -1, 0],
  gelu: [NaN, Infinity, 0, far, 0, 1e4, 0, 0],
  gelu_tanh: [NaN, Infinity, 0, far, 0, 1e4, 0, 0],
  exponential: [NaN, Infinity, 0, Infinity, 0, Infinity, 0, 1],
  elu: [NaN, Infinity, -1, far, -1, 1e4, -1, 0],
  selu: ends.map((z) => 1.0507009873554805 * Math.max(z, z < 0 ? -1.6732632423543772 : z)),
  softplus: [NaN, Infinity, 0, far, 0, 1e4, 0, Math.LN2],
  silu: [NaN, Infinity, 0, far, 0, 1e4, 0, 0],
  mish: [NaN, Infinity, 0, far, 0, 1e4, 0, 0],
};

/** Limits of an activation, each within its declared error, and NaN for NaN. */
function limitCase(activation: Activation): Case {
  return {
    id: `${name}/limits/${activation}`,
    run: async (kernel) => {
      const { traits } = kernel;
      // Where nothing is promised of infinities, only finite inputs with finite limits are asked for.
      const promised = traits.nan === "propagates";
      const wanted = activation === "softmax" ? null : limits[activation];
      const asked = ends.flatMap((_, i) =>
        promised || Number.isFinite(ends[i]) && Number.isFinite(wanted?.[i] ?? 1) ? [i] : []
      );
      using space = new Workspace(kernel);
      // A column for each, so that softmax has rows of one element.
      const z = Float32Array.from(asked, (i) => ends[i]!);
      const y = space.output([z.length, 1]);
      kernel.activate(activation, space.tensor([z.length, 1], z), y);
      const found = await y.read();
      const judged = wanted && activation !== "softmax"
        ? judge(
          activation,
          found,
          (i) => wanted[asked[i]!]!,
          // At 0 nothing is saturated.
          (i) => {
            const isRight = ends[asked[i]!] === 0 ? isWithinDeclared : isLimit;
            return isRight(activation, wanted[asked[i]!]!, found[i]!, traits);
          },
          1,
        )
        : judgeActivation(activation, z, found, 1, traits);
      const wide = space.output([2, 3]);
      const row = new Float32Array([3, promised ? -Infinity : -1e30, 3, 1e4, -1e4, 0]);
      kernel.activate(activation, space.tensor([2, 3], row), wide);
      return merge([
        judged,
        judgeActivation(activation, row, await wide.read(), 3, traits),
      ]);
    },
  };
}

/** The check. */
export const exceptional: Check = {
  name,
  description: "NaN, infinities and saturated inputs give what IEEE 754 and the limits say",
  cases: ({ traits }, { effort }) => {
    const { mr, nr, kc } = traits.tile;
    const shapes = [
      { m: 1, n: 1, k: 1 },
      { m: 1, n: 7, k: 5 },
      { m: mr + 1, n: nr + 1, k: 3 },
      ...(effort === "smoke" ? [] : [{ m: 2 * mr + 1, n: 2 * nr + 3, k: kc + 1 }]),
      { m: 9, n: 2, k: 6 },
    ];
    const propagation = traits.nan === "propagates"
      ? shapes.flatMap((shape) =>
        (["x", "weight", "bias"] as const).flatMap((operand) =>
          [NaN, Infinity, -Infinity].flatMap((value) =>
            [false, true].map((last) => propagationCase(shape, operand, value, last))
          )
        )
      )
      : [];
    return [
      ...propagation,
      ...activations.map(limitCase),
      ...exceptionalElementwiseCases(effort),
      ...exceptionalSumCases(traits, effort),
    ];
  },
};

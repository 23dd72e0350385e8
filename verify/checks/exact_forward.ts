/**
 * Exact tier, forward: data on which every order of summation, fused or not,
 * gives the same bits, so that any difference is a bug. Whole numbers find
 * wrong indices, tails and stale values (as MLAS tests its SGEMM); identity and
 * one-hot operands with full mantissas find transposes and reduced precision.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import { type Case, type Check, exactMost, floats, integers, Workspace } from "../check.ts";
import { compareExact, merge } from "../compare.ts";
import { referenceProduct } from "../reference.ts";
import { edgeShapes, formatDimensions, layerShapes, smallShapes } from "../shapes.ts";

const name = "exact-forward";

function integerCase(shape: Dimensions, useBias: boolean): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/int/${formatDimensions(shape)}/${useBias ? "bias" : "no-bias"}`,
    run: async (kernel, random) => {
      const most = exactMost(k);
      const x = integers(m * k, most, random);
      const weight = integers(k * n, most, random);
      const bias = useBias ? integers(n, most * most, random) : null;
      const want = referenceProduct(shape, x, weight, { bias }).value;
      using space = new Workspace(kernel);
      const operands = [
        space.tensor([m, k], x),
        space.tensor([k, n], weight),
        bias && space.tensor([n], bias),
      ] as const;
      const y = space.output([m, n]);
      const z = space.output([m, n]);
      kernel.dense(...operands, "relu", y, z);
      const plain = space.output([m, n]);
      kernel.dense(...operands, "linear", plain);
      return merge([
        compareExact("z", await z.read(), want, n),
        compareExact("relu(z)", await y.read(), want.map((value) => Math.max(0, value)), n),
        compareExact("y", await plain.read(), want, n),
        compareExact("x afterwards", await operands[0].read(), x, k),
        compareExact("weight afterwards", await operands[1].read(), weight, n),
      ]);
    },
  };
}

/** One of the operands selects elements of the other, which must come through untouched. */
function selectionCase(
  shape: Dimensions,
  family: "identity-weight" | "identity-x" | "one-hot",
): Case {
  const { m, n, k } = shape;
  return {
    id: `${name}/${family}/${formatDimensions(shape)}`,
    run: async (kernel, random) => {
      const x = new Float32Array(m * k);
      const weight = new Float32Array(k * n);
      const want = new Float32Array(m * n);
      if (family === "identity-weight") {
        x.set(floats(m * k, -2, 2, random));
        for (let p = 0; p < Math.min(k, n); p++) {
          weight[p * n + p] = 1;
          for (let i = 0; i < m; i++) want[i * n + p] = x[i * k + p]!;
        }
      } else {
        weight.set(floats(k * n, -2, 2, random));
        for (let i = 0; i < m && k > 0; i++) {
          const hot = family === "one-hot" ? random.between(0, k - 1) : i;
          if (hot >= k) continue;
          x[i * k + hot] = 1;
          want.set(weight.subarray(hot * n, (hot + 1) * n), i * n);
        }
      }
      using space = new Workspace(kernel);
      const y = space.output([m, n]);
      kernel.dense(space.tensor([m, k], x), space.tensor([k, n], weight), null, "linear", y);
      return compareExact("y", await y.read(), want, n);
    },
  };
}

/** The check. */
export const exactForward: Check = {
  name,
  description: "whole numbers, identities and one-hot rows give the right bits",
  cases: ({ traits }) => {
    const edges = edgeShapes(traits);
    return [
      ...smallShapes(5).map((shape) => integerCase(shape, shape.k % 2 === 0)),
      ...[...edges, ...layerShapes].map((shape) => integerCase(shape, true)),
      ...edges.filter((_, i) => i % 3 === 0).map((shape) =>
        selectionCase(shape, "identity-weight")
      ),
      ...edges.filter((_, i) => i % 3 === 1).map((shape) => selectionCase(shape, "identity-x")),
      ...[...edges.filter((_, i) => i % 3 === 2), ...layerShapes].map((shape) =>
        selectionCase(shape, "one-hot")
      ),
    ];
  },
};

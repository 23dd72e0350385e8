/**
 * Exact tier, forward: data on which every order of summation, fused or not,
 * gives the same bits, so that any difference is a bug. Whole numbers find
 * wrong indices, tails and stale values (as MLAS tests its SGEMM); identity and
 * one-hot operands with full mantissas find transposes and reduced precision,
 * products of primes name the row and column that were taken.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import {
  type Case,
  type Check,
  exactMost,
  floats,
  integers,
  shapedCase,
  Workspace,
} from "../check.ts";
import { compareExact, merge, type Outcome } from "../compare.ts";
import type { Hints } from "../localise.ts";
import { exactProduct } from "../reference.ts";
import { edgeShapes, exactShapes, layerShapes, thin } from "../shapes.ts";

const name = "exact-forward";

function integerCase(shape: Dimensions, useBias: boolean): Case {
  const suffix = useBias ? "bias" : "no-bias";
  return shapedCase(`${name}/int`, shape, suffix, async (shape, kernel, random) => {
    const { m, n, k } = shape;
    const most = exactMost(k);
    const x = integers(m * k, most, random);
    const weight = integers(k * n, most, random);
    const bias = useBias ? integers(n, most * most, random) : null;
    const want = exactProduct(shape, x, weight, { bias });
    const hints: Hints = {
      tile: kernel.traits.tile,
      alternatives: bias
        ? {
          "without the bias": (i: number) => want[i]! - bias[i % n]!,
          "with the bias added twice": (i: number) => want[i]! + bias[i % n]!,
        }
        : {},
    };
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
    const found = await Promise.all([z, y, plain].map((tensor) => tensor.read()));
    return merge([
      compareExact("z", found[0]!, want, n, hints),
      compareExact("relu(z)", found[1]!, want.map((value) => Math.max(0, value)), n, hints),
      compareExact("y", found[2]!, want, n, hints),
    ]);
  });
}

/** Compares x · weight, without a bias or an activation, to the bit. */
async function compareDense(
  kernel: Kernel,
  { m, n, k }: Dimensions,
  x: Float32Array,
  weight: Float32Array,
  want: Float32Array,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const y = space.output([m, n]);
  kernel.dense(space.tensor([m, k], x), space.tensor([k, n], weight), null, "linear", y);
  return compareExact("y", await y.read(), want, n, { tile: kernel.traits.tile });
}

/** One of the operands selects elements of the other, which must come through untouched. */
function selectionCase(
  shape: Dimensions,
  family: "identity-weight" | "identity-x" | "one-hot",
): Case {
  return shapedCase(`${name}/${family}`, shape, null, async (shape, kernel, random) => {
    const { m, n, k } = shape;
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
    return await compareDense(kernel, shape, x, weight, want);
  });
}

/** The first `count` primes above 2. */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 3; found.length < count; candidate += 2) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

/** Each output is the product of its row's prime and its column's: no two are equal, none is another's multiple. */
function primesCase(shape: Dimensions): Case {
  return shapedCase(`${name}/primes`, shape, null, async (shape, kernel) => {
    const { m, n, k } = shape;
    const all = primes(m + n);
    const x = new Float32Array(m * k);
    const weight = new Float32Array(k * n);
    const middle = Math.floor(k / 2);
    const want = new Float32Array(m * n);
    for (let i = 0; i < m && k > 0; i++) x[i * k + middle] = all[i]!;
    for (let j = 0; j < n && k > 0; j++) weight[middle * n + j] = all[m + j]!;
    for (let i = 0; i < want.length && k > 0; i++) {
      want[i] = all[Math.floor(i / n)]! * all[m + i % n]!;
    }
    return await compareDense(kernel, shape, x, weight, want);
  });
}

/** The check. */
export const exactForward: Check = {
  name,
  anyShape: true,
  description: "whole numbers, identities, one-hot rows and primes give the right bits",
  cases: ({ traits }, { effort }) => {
    const shapes = exactShapes(traits, effort);
    const edges = effort === "smoke" ? thin(shapes, 5) : edgeShapes(traits);
    const layers = effort === "smoke" ? [] : layerShapes;
    const every = (rest: number) => edges.filter((_, i) => i % 3 === rest);
    return [
      ...shapes.map((shape, i) =>
        integerCase(shape, i % 2 === 0 || Math.max(shape.m, shape.n) > 6)
      ),
      ...every(0).map((shape) => selectionCase(shape, "identity-weight")),
      ...every(1).map((shape) => selectionCase(shape, "identity-x")),
      ...[...every(2), ...layers].map((shape) => selectionCase(shape, "one-hot")),
      ...[...thin(edges, 5), ...layers.slice(0, 1)].map(primesCase),
    ];
  },
};

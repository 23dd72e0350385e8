/**
 * The order of summation, probed from outside and held to the kernel's claim:
 * as a tree, for every way of calling that has a path of its own, and to the
 * bit, by carrying the claim out in JavaScript. Also whether multiply-add is
 * fused, how wide sums are, and what becomes of subnormals and NaN.
 * Every rigorous bound is based on the depth of the claimed tree.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import type { Kernel, MatmulOptions, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Check, floats, shapedCase, Workspace } from "../check.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { edgeShapes, layerShapes, smallShapes } from "../shapes.ts";
import { emulate } from "../summation/emulate.ts";
import { ProbeError, type ProbePath, probeTree } from "../summation/probe.ts";
import { claimedTree, depthOfTree, sameTree } from "../summation/tree.ts";

const name = "order";

/** How a kernel is called for a probe. */
interface Call {
  readonly m: number;
  readonly n: number;
  /** The column whose sums are looked at. */
  readonly column: number;
  /** `dense` has the bias for its last term, `accumulate` what the output held; the others have products alone. */
  readonly operation: "dense" | "matmul" | "accumulate";
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function nameOf({ m, n, column, operation, transposeA, transposeB }: Call): string {
  const layout = operation === "dense" ? "" : `-${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  return `${operation}${layout}-${m}x${n}-column-${column}`;
}

/** Calls the kernel with `rows` [m, k] opposite ones, and returns the column's m sums. */
function begin(kernel: Kernel, space: Workspace, call: Call, k: number) {
  const { m, n, operation, transposeA, transposeB } = call;
  const options: MatmulOptions = { transposeA, transposeB, accumulate: operation === "accumulate" };
  const ones = space.tensor(transposeB ? [n, k] : [k, n], new Float32Array(k * n).fill(1));
  return (rows: Float32Array, addend: number): Tensor => {
    const a = transposeA ? space.tensor([k, m], transpose(rows, m, k)) : space.tensor([m, k], rows);
    if (operation === "dense") {
      const y = space.output([m, n]);
      kernel.dense(a, ones, space.tensor([n], new Float32Array(n).fill(addend)), "linear", y);
      return y;
    }
    const out = operation === "accumulate"
      ? space.tensor([m, n], new Float32Array(m * n).fill(addend))
      : space.output([m, n]);
    kernel.matmul(a, ones, out, options);
    return out;
  };
}

/** The sums of one column as a path for probes. */
function pathOf(kernel: Kernel, call: Call, k: number): ProbePath {
  const extra = call.operation === "matmul" ? 0 : 1;
  const { m, n, column } = call;
  return {
    name: nameOf(call),
    terms: k + extra,
    sums: async (lists) => {
      using space = new Workspace(kernel);
      const run = begin(kernel, space, call, k);
      // Rows of one call have their last term, the bias, in common.
      const groups = new Map<number, number[]>();
      for (const [i, terms] of lists.entries()) {
        const addend = extra ? terms[k]! : 0;
        groups.set(addend, [...(groups.get(addend) ?? []), i]);
      }
      const results: { readonly y: Tensor; readonly members: readonly number[] }[] = [];
      for (const [addend, all] of groups) {
        for (let start = 0; start < all.length; start += m) {
          const members = all.slice(start, start + m);
          const rows = new Float32Array(m * k).fill(1);
          members.forEach((i, row) => rows.set(lists[i]!.subarray(0, k), row * k));
          results.push({ y: run(rows, addend), members });
        }
      }
      const sums = new Array<number>(lists.length).fill(NaN);
      const read = await Promise.all(results.map(({ y }) => y.read()));
      for (const [r, { members }] of results.entries()) {
        members.forEach((i, row) => sums[i] = read[r]![row * n + column]!);
      }
      return sums;
    },
  };
}

function treeCase(call: Call, k: number): Case {
  return {
    id: `${name}/tree/${nameOf(call)}/k-${k}`,
    run: async (kernel): Promise<Outcome> => {
      const path = pathOf(kernel, call, k);
      try {
        const tree = await probeTree(path);
        const claim = claimedTree(kernel.traits.summation, k, path.terms > k);
        const problem = claim === null || sameTree(tree, claim)
          ? null
          : `${path.name}: the ${path.terms} terms are added in another order than claimed, ${
            depthOfTree(tree)
          } additions deep where ${depthOfTree(claim)} are claimed`;
        const { column } = call;
        const found = { path: path.name, k, column, depth: depthOfTree(tree), tree };
        return { worst: problem ? Infinity : 0, problem, measures: { tree: found } };
      } catch (error) {
        if (!(error instanceof ProbeError)) throw error;
        return { worst: Infinity, problem: error.message };
      }
    },
  };
}

/** The first output of x [1, k] · w [k, 1]. */
async function dot(kernel: Kernel, x: readonly number[], w: readonly number[]): Promise<number> {
  using space = new Workspace(kernel);
  const y = space.output([1, 1]);
  const [left, right] = [Float32Array.from(x), Float32Array.from(w)];
  kernel.dense(
    space.tensor([1, x.length], left),
    space.tensor([x.length, 1], right),
    null,
    "linear",
    y,
  );
  return (await y.read())[0] ?? NaN;
}

/** A property observed from outside against the one that is claimed. */
function propertyCase<T extends string | boolean>(
  property: "fused" | "accumulator" | "denormals" | "nan",
  claim: (kernel: Kernel) => T,
  observe: (kernel: Kernel) => Promise<T>,
  allowed: (claimed: T, observed: T, kernel: Kernel) => boolean,
): Case {
  return {
    id: `${name}/${property}`,
    run: async (kernel) => {
      const [claimed, observed] = [claim(kernel), await observe(kernel)];
      const problem = allowed(claimed, observed, kernel)
        ? null
        : `the claim is ${property}: ${claimed}, but it is ${observed}`;
      return {
        worst: problem ? Infinity : 0,
        problem,
        measures: { observed: { [property]: observed } },
      };
    },
  };
}

const properties: readonly Case[] = [
  // (1 + ε)(1 − ε) − 1 is −ε² where the product is not rounded before the sum; the −1 comes first in one of the two.
  propertyCase(
    "fused",
    ({ traits }) => traits.fused,
    async (kernel) => {
      const [x, w] = [[-1, 1 + 2 ** -13], [1, 1 - 2 ** -13]] as const;
      const both = [await dot(kernel, x, w), await dot(kernel, [x[1], x[0]], [w[1], w[0]])];
      return both.some((value) => value !== 0);
    },
    // Wider sums keep the product whole, fused or not.
    (claimed, observed, { traits }) =>
      claimed === observed || (observed && traits.accumulator === "float64"),
  ),
  propertyCase(
    "accumulator",
    ({ traits }) => traits.accumulator,
    // With the 1 in each place: added last it survives in any width.
    async (kernel) => {
      const [large, one] = [2 ** 30, 1];
      const orders = [[one, large, -large], [large, one, -large], [large, -large, one]];
      const sums = [];
      for (const terms of orders) sums.push(await dot(kernel, terms, [1, 1, 1]));
      return sums.every((sum) => sum === 1) ? "float64" : "float32";
    },
    (claimed, observed) => claimed === observed,
  ),
  propertyCase(
    "denormals",
    ({ traits }) => traits.denormals,
    async (kernel) => await dot(kernel, [2 ** -126], [0.5]) === 2 ** -127 ? "kept" : "flushed",
    (claimed, observed) => claimed === observed || claimed === "flushed",
  ),
  propertyCase(
    "nan",
    ({ traits }) => traits.nan === "propagates" ? "propagates" : "lost",
    async (kernel) => Number.isNaN(await dot(kernel, [NaN, 1], [0, 1])) ? "propagates" : "lost",
    (claimed, observed) => claimed === observed || claimed === "lost",
  ),
];

/** The bits of x · w + bias on real numbers, as the claims predict them. */
const bitsCase = (shape: { m: number; n: number; k: number }) =>
  shapedCase(`${name}/bits`, shape, null, async (shape, kernel, random) => {
    const { m, n, k } = shape;
    const x = floats(m * k, -1, 1, random);
    const weight = floats(k * n, -1, 1, random);
    const bias = floats(n, 0.5, 2, random);
    const want = emulate(kernel.traits, shape, x, weight, bias);
    if (!want) return { worst: 0, problem: null };
    using space = new Workspace(kernel);
    const y = space.output([m, n]);
    const operands = [space.tensor([m, k], x), space.tensor([k, n], weight)] as const;
    kernel.dense(...operands, space.tensor([n], bias), "linear", y);
    return compareExact("y, as the claimed order has it,", await y.read(), want, n);
  });

/** The check. */
export const order: Check = {
  name,
  description: "sums are added in the claimed order, to the bit, and rounded as claimed",
  cases: ({ traits }, { effort }) => {
    const { mr, nr, kc } = traits.tile;
    const several = [Math.max(kc, 16) + 3, 2 * Math.max(kc, 16) + 5];
    const depths = effort === "smoke" ? several.slice(0, 1) : [16, ...several];
    const n = 2 * nr + 1;
    const wide = { n, column: n - 1, transposeA: false, transposeB: false } as const;
    const calls: Call[] = [
      { ...wide, m: 2 * mr + 31, column: 0, operation: "dense" },
      { ...wide, m: 2 * mr + 31, operation: "dense" },
      { ...wide, m: 1, operation: "dense" },
      { ...wide, m: 33, n: 1, column: 0, operation: "dense" },
      { ...wide, m: 2 * mr + 31, operation: "accumulate" },
      ...[[false, true], [true, false], [true, true]].flatMap(([transposeA, transposeB]) => [
        { ...wide, m: 2 * mr + 31, operation: "matmul", transposeA, transposeB } as Call,
        { ...wide, m: 1, operation: "matmul", transposeA, transposeB } as Call,
      ]),
    ];
    const claims = traits.summation.order !== "unspecified" && traits.denormals === "kept";
    const edges = edgeShapes(traits).filter(({ k }) => k > 0);
    const small = smallShapes(effort === "smoke" ? 2 : 4).filter(({ k }) => k > 0);
    const shapes = [
      ...small,
      ...edges.filter((_, i) => i % (effort === "full" ? 1 : effort === "quick" ? 5 : 19) === 0),
      ...(effort === "smoke" ? [] : layerShapes),
    ];
    return [
      // A kernel that claims no order is probed for the report alone, by the first calls.
      ...(claims ? calls : calls.slice(0, 3)).flatMap((call) =>
        depths.map((k) => treeCase(call, k))
      ),
      ...properties,
      ...(claims ? shapes.map(bitsCase) : []),
    ];
  },
};

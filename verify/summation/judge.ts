/**
 * Holds a kernel to an order of summation: by the tree that probes find, to the
 * bit on real numbers or within the interval that the claims leave, and by how
 * much a compensated sum loses. The claims are given apart from the kernel, so
 * that others than its own can be tried.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { depthOf } from "../bounds.ts";
import { floats, Workspace } from "../check.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { describe } from "../localise.ts";
import { type Call, pathOf } from "./call_path.ts";
import { emulate } from "./emulate.ts";
import { observeRounding, observeStagnation } from "./observe.ts";
import { KeptError, ProbeError, type ProbePath, probeTree } from "./probe.ts";
import { claimedTree, depthOfTree, sameTree } from "./tree.ts";

const nothing: Outcome = { worst: 0, problem: null };

/** What is wrong with a tree that was found; null where it is as claimed. */
function wrongTree(
  tree: Parameters<typeof depthOfTree>[0],
  { name, terms }: ProbePath,
  { operation }: Call,
  traits: KernelTraits,
  k: number,
): string | null {
  const { summation } = traits;
  const position = (operation === "dense" ? traits.bias : traits.accumulation) ?? "after";
  const claim = claimedTree(summation, k, terms > k ? position : null);
  const depth = depthOfTree(tree);
  if (claim !== null) {
    return sameTree(tree, claim)
      ? null
      : `${name}: the ${terms} terms are added in another order than claimed, ${depth} additions deep where ${
        depthOfTree(claim)
      } are claimed`;
  }
  // Depths count a product's own rounding, and one addition more than there may be.
  const most = depthOf(summation, k) - 1 + (terms - k);
  return depth <= most || summation.order === "compensated"
    ? null
    : `${name}: a term passes through ${depth} additions, where the claim for ${k} products is at most ${most}`;
}

const roundings = new WeakMap<Kernel, Promise<"nearest" | "either" | null>>();

/** How a kernel rounds, observed once; anew where that threw. */
function roundingOf(kernel: Kernel): Promise<"nearest" | "either" | null> {
  const known = roundings.get(kernel);
  if (known) return known;
  const observed = observeRounding(kernel);
  roundings.set(kernel, observed);
  observed.catch(() => roundings.delete(kernel));
  return observed;
}

/** The tree of one way of calling, and whether it is the claimed one. */
export async function judgeTree(
  kernel: Kernel,
  traits: KernelTraits,
  call: Call,
  k: number,
): Promise<Outcome> {
  const path = pathOf(kernel, call, k);
  const { summation, rounding } = traits;
  // Roundings to either side swallow terms only in part, so that counts need not be of any tree.
  const certain = rounding === "nearest" || await roundingOf(kernel) === "nearest";
  try {
    const tree = await probeTree(path);
    const problem = certain ? wrongTree(tree, path, call, traits, k) : null;
    const { column } = call;
    const found = { path: path.name, k, column, depth: depthOfTree(tree), tree };
    return { worst: problem ? Infinity : 0, problem, measures: { tree: found } };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    const open = summation.order === "compensated" ||
      error instanceof KeptError && summation.order === "unspecified";
    if (open || !certain) return nothing;
    return { worst: Infinity, problem: error.message };
  }
}

/** The bits of x · w + bias on real numbers, or the interval they must lie in, as the claims predict them. */
export async function judgeBits(
  kernel: Kernel,
  traits: KernelTraits,
  shape: Dimensions,
  random: Random,
): Promise<Outcome> {
  const { m, n, k } = shape;
  const x = floats(m * k, -1, 1, random);
  const weight = floats(k * n, -1, 1, random);
  const bias = floats(n, 0.5, 2, random);
  const want = emulate(traits, shape, x, weight, bias);
  if (!want) return nothing;
  using space = new Workspace(kernel);
  const y = space.output([m, n]);
  const operands = [space.tensor([m, k], x), space.tensor([k, n], weight)] as const;
  kernel.dense(...operands, space.tensor([n], bias), "linear", y);
  const got = await y.read();
  const what = "y, as the claimed order has it,";
  const { low, high } = want;
  if (low === high) return compareExact(what, got, low, n);
  const outside: number[] = [];
  for (const [i, value] of got.entries()) {
    if (!(value >= low[i]! && value <= high[i]!)) outside.push(i);
  }
  if (outside.length === 0) return nothing;
  const nearest = low.map((value, i) => Math.max(value, Math.min(got[i]!, high[i]!)));
  return { worst: Infinity, problem: describe(what, outside, got, nearest, n, {}) };
}

/** Whether a claimed compensated sum is one: what a plain sum in its tree would lose is kept. */
export async function judgeCompensation(
  kernel: Kernel,
  traits: KernelTraits,
  call: Call,
  k: number,
): Promise<Outcome> {
  const { summation } = traits;
  if (summation.order !== "compensated") return nothing;
  try {
    const tree = await probeTree(pathOf(kernel, call, k));
    const { lost, count } = await observeStagnation(kernel, tree, k);
    const allowed = 2 + (summation.parts?.(k) ?? 1);
    if (Math.abs(lost) <= allowed) return nothing;
    return {
      worst: Infinity,
      problem:
        `sums are claimed to be compensated, but of ${count} ones that are added to 2^24 one by one, ${lost} are lost`,
    };
  } catch (error) {
    if (error instanceof ProbeError) return nothing;
    throw error;
  }
}

/**
 * The trees and numbers of the example verification, made up by formulas.
 *
 * @module
 */
import { activations } from "../../kernels/activation.ts";
import type { ActivationReport, Coverage, Growth, ShapeClass, SumTree } from "./schema.ts";

/** What a made-up kernel is like. */
export interface Made {
  readonly name: string;
  readonly device: string;
  readonly threads: number;
  readonly claim: string;
  /** Its depth, of any k. */
  readonly depth: (k: number) => number;
  /** The tree of the products 0 to k − 1. */
  readonly order: (k: number) => SumTree;
  readonly fused: boolean;
  /** Whether sums are of float64. */
  readonly wide: boolean;
  /** Of activations. */
  readonly ulp: number;
}

/** The leaves `from` to `to` − 1, added in turn. */
export function chain(from: number, to: number): SumTree {
  let tree: SumTree = from;
  for (let i = from + 1; i < to; i++) tree = [tree, i];
  return tree;
}

/** Blocks of `block` leaves, each in turn, and their sums in turn. */
export function blocks(k: number, block: number): SumTree {
  let tree = chain(0, Math.min(block, k));
  for (let at = block; at < k; at += block) tree = [tree, chain(at, Math.min(at + block, k))];
  return tree;
}

/** The leaves `from` to `to` − 1, by halves. */
export function pairwise(from: number, to: number): SumTree {
  if (to - from === 1) return from;
  const middle = from + Math.ceil((to - from) / 2);
  return [pairwise(from, middle), pairwise(middle, to)];
}

/** Every `count`-th leaf in turn, and the sums of these in turn. */
export function lanes(k: number, count: number): SumTree {
  const lane = (first: number) => {
    let tree: SumTree = first;
    for (let i = first + count; i < k; i += count) tree = [tree, i];
    return tree;
  };
  let tree = lane(0);
  for (let first = 1; first < count; first++) tree = [tree, lane(first)];
  return tree;
}

/** The most additions that a leaf passes through. */
export function depthOf(tree: SumTree): number {
  return typeof tree === "number" ? 0 : 1 + Math.max(...tree.map(depthOf));
}

/** A number from 0 to 1 that looks random and follows from `i`. */
function noise(i: number): number {
  const value = Math.sin(i * 12.9898 + 78.233) * 43758.5453;
  return value - Math.floor(value);
}

/** Errors that grow as those of random data do: as √depth for positive data, hardly for others. */
export function growthOf(kernel: Made, at: number): Growth[] {
  return ["uniform", "positive"].flatMap((family, f) =>
    [8, 32, 128, 512, 2048, 8192].map((k, i) => {
      const depth = kernel.depth(k) + 2;
      const swing = 0.8 + 0.4 * noise(97 * at + 31 * f + i);
      const sums = family === "positive" ? 0.6 * Math.sqrt(depth) : 1.1 * depth ** 0.1;
      const units = kernel.wide ? 0.5 * swing : sums * swing;
      return { family, k, rho: units / depth, lambda: units / Math.sqrt(depth), units, depth };
    })
  );
}

/** How many results of the random sums were how far off. */
export function histogramOf(kernel: Made, at: number): number[] {
  const base = kernel.wide
    ? [120_000, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    : [64_100, 38_200, 12_700, 3_900, 960, 131, 8, 1, 0, 0];
  return base.map((count, i) => Math.round(count * (1 + 0.2 * noise(at * 10 + i))));
}

/** All activations; the errors of tanh and sigmoid over all classes are drawn out. */
export function activationsOf(kernel: Made, at: number): ActivationReport[] {
  return activations.map((activation, a): ActivationReport => {
    const exact = activation === "linear" || activation === "relu";
    const declared = exact ? 0 : kernel.ulp;
    // By sign and exponent: large near where the function turns, none where it is saturated.
    const profile = Array.from({ length: 512 }, (_, i) => {
      const exponent = i % 256;
      if (exact || exponent === 255) return 0;
      const near = Math.exp(-(((exponent - 127 - a % 4) / 9) ** 2));
      const wave = 0.7 + 0.3 * noise(13 * i + at + 7 * a);
      if (exponent > 135 && activation !== "silu") return 0;
      return declared * (0.24 + 0.7 * near) * wave;
    });
    return {
      activation,
      declared,
      inputs: kernel.device === "JavaScript" ? 1_048_320 : 2 ** 32,
      exhaustive: kernel.device !== "JavaScript",
      ulp: Math.max(...profile),
      at: exact ? 0 : Math.fround(0.31 + 0.17 * a),
      monotone: ["silu", "gelu", "gelu_tanh", "mish", "softmax"].includes(activation) ? null : true,
      odd: activation === "tanh" ? true : null,
      profile,
    };
  });
}

/** Cases of every family on every class of shapes that it has. */
export function coverageOf(families: readonly string[], at: number): Coverage[] {
  return families.flatMap((family, f) => {
    if (["sweep", "specials", "owners"].includes(family)) {
      return [{ family, shapes: "none", cases: 13 + f, failed: 0 }];
    }
    const classes: readonly ShapeClass[] = ["empty", "small", "edge", "large"];
    return classes.filter((shapes) => shapes !== "empty" || at % 3 === 0)
      .map((shapes, s): Coverage => ({
        family,
        shapes,
        cases: 4 + 37 * ((at + f + s) % 4) + 9 * s,
        failed: 0,
      }));
  });
}

/** A tree of pairs over `leaves` in an order that looks random and follows from `seed`. */
export function randomTree(leaves: number, seed: number): SumTree {
  const trees: SumTree[] = Array.from({ length: leaves }, (_, i) => i);
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  while (trees.length > 1) {
    const [a] = trees.splice(next(trees.length), 1);
    const at = next(trees.length);
    trees[at] = [trees[at] ?? 0, a ?? 0];
  }
  return trees[0] ?? 0;
}

/** A tree of as many leaves in which every sum is of two sums, the deeper one right. */
export function rightTree(leaves: number): SumTree {
  let tree: SumTree = [0, 1];
  for (let i = 2; i < leaves; i += 2) tree = [[i, i + 1], tree];
  return tree;
}

/** Trees of all kinds, over k products, and what they are as text. */
export const exampleTrees: readonly (readonly [
  name: string,
  SumTree,
  k: number,
  text: string,
])[] = [
  ["one product", 0, 1, "0"],
  ["a product and the bias", [0, 1], 1, "0+bias"],
  ["a sum in turn", chain(0, 16), 16, "0…15"],
  ["a sum in turn and the bias", [chain(0, 16), 16], 16, "(0…15)+bias"],
  ["the bias first", [[[3, 0], 1], 2], 3, "bias+0…2"],
  ["backwards", [[[3, 2], 1], 0], 4, "3…0"],
  ["sums that stand right of what is added", [3, [2, [1, 0]]], 4, "0…3"],
  ["blocks and the bias", [blocks(67, 48), 67], 67, "((0…47)+(48…66))+bias"],
  ["pairs", pairwise(0, 8), 8, "((0+1)+(2+3))+((4+5)+(6+7))"],
  ["four lanes", lanes(16, 4), 16, "(((0,4…12)+(1,5…13))+(2,6…14))+(3,7…15)"],
  ["products after a sum", [[[[[0, 1], [2, 3]], 4], 5], 6], 7, "((0+1)+(2+3))+4…6"],
  ["all at once", [0, 1, 2, 3], 4, "0…3 at once"],
  [
    "many blocks",
    [blocks(960, 48), 960],
    960,
    "(0…47)+(48…95)+…+(912…959)+bias",
  ],
];

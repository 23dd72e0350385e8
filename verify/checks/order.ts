/**
 * The order of summation, probed from outside and held to the kernel's claim:
 * as a tree, for every way of calling that has a path of its own, and to the
 * bit, by carrying the claim out in JavaScript. Also whether multiply-add is
 * fused, how wide sums are, and what becomes of subnormals and NaN.
 * Every rigorous bound is based on the depth of the claimed tree.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, type Check, shapedCase } from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { faultOfTraits } from "../refused.ts";
import { edgeShapes, layerShapes, smallShapes } from "../shapes.ts";
import { type Call, nameOf } from "../summation/call_path.ts";
import { faultOfFused, isOpenlyFused, observeFused } from "../summation/fused.ts";
import { judgeBits, judgeCompensation, judgeTree } from "../summation/judge.ts";
import {
  observeBias,
  observeDenormals,
  observeNaN,
  observeRounding,
  observeWidth,
} from "../summation/observe.ts";
import { isExact } from "../summation/plan.ts";

const name = "order";

function treeCase(call: Call, k: number): Case {
  return {
    id: `${name}/tree/${nameOf(call)}/k-${k}`,
    run: (kernel) => judgeTree(kernel, kernel.traits, call, k),
  };
}

function compensationCase(call: Call, k: number): Case {
  return {
    id: `${name}/compensation/${nameOf(call)}/k-${k}`,
    run: (kernel) => judgeCompensation(kernel, kernel.traits, call, k),
  };
}

/** The case that judges whether the claims may be made at all. */
export const claimsId = `${name}/claims`;

const claimsCase: Case = {
  id: claimsId,
  run: ({ traits }) => Promise.resolve(outcomeOf(faultOfTraits(traits))),
};

/** Where no order is claimed, or one that leaves open which products are fused, most of them must be. */
const fusedProductsCase: Case = {
  id: `${name}/fused-products`,
  run: async (kernel) => outcomeOf(await faultOfFused(kernel)),
};

/** A property observed from outside against the one that is claimed. */
function propertyCase<T extends string | boolean, Seen extends T>(
  property: "fused" | "accumulator" | "denormals" | "nan" | "rounding" | "bias",
  claim: (kernel: Kernel) => T,
  observe: (kernel: Kernel) => Promise<Seen>,
  allowed: (claimed: T, observed: Seen, kernel: Kernel) => boolean,
): Case {
  return {
    id: `${name}/${property}`,
    run: async (kernel) => {
      const [claimed, observed] = [claim(kernel), await observe(kernel)];
      const problem = allowed(claimed, observed, kernel)
        ? null
        : kernel.traits[property] === undefined
        ? `nothing is claimed of ${property}, which stands for ${claimed}, but it is ${observed}`
        : `the claim is ${property}: ${claimed}, but it is ${observed}`;
      // What the report has no field for is judged alone.
      const kept = property !== "rounding" && property !== "bias";
      return {
        worst: problem ? Infinity : 0,
        problem,
        ...(kept && { measures: { observed: { [property]: observed } } }),
      };
    },
  };
}

const properties: readonly Case[] = [
  {
    id: `${name}/accumulator`,
    run: async (kernel) => {
      const { accumulator: claimed, summation, storedEvery, rounding } = kernel.traits;
      const { accumulator, stored, kept } = await observeWidth(kernel, claimed === "float64");
      const measures = { observed: { accumulator: kept ? claimed : accumulator } };
      // A compensated float32 sum keeps what a float64 sum loses.
      const open = rounding === "either" || summation.order === "compensated" ||
        kept && (claimed === "float64" || summation.order === "unspecified");
      const [first] = stored;
      const problem = open || accumulator === claimed && (!first || storedEvery)
        ? null
        : accumulator === "float64" && claimed === "float64"
        ? `the claim is accumulator: float64, but sums of ${
          first![0]
        } are rounded to float32 after ${first![1]} products, which is claimed by storedEvery`
        : `the claim is accumulator: ${claimed}, but it is ${accumulator}${
          first ? `, stored in float32 after ${first[1]} of ${first[0]} products` : ""
        }`;
      return { ...outcomeOf(problem), measures };
    },
  },
  propertyCase<boolean | "either", boolean>(
    "fused",
    ({ traits }) => traits.fused,
    observeFused,
    // Wider and compensated sums may keep the product whole, fused or not, and either rounding looks like it.
    (claimed, observed, { traits }) =>
      traits.rounding === "either" ||
      (traits.summation.order === "compensated"
        ? traits.summation.products === "rounded" || observed
        : claimed === observed || claimed === "either" ||
          observed && traits.accumulator === "float64"),
  ),
  propertyCase(
    "rounding",
    ({ traits }) => traits.rounding === "either" ? "either" : "nearest",
    async (kernel) => await observeRounding(kernel) ?? "coarser than float32's",
    (claimed: string, observed) => claimed === observed || observed === "nearest",
  ),
  propertyCase(
    "bias",
    ({ traits }) => traits.bias ?? "after",
    observeBias,
    // Where no order is claimed, and no place, the bound holds for each; a rounded sum has no other rounding.
    (claimed, observed, { traits: { summation, bias, accumulator, rounding } }) =>
      claimed === observed || rounding === "either" ||
      bias === undefined && !isExact(summation) ||
      accumulator === "float32" && observed !== "first" && claimed !== "first" ||
      summation.order === "compensated",
  ),
  propertyCase<"kept" | "flushed", "kept" | "flushed">(
    "denormals",
    ({ traits }) => traits.denormals,
    observeDenormals,
    (claimed, observed) => claimed === observed || claimed === "flushed",
  ),
  propertyCase<"propagates" | "lost", "propagates" | "lost">(
    "nan",
    ({ traits }) => traits.nan === "propagates" ? "propagates" : "lost",
    (kernel) => observeNaN(kernel, kernel.traits.summation.order === "compensated"),
    (claimed, observed) => claimed === observed || claimed === "lost",
  ),
];

/** The bits of x · w + bias on real numbers, as the claims predict them. */
const bitsCase = (shape: { m: number; n: number; k: number }) =>
  shapedCase(
    `${name}/bits`,
    shape,
    null,
    (shape, kernel, random) => judgeBits(kernel, kernel.traits, shape, random),
  );

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
        { ...wide, m: 2 * mr + 31, operation: "accumulate", transposeA, transposeB } as Call,
      ]),
    ];
    const { summation } = traits;
    // A depth is claimed of every way of calling, as an order is.
    const deep = summation.order === "pairwise" ||
      summation.order === "unspecified" && summation.depth !== undefined;
    const exact = isExact(summation);
    const claims = (exact || deep) && traits.denormals === "kept";
    const edges = edgeShapes(traits).filter(({ k }) => k > 0);
    const small = smallShapes(effort === "smoke" ? 2 : 4).filter(({ k }) => k > 0);
    const shapes = [
      ...small,
      ...edges.filter((_, i) => i % (effort === "full" ? 1 : effort === "quick" ? 5 : 19) === 0),
      ...(effort === "smoke" ? [] : layerShapes),
    ];
    const long = effort === "smoke" ? [] : [{ m: 2, n: 3, k: 1031 }, { m: 3, n: 2, k: 515 }];
    const alone: Call = { ...wide, m: 2 * mr + 31, operation: "matmul" };
    // Long enough for every level of a tree, and for paths that begin at some length; bits show longer ones.
    const far = effort === "smoke" ? [67] : exact ? [515] : [67, 1031];
    return [
      claimsCase,
      // A kernel that claims no order is probed for the report alone, by the first calls.
      ...(claims ? calls : calls.slice(0, 3)).flatMap((call) =>
        depths.map((k) => treeCase(call, k))
      ),
      ...(claims ? far.map((k) => treeCase(alone, k)) : []),
      ...(summation.order === "compensated" ? far.map((k) => compensationCase(alone, k)) : []),
      ...properties,
      ...(isOpenlyFused(traits) ? [fusedProductsCase] : []),
      ...(exact ? [...shapes, ...long].map(bitsCase) : []),
    ];
  },
};

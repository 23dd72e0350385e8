/**
 * Kernels that are right in unusual ways, each with the claims that are true of
 * it: compensated and pairwise sums, accumulators of every kind, wide sums that
 * are stored between, rounding to either side, a bias that a sum begins with,
 * gradients by other formulas. The verifier must accept every one.
 *
 * @module
 */
import { createRandom, shuffle } from "../../common/random.ts";
import type { SumTree } from "../../common/sum_tree.ts";
import type { Activation } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { activate } from "../../kernels/scalar_activations.ts";
import { adjacentFloat } from "../float32.ts";
import { chain, combinations } from "../summation/plan.ts";
import { eitherNeighbour, flush } from "./conforming.ts";
import { afterActivation, afterGradient, alter, type ConformingVariant, dataOf } from "./mutant.ts";
import { kernelOf } from "./subject.ts";
import {
  blocked,
  dot2,
  doubleDouble,
  downFrom,
  fused,
  inFloat64,
  inOrder,
  interleaved,
  kahan,
  kahanLanes,
  neumaier,
  pairsUpwards,
  pairwise,
  productOf,
  separate,
  stored,
  storedLanes,
  type Sum,
  sum2,
  towardsZero,
  upTo,
  withoutZeros,
} from "./sums.ts";

const { fround } = Math;

/** A kernel and what is true of it, apart from each other, so that it can be tried without claims. */
export interface ClaimVariant extends ConformingVariant {
  /** What it claims; without it, the claims of any float32 sum. */
  readonly claims: Partial<KernelTraits>;
  /** The kernel with other claims. */
  readonly claiming: (claims: Partial<KernelTraits>) => Kernel;
}

/** What a product claims of which nothing is said. */
const silent: Partial<KernelTraits> = { summation: { order: "unspecified" } };

/** A variant by what changes a kernel. */
function variantOf(
  name: string,
  claims: Partial<KernelTraits>,
  make: (claims: Partial<KernelTraits>) => Kernel,
): ClaimVariant {
  const claiming = (others: Partial<KernelTraits>) => make({ ...silent, ...others });
  return { name, claims, claiming, create: () => Promise.resolve(claiming(claims)) };
}

function sums(
  name: string,
  sum: Sum,
  claims: Partial<KernelTraits>,
  inPlace = false,
): ClaimVariant {
  return variantOf(name, claims, (all) => kernelOf(productOf(sum, inPlace), all));
}

/** A kernel whose dense adds the bias before the last rounding, or begins its sums with it. */
export function withBias(sum: Sum, begin: boolean, claims: Partial<KernelTraits>): Kernel {
  return alter(kernelOf(productOf(sum), claims), (original) => ({
    dense: (x, weight, bias, activation: Activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const [n = 1, k = 1] = [y.shape.at(-1), x.shape.at(-1)];
      if (!bias || y.size === 0) return;
      const [left, right, addends] = [dataOf(x), dataOf(weight), dataOf(bias)];
      const found = Float32Array.from({ length: y.size }, (_, i) => {
        const [row, column] = [Math.floor(i / n), i % n];
        const terms = (p: number) => [left[row * k + p]!, right[p * n + column]!] as const;
        const addend = addends[column]!;
        return begin ? sum(terms, k, addend) : sum(terms, k) + addend;
      });
      if (z) dataOf(z).set(found);
      activate(activation, found, dataOf(y), n);
    },
  }));
}

/** A kernel with another gradient or activation. */
function changed(change: (original: Kernel) => Partial<Kernel>) {
  return (claims: Partial<KernelTraits>): Kernel => {
    const kernel = kernelOf(productOf(inOrder(upTo)), claims);
    // What heap kernels claim of their gradients does not hold for it.
    const { gradientUlp: _, ...traits } = kernel.traits;
    return alter(Object.assign(kernel, { traits: { ...traits, ...claims } }), change);
  };
}

/** The gradient of a softmax row by its Jacobian, in float32, from the last element to the first. */
const byJacobian = (original: Kernel): Partial<Kernel> => ({
  activateGradient: (activation, z, y, dy, dz) => {
    original.activateGradient(activation, z, y, dy, dz);
    if (activation !== "softmax") return;
    const columns = y.shape.at(-1) ?? 1;
    const [outputs, upstream, out] = [dataOf(y), dataOf(dy), dataOf(dz)];
    for (let row = 0; row < out.length; row += columns) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let i = columns - 1; i >= 0; i--) {
          const [own, other] = [outputs[row + j]!, outputs[row + i]!];
          const element = i === j ? fround(own * fround(1 - own)) : -fround(own * other);
          sum = fround(sum + fround(upstream[row + i]! * element));
        }
        out[row + j] = sum;
      }
    }
  },
});

/** erf by Abramowitz & Stegun, 7.1.26, which is off by 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const p = t * (0.254829592 + t * (-0.284496736 + t *
          (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - p * Math.exp(-x * x));
}

/** The remainder of k by 8 first, and then eight accumulators. */
const tailFirst: Sum = (terms, k) => {
  const tail = k % 8;
  const first = inOrder(() => upTo(tail))(terms, k);
  if (tail === k) return first;
  const rest = interleaved(8, "pairs")((p) => terms(p + tail), k - tail);
  return tail === 0 ? rest : fround(first + rest);
};

function tailFirstTree(k: number): SumTree {
  const tail = k % 8;
  if (tail === k) return chain(upTo(k));
  const lanes = upTo(8).map((lane) =>
    chain(upTo(k).filter((p) => p >= tail && (p - tail) % 8 === lane))
  );
  const rest = combinations.pairs(lanes, lanes.length);
  return tail === 0 ? rest : [chain(upTo(tail)), rest];
}

const float64 = { accumulator: "float64" } as const;
const sequential = { order: "sequential" } as const;

/** Variants that must be accepted with their claims. */
export const claimVariants: readonly ClaimVariant[] = [
  sums("sums are Kahan's", kahan(), { summation: { order: "compensated", products: "rounded" } }),
  sums("sums are Kahan's, from the end", kahan(downFrom), {
    summation: { order: "compensated", products: "rounded" },
  }),
  sums("sums are Kahan's in four accumulators", kahanLanes(4), {
    summation: { order: "compensated", products: "rounded", parts: (k) => Math.min(k, 4) },
  }),
  sums("sums are Neumaier's", neumaier, {
    summation: { order: "compensated", products: "rounded" },
  }),
  sums("sums are compensated by TwoSum", sum2, {
    summation: { order: "compensated", products: "rounded" },
  }),
  sums("products and sums are compensated", dot2, {
    summation: { order: "compensated", products: "exact" },
  }),
  sums("sums are by halves", pairwise(), { summation: { order: "pairwise" } }),
  sums("sums are by halves of at least 8", pairwise(8), {
    summation: { order: "pairwise", base: 8 },
  }),
  sums("neighbours are added, and their sums", pairsUpwards, { summation: { order: "pairwise" } }),
  sums("sums run from the end", inOrder(downFrom), {
    summation: { order: "sequential", reversed: true },
  }),
  sums("sums run from the end, fused", inOrder(downFrom, fused), {
    summation: { order: "sequential", reversed: true },
    fused: true,
  }),
  sums("blocks have 48 products", blocked(() => 48), {
    summation: { order: "blocked", block: () => 48 },
  }),
  sums("blocks have 7 products", blocked(() => 7), {
    summation: { order: "blocked", block: () => 7 },
  }),
  sums("k is split in three", blocked((k) => Math.ceil(k / 3)), {
    summation: { order: "blocked", block: (k) => Math.ceil(k / 3) },
  }),
  sums("there are eight accumulators", interleaved(8, "sequential"), {
    summation: { order: "interleaved", accumulators: 8, combine: "sequential" },
  }),
  sums("there are three accumulators", interleaved(3, "sequential"), {
    summation: { order: "interleaved", accumulators: 3, combine: "sequential" },
  }),
  sums("four accumulators are added in pairs, fused", interleaved(4, "pairs", fused), {
    summation: { order: "interleaved", accumulators: 4, combine: "pairs" },
    fused: true,
  }),
  sums("ninety-six accumulators are fused, in no order", interleaved(96, "halves", fused), {
    summation: { order: "unspecified" },
    fused: true,
  }),
  sums("sixteen accumulators are added by halves", interleaved(16, "halves"), {
    summation: { order: "interleaved", accumulators: 16, combine: "halves" },
  }),
  sums("the remainder of k comes first", tailFirst, {
    summation: { order: "tree", tree: tailFirstTree },
  }),
  sums("sums are in float64, from the end", inOrder(downFrom, inFloat64), {
    ...float64,
    summation: { order: "sequential", reversed: true },
  }),
  sums("sums are in four float64 accumulators", interleaved(4, "pairs", inFloat64), {
    ...float64,
    summation: { order: "interleaved", accumulators: 4, combine: "pairs" },
  }),
  sums("sums have twice the digits of float64", doubleDouble, {
    ...float64,
    nan: "unspecified",
  }),
  sums("a float64 sum is stored after every 32 products", stored(32), {
    ...float64,
    storedEvery: () => 32,
    summation: sequential,
  }),
  sums("a float64 sum from the end is stored after every 16 products", stored(16, downFrom), {
    ...float64,
    storedEvery: () => 16,
    summation: { order: "sequential", reversed: true },
  }),
  sums("twelve float64 accumulators are stored after 8 products each", storedLanes(12, 8), {
    ...float64,
    storedEvery: () => 8,
    summation: { order: "interleaved", accumulators: 12, combine: "halves" },
  }),
  sums("float64 sums of 32 products are added in float32", blocked(() => 32, inFloat64), {
    ...float64,
    storedEvery: () => 32,
    summation: { order: "blocked", block: () => 32 },
  }),
  sums("a product accumulates in place", inOrder(upTo), {
    summation: sequential,
    accumulation: "first",
  }, true),
  sums(
    "every second product is fused",
    (terms, k) => upTo(k).reduce((sum, p) => (p % 2 ? fused : separate)(sum, ...terms(p)), 0),
    { summation: sequential, fused: "either" },
  ),
  sums(
    "results are rounded to either side, in order",
    inOrder(upTo, (sum, a, b) => eitherNeighbour(sum + eitherNeighbour(a * b))),
    { summation: sequential, rounding: "either" },
  ),
  sums(
    "results are rounded to either side, some fused, and subnormal ones are flushed",
    (terms, k) =>
      upTo(k).reduce((sum, p) => {
        const [a, b] = terms(p);
        return flush(eitherNeighbour(sum + (p % 3 ? a * b : flush(eitherNeighbour(a * b)))));
      }, 0),
    { summation: sequential, rounding: "either", fused: "either", denormals: "flushed" },
  ),
  sums(
    "results are rounded towards zero",
    inOrder(upTo, towardsZero),
    { summation: sequential, rounding: "either", nan: "unspecified" },
  ),
  sums(
    "odd sums run from the end, long ones in blocks",
    (terms, k) =>
      k > 100
        ? blocked(() => 50)(terms, k)
        : inOrder((length) => length % 2 ? downFrom(length) : upTo(length))(terms, k),
    { summation: { order: "unspecified", depth: (k) => Math.max(0, Math.min(k - 1, 100)) } },
  ),
  sums(
    "sums run in an order of their own for each length",
    inOrder((k) => shuffle([...upTo(k)], createRandom(k))),
    {},
  ),
  variantOf("a float64 sum takes the bias before it is rounded", {
    ...float64,
    summation: sequential,
    bias: "unrounded",
  }, (claims) => withBias(inOrder(upTo, inFloat64), false, claims)),
  variantOf(
    "a sum begins with the bias",
    { summation: sequential, bias: "first" },
    (claims) => withBias(inOrder(upTo), true, claims),
  ),
  variantOf(
    "a NaN opposite a zero is lost where k > 1",
    { nan: "unspecified", summation: sequential },
    (claims) => kernelOf(productOf(withoutZeros), claims),
  ),
  variantOf(
    "the gradient of sigmoid is y − y², in float32",
    { summation: sequential, gradientAbsolute: { sigmoid: 2 ** -24 } },
    changed(
      afterGradient("sigmoid", (_, dy, y) => fround(dy * fround(y - fround(y * y)))),
    ),
  ),
  variantOf(
    "the gradient of tanh is (1 − y)(1 + y), in float32",
    { summation: sequential },
    changed(
      afterGradient("tanh", (_, dy, y) => fround(dy * fround(fround(1 - y) * fround(1 + y)))),
    ),
  ),
  variantOf(
    "the gradient of gelu has another approximation of erf",
    { summation: sequential, gradientAbsolute: { gelu: 2 ** -21 } },
    changed(afterGradient("gelu", (_, dy, _y, z) => {
      const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
      return dy * ((1 + erf(z / Math.SQRT2)) / 2 + z * density);
    })),
  ),
  variantOf(
    "the gradient of softmax is by its Jacobian, backwards",
    { summation: sequential },
    changed(byJacobian),
  ),
  variantOf(
    "sigmoid is up to 3 ULP low, where it saturates too",
    { summation: sequential },
    (claims) => {
      const make = changed(
        afterActivation("sigmoid", (_, y) => y > 2 ** -100 ? adjacentFloat(y, -1) : y),
      );
      const kernel = make(claims);
      const activationUlp = { ...kernel.traits.activationUlp, sigmoid: 3 };
      return Object.assign(kernel, { traits: { ...kernel.traits, activationUlp } });
    },
  ),
];

/**
 * Kernels whose sums are right to some precision and whose claims are not: they
 * say fused, compensated, pairwise or float64 of what is something else, or
 * claim so much error that anything would pass. Each must be refused, since
 * bounds are derived from claims.
 *
 * @module
 */
import { createKernel } from "../../kernels/registry.ts";
import type { Kernel, KernelTraits } from "../../kernels/kernel.ts";
import { withBias } from "./claim_variants.ts";
import { afterActivation, afterGradient, alter, type Mutant } from "./mutant.ts";
import { kernelOf } from "./subject.ts";
import {
  blocked,
  downFrom,
  fused,
  inFloat64,
  inOrder,
  interleaved,
  kahan,
  neumaier,
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

function claimingFalsely(
  name: string,
  killer: string,
  create: () => Promise<Kernel> | Kernel,
): Mutant {
  return {
    name: `${name}, which is not true`,
    kind: "JavaScript",
    killer,
    create: () => Promise.resolve(create()),
  };
}

function sums(name: string, killer: string, sum: Sum, claims: Partial<KernelTraits>): Mutant {
  return claimingFalsely(name, killer, () => kernelOf(productOf(sum), claims));
}

/** The same where sums of some lengths alone show it, which the quick checks have. */
function sumsOfLengths(name: string, sum: Sum, claims: Partial<KernelTraits>): Mutant {
  return { ...sums(name, "order", sum, claims), effort: "quick" };
}

/** naive with other claims, and with what `change` replaces. */
async function claiming(
  claims: Partial<KernelTraits>,
  change: (original: Kernel) => Partial<Kernel> = () => ({}),
): Promise<Kernel> {
  const kernel = alter(await createKernel("naive"), change);
  return Object.assign(kernel, { traits: { ...kernel.traits, ...claims } });
}

const plain = inOrder(upTo);
const unspecified = { order: "unspecified" } as const;
const compensated = { order: "compensated", products: "rounded" } as const;

/** Kernels that claim what is not true of them. */
export const falseClaims: readonly Mutant[] = [
  sums("products are claimed to be fused", "order", plain, { fused: true }),
  sums(
    "products are claimed to be fused of which every eighth is, in no order",
    "order",
    (terms, k) => upTo(k).reduce((sum, p) => (p % 8 ? separate : fused)(sum, ...terms(p)), 0),
    { fused: true, summation: unspecified },
  ),
  sums("products are claimed not to be fused", "order", inOrder(upTo, fused), {
    summation: unspecified,
  }),
  sums("a plain sum is claimed to be compensated", "order", plain, { summation: compensated }),
  sums("a sum by halves is claimed to be compensated", "order", pairwise(), {
    summation: compensated,
  }),
  sums("exact products are claimed of a compensated sum", "order", neumaier, {
    summation: { order: "compensated", products: "exact" },
  }),
  sums(
    "every second correction is left out of what is claimed to be compensated",
    "order",
    (terms, k) => {
      const half = kahan((length) => upTo(length).filter((p) => p % 2 === 0))(terms, k);
      return upTo(k).filter((p) => p % 2).reduce((sum, p) => separate(sum, ...terms(p)), half);
    },
    { summation: compensated },
  ),
  sums("a float32 sum is claimed to be in float64", "order", plain, {
    accumulator: "float64",
    summation: unspecified,
  }),
  sums("a float64 sum that is stored after 32 products claims not to be", "order", stored(32), {
    accumulator: "float64",
    summation: unspecified,
  }),
  sums(
    "float64 sums of 32 products that are added in float32 claim not to be",
    "order",
    blocked(() => 32, inFloat64),
    { accumulator: "float64", summation: unspecified },
  ),
  sums("a float64 sum claims nothing, and so float32", "order", inOrder(upTo, inFloat64), {
    summation: unspecified,
  }),
  sums(
    "products are rounded before a float64 sum",
    "rigorous-forward",
    inOrder(upTo, (sum, a, b) => sum + fround(a * b)),
    { accumulator: "float64", summation: unspecified },
  ),
  sums("a sequential sum is claimed to be pairwise", "order", plain, {
    summation: { order: "pairwise" },
  }),
  sums(
    "a pairwise sum is sequential beyond 60 products",
    "order",
    (terms, k) => (k > 60 ? plain : pairwise())(terms, k),
    { summation: { order: "pairwise" } },
  ),
  sums("a sum of half the claimed depth is claimed", "order", interleaved(2, "pairs"), {
    summation: { order: "unspecified", depth: (k) => Math.min(k - 1, Math.ceil(k / 4) + 2) },
  }),
  sums("sums from the end are claimed to begin at the start", "order", inOrder(downFrom), {}),
  sums("blocks of 16 are claimed to have 8", "order", blocked(() => 16), {
    summation: { order: "blocked", block: () => 8 },
  }),
  sums("eight accumulators are claimed to be four", "order", interleaved(8, "pairs"), {
    summation: { order: "interleaved", accumulators: 4, combine: "pairs" },
  }),
  sums(
    "accumulators added by halves are claimed to be in pairs",
    "order",
    interleaved(8, "halves"),
    {
      summation: { order: "interleaved", accumulators: 8, combine: "pairs" },
    },
  ),
  sumsOfLengths(
    "accumulators that are added by halves leave out those that are empty",
    (terms, k) => interleaved(Math.max(1, Math.min(8, k)), "halves")(terms, k),
    { summation: { order: "interleaved", accumulators: 8, combine: "halves" } },
  ),
  sumsOfLengths(
    "twelve float64 accumulators that are stored after 8 products claim 16",
    storedLanes(12, 8),
    {
      accumulator: "float64",
      storedEvery: () => 16,
      summation: { order: "interleaved", accumulators: 12, combine: "halves" },
    },
  ),
  sumsOfLengths(
    "a sum that is compensated up to 256 products claims to be always",
    (terms, k) => (k > 256 ? plain : kahan())(terms, k),
    { summation: compensated },
  ),
  sums(
    "what is rounded towards zero is claimed to be to the nearest",
    "order",
    inOrder(upTo, towardsZero),
    { summation: unspecified },
  ),
  sums(
    "sums that keep 20 bits are claimed to round to either side",
    "order",
    inOrder(upTo, (sum, a, b) => {
      const scaled = fround(separate(sum, a, b) * 17);
      return fround(scaled - fround(scaled - separate(sum, a, b)));
    }),
    { rounding: "either" },
  ),
  claimingFalsely(
    "a bias that is added afterwards is claimed to come first",
    "order",
    () => kernelOf(productOf(plain), { bias: "first" }),
  ),
  claimingFalsely(
    "a bias that a sum begins with is claimed to be added afterwards",
    "order",
    () => withBias(plain, true, {}),
  ),
  claimingFalsely(
    "a bias that is added to the rounded sum is claimed to be added before",
    "order",
    () =>
      kernelOf(productOf(inOrder(upTo, inFloat64)), { accumulator: "float64", bias: "unrounded" }),
  ),
  sums(
    "a NaN opposite a zero is lost where k > 1, and claimed to propagate",
    "order",
    withoutZeros,
    {},
  ),
  claimingFalsely(
    "a gradient that is 100 ULP off is claimed to be within 1",
    "rigorous-backward",
    () =>
      claiming(
        { gradientUlp: { sigmoid: 1 } },
        afterGradient("sigmoid", (dz) => fround(dz * (1 + 100 * 2 ** -23))),
      ),
  ),
  claimingFalsely(
    "an activation that is 5 ULP off is claimed to be within 2",
    "sweep",
    async () => {
      const change = afterActivation("sigmoid", (_, y) => fround(y * (1 + 5 * 2 ** -23)));
      const kernel = await claiming({}, change);
      return claiming({ activationUlp: { ...kernel.traits.activationUlp, sigmoid: 2 } }, change);
    },
  ),
  claimingFalsely("an activation claims an error of a million ULP", "order", async () => {
    const { traits } = await createKernel("naive");
    return claiming({ activationUlp: { ...traits.activationUlp, tanh: 1e6 } });
  }),
  claimingFalsely(
    "a gradient claims an error of a thousandth",
    "order",
    () => claiming({ gradientAbsolute: { gelu: 1e-3 } }),
  ),
  claimingFalsely(
    "twice as many additions are claimed as there are products",
    "order",
    () => claiming({ summation: { order: "unspecified", depth: (k) => 2 * k } }),
  ),
  sums("compensated sums are claimed to be in float64", "order", sum2, {
    accumulator: "float64",
    summation: compensated,
  }),
];

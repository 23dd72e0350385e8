import { assertEquals, assertMatch } from "@std/assert";
import { kernelOf } from "../mutants/subject.ts";
import {
  fused,
  inOrder,
  interleaved,
  pairwise,
  productOf,
  separate,
  type Sum,
  upTo,
} from "../mutants/sums.ts";
import { faultOfFused, isOpenlyFused, observeFused } from "./fused.ts";

const kernelFor = (sum: Sum) => kernelOf(productOf(sum), {});

/** Sums of which every `step`-th product is fused. */
const oneOf = (step: number): Sum => (terms, k) =>
  upTo(k).reduce((sum, p) => (p % step ? separate : fused)(sum, ...terms(p)), 0);

Deno.test("observeFused() sees one fused product among others, and none where all are rounded", async () => {
  assertEquals(await observeFused(kernelFor(oneOf(8))), true);
  assertEquals(await observeFused(kernelFor(interleaved(96, "pairs", fused))), true);
  assertEquals(await observeFused(kernelFor(inOrder(upTo))), false);
});

Deno.test("faultOfFused() accepts chains that begin with a product of their own, and refuses a few fused products", async () => {
  for (const sum of [inOrder(upTo, fused), interleaved(128, "halves", fused), oneOf(2)]) {
    assertEquals(await faultOfFused(kernelFor(sum)), null);
  }
  for (const sum of [oneOf(8), inOrder(upTo), pairwise()]) {
    assertMatch(await faultOfFused(kernelFor(sum)) ?? "", /of 32 products .* only \d are/);
  }
});

Deno.test("faultOfFused() refuses sums that are fused in batches alone", async () => {
  const [inBatch, alone] = [productOf(inOrder(upTo, fused)), productOf(inOrder(upTo))];
  const kernel = kernelOf((dimensions, ...rest) => {
    return (dimensions.m > 1 ? inBatch : alone)(dimensions, ...rest);
  }, {});
  assertMatch(await faultOfFused(kernel) ?? "", /of 8 products .* in one row only 0 are/);
});

Deno.test("isOpenlyFused() leaves alone what is held to the bit, and claims of other roundings", () => {
  const { traits } = kernelOf(productOf(inOrder(upTo)), { fused: true });
  const open = { order: "unspecified" } as const;
  assertEquals(isOpenlyFused(traits), false);
  assertEquals(isOpenlyFused({ ...traits, summation: open }), true);
  assertEquals(isOpenlyFused({ ...traits, summation: open, rounding: "either" }), false);
  assertEquals(isOpenlyFused({ ...traits, summation: open, fused: "either" }), false);
});

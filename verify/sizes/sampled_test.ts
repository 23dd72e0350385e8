import { assertEquals, assertStringIncludes } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { kernelOf } from "../mutants/subject.ts";
import {
  fused,
  inFloat64,
  inOrder,
  pairwise,
  productOf,
  separate,
  type Sum,
  upTo,
} from "../mutants/sums.ts";
import { sampledProduct } from "./sampled.ts";

const shape = { m: 9, n: 7, k: 21 };

async function problem(
  sum: Sum,
  claims: Partial<KernelTraits>,
  call: "dense" | "add-nn" = "add-nn",
  inPlace = false,
) {
  const kernel = kernelOf(productOf(sum, inPlace), claims);
  return (await sampledProduct(kernel, call, shape, 2 ** 14, createRandom(4))).problem;
}

const plain = inOrder(upTo);
const sequential = { summation: { order: "sequential" } } as const;
const differs = "where the claimed order gives";

Deno.test("sampledProduct() adds what an output held where sums have no bits to compare, seed 4", async () => {
  // Twice what it held is within no bound.
  const twice: Sum = (terms, k, begin = 0) => 2 * begin + pairwise()(terms, k);
  for (const summation of [{ order: "pairwise" }, { order: "unspecified" }] as const) {
    assertEquals(await problem(pairwise(), { summation }), null);
    assertStringIncludes(await problem(twice, { summation }, "add-nn", true) ?? "", "the bound");
  }
  assertEquals(await problem(pairwise(), { summation: { order: "pairwise" } }, "dense"), null);
  const wide = { accumulator: "float64", summation: { order: "pairwise" } } as const;
  assertEquals(await problem(inOrder(upTo, inFloat64), wide), null);
  const wrong: Sum = (terms, k, begin = 0) => 2 * begin + inOrder(upTo, inFloat64)(terms, k);
  assertStringIncludes(await problem(wrong, wide, "add-nn", true) ?? "", "the bound");
});

Deno.test("sampledProduct() compares the bits of a product that accumulates where it is claimed to, seed 4", async () => {
  const first = { ...sequential, accumulation: "first" } as const;
  assertEquals(await problem(plain, sequential), null);
  assertEquals(await problem(plain, first, "add-nn", true), null);
  assertStringIncludes(await problem(plain, first) ?? "", differs);
  assertStringIncludes(await problem(plain, sequential, "add-nn", true) ?? "", differs);
});

Deno.test("sampledProduct() allows a float64 sum to be rounded before what an output held or with it, unless claimed, seed 4", async () => {
  const wide = { ...sequential, accumulator: "float64" } as const;
  const at: Sum = inOrder(upTo, inFloat64);
  for (const inPlace of [false, true]) {
    assertEquals(await problem(at, wide, "add-nn", inPlace), null);
    const found = await problem(at, { ...wide, accumulation: "after" }, "add-nn", inPlace);
    if (inPlace) assertStringIncludes(found ?? "", differs);
    else assertEquals(found, null);
  }
});

Deno.test("sampledProduct() holds sums that are fused here and there to their interval, seed 4", async () => {
  const claims = { ...sequential, fused: "either" } as const;
  const some: Sum = (terms, k) =>
    upTo(k).reduce((sum, p) => (p % 2 ? fused : separate)(sum, ...terms(p)), 0);
  assertEquals(await problem(some, claims), null);
  const backwards = inOrder((k) => upTo(k).toReversed());
  assertStringIncludes(await problem(backwards, claims) ?? "", differs);
});

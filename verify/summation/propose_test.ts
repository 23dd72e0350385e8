import { assertEquals, assertRejects } from "@std/assert";
import { kernelOf } from "../mutants/subject.ts";
import { inFloat64, inOrder, interleaved, productOf, upTo } from "../mutants/sums.ts";
import { refusedClaims } from "../claims.ts";
import { faultOfClaims } from "../foreign/kernel_traits.ts";
import { NoSumError } from "./probe.ts";
import { formatProposal, proposeClaims } from "./propose.ts";

for (const lanes of [8, 12, 16]) {
  Deno.test(`proposeClaims() finds ${lanes} accumulators that are added by halves`, async () => {
    const kernel = kernelOf(productOf(interleaved(lanes, "halves")), {
      summation: { order: "unspecified" },
    });
    assertEquals((await proposeClaims(kernel)).traits.summation, {
      order: "interleaved",
      accumulators: lanes,
      combine: "halves",
    });
  });
}

Deno.test("proposeClaims() proposes undefined of storedEvery where nothing is stored, which may be pasted", async () => {
  const kernel = kernelOf(productOf(inOrder(upTo, inFloat64)), {
    accumulator: "float64",
    summation: { order: "sequential" },
    storedEvery: () => 32,
  });
  const proposal = await proposeClaims(kernel);
  assertEquals(formatProposal(proposal), "storedEvery: undefined");
  assertEquals(faultOfClaims({ storedEvery: proposal.traits.storedEvery }), null);
  assertEquals(refusedClaims(proposal.traits), []);
});

Deno.test("proposeClaims() proposes nothing of a kernel that makes NaN of large numbers", async () => {
  const right = inOrder(upTo, inFloat64);
  const sum: typeof right = (terms, ...rest) =>
    right((p) => terms(p)[0] > 2 ** 100 ? [NaN, 1] : terms(p), ...rest);
  const kernel = kernelOf(productOf(sum), { summation: { order: "unspecified" } });
  await assertRejects(() => proposeClaims(kernel), NoSumError, "the sum is NaN");
});

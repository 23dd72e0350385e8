import { assertEquals } from "@std/assert";
import { kernelOf } from "../mutants/subject.ts";
import { productOf } from "../mutants/claim_variants.ts";
import { inFloat64, inOrder, interleaved, upTo } from "../mutants/sums.ts";
import { refusedClaims } from "../claims.ts";
import { faultOfClaims } from "../foreign/kernel_traits.ts";
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

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { formatProposal, proposeClaims } from "../summation/propose.ts";
import { isExact } from "../summation/plan.ts";
import { describeSummation } from "../summation/tree.ts";
import { claimVariants } from "./claim_variants.ts";
import { liars } from "./liars.ts";
import { testConforming } from "./mutants.ts";

for (const variant of claimVariants) {
  const { name, claiming } = variant;
  Deno.test(`verify accepts a kernel in which ${name}, with its claims`, async () => {
    assertEquals((await testConforming(variant)).problem, null);
  });

  Deno.test(`verify proposes claims that it accepts for a kernel in which ${name}`, async () => {
    const proposal = await proposeClaims(claiming({}));
    // An order that can be seen, and has a name, is found.
    const { summation: own = { order: "unspecified" }, rounding } = variant.claims;
    if (isExact(own) && own.order !== "tree" && rounding === undefined) {
      assertEquals(describeSummation(proposal.traits.summation), describeSummation(own));
    }
    const keys = [...proposal.text.keys()];
    const claims: Partial<KernelTraits> = Object.fromEntries(
      keys.map((key) => [key, proposal.traits[key]]),
    );
    const pasted = { name, create: () => Promise.resolve(claiming(claims)) };
    assertEquals((await testConforming(pasted)).problem, null, `${formatProposal(proposal)}`);
  });
}

Deno.test("there are at least 24 kernels with claims of their own, and 15 that claim what is not true", () => {
  assertGreaterOrEqual(claimVariants.length, 24);
  assertGreaterOrEqual(liars.length, 15);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { formatProposal, proposeClaims } from "../summation/propose.ts";
import { isExact } from "../summation/plan.ts";
import { describeSummation } from "../summation/tree.ts";
import { claimVariants } from "./claim_variants.ts";
import { falseClaims } from "./false_claims.ts";
import { checks } from "../verify.ts";
import { looksAtSums, testConforming } from "./mutants.ts";

const ofSums = checks.filter(looksAtSums);

for (const [i, variant] of claimVariants.entries()) {
  const { name, claiming } = variant;
  Deno.test(`verify accepts a kernel in which ${name}, with its claims`, async () => {
    const chosen = i === 0 ? checks : ofSums;
    assertEquals((await testConforming(variant, { chosen })).problem, null);
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
    const { problem } = await testConforming(pasted, { chosen: ofSums });
    assertEquals(problem, null, `${formatProposal(proposal)}`);
  });
}

Deno.test("docs/verification.md states how many kernels have claims of their own, and how many claim what is not true", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/verification.md", import.meta.url));
  const text = page.replaceAll(/\s+/g, " ");
  assertStringIncludes(text, `${claimVariants.length} kernels that add and round in unusual ways`);
  assertStringIncludes(text, `${falseClaims.length} that claim what is not true of them`);
});

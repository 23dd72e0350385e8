import { assertEquals, assertMatch } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { verifyKernel } from "../verify.ts";
import { determinism } from "./determinism.ts";

/** naive, whose sums with two threads are other ones than with one. */
async function splitByThreads({ threads = 1 }: { readonly threads?: number } = {}) {
  return alter(await createKernel("naive"), (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (threads > 1) dataOf(y).forEach((value, i, all) => all[i] = Math.fround(value * 1.0001));
    },
  }));
}

Deno.test("determinism asks a kernel of one thread for two, and finds other sums with them", async () => {
  await using kernel = await splitByThreads();
  const options = { checks: [determinism], effort: "smoke" } as const;
  const { checks: [found] } = await verifyKernel(kernel, { ...options, create: splitByThreads });
  assertMatch(found?.failures[0]?.id ?? "", /^determinism\/threads-2\//);
  const { passed } = await verifyKernel(kernel, {
    ...options,
    create: () => splitByThreads({ threads: 1 }),
  });
  assertEquals(passed, true);
});

import { assertEquals, assertMatch } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { caseOf } from "../check.ts";
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

Deno.test("determinism draws one of the numbers of threads beyond the processors in quick mode, and tries all in full mode", async () => {
  await using naive = await createKernel("naive");
  const kernel = alter(naive, ({ traits }) => ({ traits: { ...traits, threads: 2 } }));
  const create = () => createKernel("naive");
  const countsOf = (effort: "quick" | "full", sweepSeed: number) =>
    determinism.cases(kernel, { effort, create, sweepSeed }).flatMap(({ id }) =>
      /\/threads-(\d+)\//.exec(id)?.[1] ?? []
    ).join(" ");
  const drawn = Array.from({ length: 40 }, (_, seed) => countsOf("quick", seed));
  assertEquals([...new Set(drawn)].toSorted(), ["1 3 4", "1 3 7"]);
  assertEquals(countsOf("full", 1), "1 2 3 4 7");
  // Whatever a run has drawn can be repeated in any other.
  for (const id of ["determinism/threads-4/repeat-3", "determinism/threads-7/repeat-3"]) {
    assertEquals(caseOf(determinism, kernel, { effort: "quick", create }, id)?.id, id);
  }
  assertEquals(
    caseOf(determinism, kernel, { effort: "quick", create }, "determinism/threads-0/repeat-3"),
    null,
  );
});

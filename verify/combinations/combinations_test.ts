import { assert, assertEquals, assertMatch } from "@std/assert";
import { runCase } from "../check.ts";
import { combinations } from "../checks/combinations.ts";
import { runChecks } from "../run_checks.ts";
import { brokenOperations } from "./broken_operations_testing.ts";
import { brokenProducts } from "./broken_testing.ts";

const broken = [...brokenProducts, ...brokenOperations];

/** Each makes other arrays, which runs unite. */
const seeds = [1, 2, 3, 4];

for (const { name, create } of broken) {
  Deno.test(`combinations rejects in quick mode a kernel in which ${name}, by one of the seeds ${seeds}`, async () => {
    for (const seed of seeds) {
      await using kernel = await create();
      const options = { checks: [combinations], firstFailure: true, seed };
      const { checks: [report] } = await runChecks(kernel, options);
      if (report?.failures[0]) return;
    }
    assert(false, "it passed with each");
  });
}

Deno.test("kernels that are broken under several conditions have names of their own", () => {
  assertEquals(new Set(broken.map(({ name }) => name)).size, broken.length);
});

Deno.test("a failure names the features that matter, with a smaller case that fails", async () => {
  await using kernel = await broken[0]!.create();
  const id = "combinations/dense/64x10x33/x=real+activation=relu+out=zeros+uses=1";
  const context = { create: null };
  const { problem, minimal } = await runCase(combinations.find!(id, context)!, kernel, 1);
  assertMatch(problem!, /; fails with m = 64 and n = 10, /);
  assertMatch(minimal!.id, /^combinations\/dense\/64x10x1$/);
  const small = await runCase(combinations.find!(minimal!.id, context)!, kernel, 1);
  assert(small.problem !== null);
});

import { assert, assertEquals } from "@std/assert";
import { combinations } from "../checks/combinations.ts";
import { runChecks } from "../run_checks.ts";
import { brokenProducts } from "./broken_testing.ts";

const broken = [...brokenProducts];

/** Other seeds make other arrays. */
const seeds = [1, 2, 3];

for (const { name, create } of broken) {
  Deno.test(`combinations rejects in quick mode a kernel in which ${name}, seeds ${seeds}`, async () => {
    for (const seed of seeds) {
      await using kernel = await create();
      const { checks: [report] } = await runChecks(kernel, {
        checks: [combinations],
        firstFailure: true,
        seed,
      });
      assert(report?.failures[0], `it passed with seed ${seed}`);
    }
  });
}

Deno.test("kernels that are broken under several conditions have names of their own", () => {
  assertEquals(new Set(broken.map(({ name }) => name)).size, broken.length);
});

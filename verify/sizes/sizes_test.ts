import { assert, assertEquals } from "@std/assert";
import { checks, verifyKernel } from "../verify.ts";
import { brokenOperations } from "./broken_operations_testing.ts";
import { brokenProducts } from "./broken_testing.ts";

const sizeMutants = [...brokenProducts, ...brokenOperations];

for (const { name, killer, create } of sizeMutants) {
  Deno.test(`verify rejects in quick mode a kernel in which ${name}`, async () => {
    await using kernel = await create();
    const { checks: [report] } = await verifyKernel(kernel, {
      checks: checks.filter((check) => check.name === killer),
      firstFailure: true,
    });
    assert(report?.failures[0], "it passed");
  });
}

Deno.test("kernels that are wrong beyond some size have names of their own", () => {
  assertEquals(new Set(sizeMutants.map(({ name }) => name)).size, sizeMutants.length);
});

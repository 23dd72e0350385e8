import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { copies } from "../checks/copies.ts";
import { int8 } from "../checks/int8.ts";
import { verifyKernel } from "../verify.ts";
import { int8Kernel } from "./int8_subject.ts";

Deno.test("the subject of the mutants of int8 products passes the checks that are to find them", async () => {
  await using kernel = await int8Kernel();
  const { checks } = await verifyKernel(kernel, { checks: [int8, copies] });
  assertEquals(checks.flatMap(({ failures }) => failures), []);
  // Not by the one case that says that there is nothing to be judged.
  for (const { cases } of checks) assertGreaterOrEqual(cases, 100);
});

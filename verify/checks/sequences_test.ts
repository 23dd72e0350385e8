import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { brokenKernels } from "../model_based/broken_testing.ts";
import { verifyKernel } from "../verify.ts";
import { sequences } from "./sequences.ts";

for (const { name, create } of brokenKernels) {
  Deno.test(`sequences rejects a kernel in which ${name}`, async () => {
    await using kernel = await create();
    const { checks: [report] } = await verifyKernel(kernel, {
      checks: [sequences],
      firstFailure: true,
      create,
    });
    assert(report!.failures.length > 0, `${report!.cases} cases passed`);
    if (Deno.env.get("SEQ")) {
      console.log(
        name,
        "\n",
        report!.cases,
        report!.failures[0]!.id,
        report!.failures[0]!.problem,
        report!.failures[0]!.minimal,
      );
    }
  });
}

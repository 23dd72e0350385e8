import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { KernelUnavailableError } from "../../common/errors.ts";
import { openDevice } from "../../kernels/webgpu/device.ts";
import { createGpuChain } from "./gpu.ts";

/** Whether the adapter is software; the reason where there is none. */
async function adapter(): Promise<boolean | string> {
  try {
    const { device, software } = await openDevice();
    device.destroy();
    return software;
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    return error.message;
  }
}

const found = await adapter();
const why = typeof found === "string" ? ` (${found})` : "";

Deno.test({
  name: `createGpuChain() keeps every chain at 1.5 and gives a speed${why}`,
  ignore: typeof found === "string",
  fn: async () => {
    // measure() throws where a sum is wrong.
    using chain = await createGpuChain({ software: true, iterations: 1 });
    assertGreater(await chain.measure(), 0);
    assertEquals(chain.what.includes("fused multiply-add"), true);
  },
});

Deno.test({
  name: "createGpuChain() refuses software",
  ignore: found !== true,
  fn: async () => {
    await assertRejects(() => createGpuChain(), Error, "is no GPU");
  },
});

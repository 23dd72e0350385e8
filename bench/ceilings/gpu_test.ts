import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { testWhere } from "../../common/requirements_testing.ts";
import { whyNoKernel } from "../../kernels/kernels_testing.ts";
import { openDevice } from "../../kernels/webgpu/device.ts";
import { createGpuChain } from "./gpu.ts";

const missing = await whyNoKernel("webgpu");

testWhere(missing, "createGpuChain() keeps every chain at 1.5 and gives a speed", async () => {
  // measure() throws where a sum is wrong.
  using chain = await createGpuChain({ software: true, iterations: 1 });
  assertGreater(await chain.measure(), 0);
  assertEquals(chain.what.includes("fused multiply-add"), true);
});

testWhere(missing, "createGpuChain() refuses software, and takes a GPU", async () => {
  const { device, software } = await openDevice();
  device.destroy();
  if (software) await assertRejects(() => createGpuChain(), Error, "is no GPU");
  else (await createGpuChain({ iterations: 1 }))[Symbol.dispose]();
});

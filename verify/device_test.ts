import { assertEquals } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { sequences } from "./checks/sequences.ts";
import { sweep } from "./checks/sweep.ts";
import { isGpu, isJavaScript, isSoftware } from "./device.ts";

Deno.test("isGpu(), isSoftware() and isJavaScript() read the device of the traits", async () => {
  await using naive = await createKernel("naive");
  await using simd = await createKernel("wasm-simd");
  const of = (device: string) => [isGpu, isSoftware, isJavaScript].map((is) => is({ device }));
  assertEquals(of(naive.traits.device), [false, false, true]);
  assertEquals(of(simd.traits.device), [false, false, false]);
  assertEquals(of("WebGPU, NVIDIA H200"), [true, false, false]);
  assertEquals(of("WebGPU, llvmpipe, software"), [true, true, false]);
});

Deno.test("a kernel that claims to round to either side is spared no case of sequences and sweeps", async () => {
  await using naive = await createKernel("naive");
  const idsOf = (claims: Partial<typeof naive.traits>) => {
    const kernel = Object.create(naive, { traits: { value: { ...naive.traits, ...claims } } });
    const context = { effort: "quick", create: null, seed: 1, sweepSeed: 1 } as const;
    return [sequences, sweep].flatMap((check) => check.cases(kernel, context).map(({ id }) => id));
  };
  assertEquals(idsOf({ rounding: "either" }), idsOf({}));
  assertEquals(idsOf({ device: "WebGPU" }).length < idsOf({}).length, true);
});

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { main as againstLiteRt } from "./against_litert.ts";
import { main as batchOne } from "./batch_one.ts";
import { createCublas } from "./cublas.ts";
import { main as coldStart } from "./cold_start.ts";
import { main as int8Dense } from "./int8_dense.ts";
import { main as networkTime } from "./network_time.ts";
import { main as smallCalls } from "./small_calls.ts";
import { main as underLoad } from "./under_load.ts";
import { main as webGpuTrial } from "./webgpu_trial.ts";
import { main as webGpuTime } from "./webgpu_time.ts";

const commands = {
  "against-litert": againstLiteRt,
  "batch-one": batchOne,
  "cold-start": coldStart,
  int8_dense: int8Dense,
  "network-time": networkTime,
  "small-calls": smallCalls,
  "under-load": underLoad,
  "webgpu-trial": webGpuTrial,
  "webgpu-time": webGpuTime,
};
for (const [name, main] of Object.entries(commands)) {
  Deno.test(`${name} prints its help, and refuses what it does not know`, async () => {
    assertEquals(await main(["--help"]), 0);
    await assertRejects(() => main(["--fast"]), UsageError, "unknown option --fast");
    await assertRejects(() => main(["fast"]), UsageError, 'unexpected argument "fast"');
  });
}

Deno.test("against-litert says what a runtime and a shape are, and times a layer in Deno", async () => {
  await assertRejects(() => againstLiteRt(["--runtimes", "lynx"]), UsageError, 'runtime "lynx"');
  await assertRejects(() => againstLiteRt(["--shapes", "8x8"]), UsageError, "8x8");
  await assertRejects(() => againstLiteRt(["--shapes", "8x8x8:tanh"]), UsageError, "in relu");
  await assertRejects(() => againstLiteRt(["--shapes", "1x8x262144"]), UsageError, "262,143");
  await assertRejects(() => againstLiteRt(["--processes", "0"]), UsageError, "--processes");
  const quick = ["--processes", "1", "--rounds", "1", "--milliseconds", "1"];
  assertEquals(await againstLiteRt(["--runtimes", "deno", "--shapes", "3x5x7", ...quick]), 0);
});

Deno.test("webgpu-time says what a shape is", async () => {
  for (const shape of ["8x8", "8x8x8x8", "0x8x8", "8x-8x8", "axbxc", "8x8x70000"]) {
    await assertRejects(() => webGpuTime(["--shapes", shape]), UsageError, "a shape is MxNxK");
  }
});

Deno.test("webgpu-time says what a workload, a number of rounds and a time are", async () => {
  await assertRejects(() => webGpuTime(["--workloads", "jets"]), UsageError, 'workload "jets"');
  await assertRejects(() => webGpuTime(["--rounds", "0"]), UsageError, "--rounds");
  await assertRejects(() => webGpuTime(["--seconds", "soon"]), UsageError, "--seconds");
});

Deno.test("cuBLAS is skipped with the reason where it is not installed", () => {
  // Where it is, it may lack a GPU; either way there is one line.
  try {
    void createCublas()[Symbol.asyncDispose]();
  } catch (error) {
    assertMatch(
      (error as Error).message,
      /^(cuBLAS cannot be loaded: |cublasCreate failed)[^\n]*$/,
    );
  }
});

Deno.test("int8_dense says what a size is, and times a small layer", async () => {
  await assertRejects(() => int8Dense(["--size", "0"]), UsageError, "size");
  assertEquals(await int8Dense(["--size", "8", "--rounds", "1", "--kernels", "blocked"]), 0);
});

Deno.test("under-load says what may run beside, and times all workloads beside a load", async () => {
  await assertRejects(() => underLoad(["--beside", "three"]), UsageError, 'unknown load "three"');
  await assertRejects(() => underLoad(["--seconds", "0"]), UsageError, "--seconds");
  assertEquals(await underLoad(["--beside", "one", "--seconds", "1"]), 0);
});

Deno.test("small-calls says what can be timed, and times it", async () => {
  await assertRejects(() => smallCalls(["--operations", "sum"]), UsageError, 'operation "sum"');
  await assertRejects(() => smallCalls(["--against", "none"]), UsageError, "no copy");
  assertEquals(await smallCalls(["--operations", "layers"]), 0);
});

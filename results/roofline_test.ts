import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  arithmeticIntensity,
  bandwidthOf,
  compulsoryTraffic,
  peakOf,
  rooflineLimit,
  standingOf,
  workingSet,
} from "./roofline.ts";
import type { Ceiling, Result } from "./schema.ts";
import { sampleResults } from "./sample_testing.ts";

const run = sampleResults();
const ceilings = run.ceilings ?? [];

Deno.test("arithmeticIntensity() is that of the formula, and 0 where nothing is computed", () => {
  // BERT's feed-forward layer, by hand: 2·128·3072·768 / (4·(98304 + 2359296 + 2·393216 + 3072)).
  const bert = { m: 128, n: 3072, k: 768, bias: true };
  assertEquals(workingSet(bert), 4 * (98304 + 2359296 + 393216 + 3072));
  assertEquals(arithmeticIntensity(bert), 603979776 / (4 * 3247104));
  for (const bias of [true, false]) {
    for (const [m, n, k] of [[0, 0, 0], [0, 5, 3], [4, 0, 3], [4, 5, 0]] as const) {
      assertEquals(arithmeticIntensity({ m, n, k, bias }), 0);
    }
  }
});

Deno.test("arithmeticIntensity() is finite, and at most that of endless k", () => {
  const side = fc.integer({ min: 0, max: 1e6 });
  fc.assert(
    fc.property(side, side, side, fc.boolean(), (m, n, k, bias) => {
      const shape = { m, n, k, bias };
      const intensity = arithmeticIntensity(shape);
      // Without the output: 2mnk / (4k(m + n)).
      const most = m + n === 0 ? 0 : m * n / (2 * (m + n));
      return intensity >= 0 && intensity <= most * (1 + 1e-12) &&
        compulsoryTraffic(shape) >= workingSet(shape);
    }),
    { seed: 7 },
  );
});

const wide: Ceiling = {
  ...ceilings.find(({ id, threads }) => id === "wasm-128-fused" && threads === 1) as Ceiling,
  id: "wasm-256-fused",
  median: 110,
  best: 112,
};
const gpu: Ceiling = { ...wide, id: "gpu-f32", median: 9000, best: 9000 };

Deno.test("peakOf() finds the peak of the same kind, width and number of threads", () => {
  const all = [...ceilings, wide, gpu];
  const peak = (device: string, threads = 1, name = "x") => {
    const found = peakOf(all, { name, device, threads });
    return found && `${found.id} ${found.threads}`;
  };
  assertEquals(peak("JavaScript"), "js-f64 1");
  assertEquals(peak("JavaScript", 2), "js-f64 2");
  assertEquals(peak("WebAssembly SIMD, 128 bit, fused multiply-add"), "wasm-128-fused 1");
  assertEquals(peak("WebAssembly SIMD, 256 bit, fused multiply-add"), "wasm-256-fused 1");
  assertEquals(peak("WebAssembly SIMD, 256 bit, fused multiply-add", 2), null);
  assertEquals(peak("WebAssembly SIMD, 12 bit"), null);
  assertEquals(peak("WebAssembly"), "wasm-256-fused 1");
  assertEquals(peak("WebAssembly", 2), "wasm-128-fused 2");
  assertEquals(peak("WebGPU, some adapter"), "gpu-f32 1");
  assertEquals(peak("some adapter", 1, "webgpu"), "gpu-f32 1");
  assertEquals(peak("native"), null);
  all.push({ ...wide, id: "native-256-fused" }, { ...wide, id: "native-512-fused", best: 220 });
  assertEquals(peak("native, 256 bit, Haswell"), "native-256-fused 1");
  assertEquals(peak("native"), "native-512-fused 1");
  assertEquals(peak("native, 128 bit"), null);
  assertEquals(peak("JavaScript", 3), null);
  assertEquals(peakOf([], { name: "naive", device: "JavaScript", threads: 1 }), null);
});

Deno.test("bandwidthOf() takes the smallest level that may hold the bytes", () => {
  const at = (bytes: number, threads = 1) => bandwidthOf(ceilings, bytes, threads)?.id;
  assertEquals([0, 32768, 65535, 65536, 2 ** 20, 2 ** 28, 2 ** 40].map((bytes) => at(bytes)), [
    "read-1",
    "read-1",
    "read-1",
    "read-2",
    "read-2",
    "read-4",
    "read-4",
  ]);
  assertEquals(at(65536, 2), "read-1");
  assertEquals(bandwidthOf(ceilings.toReversed(), 1, 1)?.id, "read-1");
  assertEquals(at(1, 5), undefined);
});

Deno.test("standingOf() compares a result with its peak and its limit", () => {
  const result = run.results.find(({ kernel, workload }) =>
    kernel === "wasm-simd" && workload === "square-64"
  ) as Result;
  const [peak, slow] = ["wasm-128-fused", "read-3"].map((id) =>
    ceilings.find((one) => one.id === id && one.threads === 1)?.best ?? NaN
  ) as [number, number];
  const found = standingOf({ ...result, gflops: peak / 2 }, run);
  // 64 x 64 x 64 is 48 KiB: the first level may reach that far; 8 FLOP/byte are more than arithmetic can do.
  assertEquals(found?.ofPeak, 0.5);
  assertEquals([found?.bandwidth?.id, found?.limit, found?.bound], ["read-1", peak, "arithmetic"]);
  const row = { ...result, m: 1, n: 3072, k: 768, bias: true, gflops: 2 };
  const thin = standingOf(row, run);
  assertEquals([thin?.bandwidth?.id, thin?.bound], ["read-3", "memory"]);
  assertEquals(thin?.limit, slow * arithmeticIntensity(row));
  assertEquals(thin?.ofLimit, 2 / rooflineLimit(peak, slow, arithmeticIntensity(row)));
});

Deno.test("standingOf() is null without a verified speed, and never divides by zero", () => {
  const result = run.results.find(({ kernel }) => kernel === "wasm-simd") as Result;
  const failed = { ...result, verification: { ...result.verification, status: "failed" } } as const;
  assertEquals(standingOf(failed, run), null);
  assertEquals(standingOf({ ...result, seconds: null, gflops: null }, run), null);
  assertEquals(standingOf({ ...result, kernel: "no such kernel" }, run), null);
  assertEquals(standingOf(result, { kernels: run.kernels }), null);
  const empty = standingOf({ ...result, k: 0, gflops: 0 }, run);
  assertEquals([empty?.intensity, empty?.limit, empty?.ofLimit, empty?.ofPeak], [0, 0, null, 0]);
  const alone = { kernels: run.kernels, ceilings: [gpu, ...ceilings] };
  const webgpu = { ...alone, kernels: [{ ...run.kernels[0]!, name: "webgpu" }] };
  const found = standingOf({ ...result, kernel: "webgpu", gflops: 900 }, webgpu);
  assertEquals([found?.ofPeak, found?.bandwidth, found?.limit], [0.1, null, null]);
});

Deno.test("standingOf() draws nothing from a ceiling that is not known", () => {
  const result = run.results.find(({ kernel, workload }) =>
    kernel === "wasm-simd" && workload === "gpt2-decode"
  ) as Result;
  const without = (id: string | undefined) =>
    ceilings.map((one) => one.id === id ? { ...one, unknown: "something was faster" } : one);
  const known = standingOf(result, run);
  assertEquals(known?.bound, "memory");
  const blind = standingOf(result, { ...run, ceilings: without(known?.bandwidth?.id) });
  assertEquals([blind?.bandwidth, blind?.limit, blind?.bound], [null, null, null]);
  assertEquals(blind?.ofPeak, known?.ofPeak);
  // Not the next best one either, which is lower still.
  assertEquals(standingOf(result, { ...run, ceilings: without(known?.peak.id) }), null);
});

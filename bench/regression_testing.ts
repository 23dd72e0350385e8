/** For tests: a run in which a kernel was measured beside its old version. */
import { cleanSample } from "../results/sample_testing.ts";
import type { Results } from "../results/schema.ts";
import { madeRecord, madeResult } from "../results/result_testing.ts";

/** A run in which wasm-simd took `ratio` of its old version's time in each of some launches. */
export function remeasured(ratio: number, launches: number, workload = "jet"): Results {
  const timed = (kernel: string, seconds: number) =>
    madeResult(kernel, {
      workload,
      measurements: Array.from({ length: launches }, (_, i) => ({
        round: i + 1,
        launch: i + 1,
        at: i,
        calls: 1,
        samples: [seconds],
        cpu: 1,
        switches: 0,
        pressure: null,
      })),
    });
  return {
    ...cleanSample(),
    kernels: [
      madeRecord("wasm-simd"),
      madeRecord("wasm-simd@old", { base: "wasm-simd", version: "old" }),
      madeRecord("control", { base: "wasm-simd", controlOf: "wasm-simd" }),
    ],
    results: [timed("wasm-simd@old", 1), timed("wasm-simd", ratio), timed("control", 3)],
  };
}

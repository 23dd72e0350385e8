/**
 * For tests: a run of as many kernels as wanted, each slower than the one before
 * it by a tenth, with samples, warm-up and an A/A control of the fastest.
 * The file has them the slowest first, so that their order is not that of their speed.
 *
 * @module
 */
import { madeRecord } from "../results/result_testing.ts";
import { wholeSample } from "../results/sample_testing.ts";
import type { Result, Results } from "../results/schema.ts";

/** The name of a kernel by its place, the fastest at 0. */
export function nameOf(place: number): string {
  return `kernel-${String(place).padStart(2, "0")}`;
}

function slower(result: Result, kernel: string, factor: number): Result {
  const { seconds, gflops, warmup } = result;
  return {
    ...result,
    kernel,
    peer: false,
    gflops: gflops === null ? null : gflops / factor,
    seconds: seconds && {
      ...seconds,
      median: seconds.median * factor,
      low: seconds.low * factor,
      high: seconds.high * factor,
      min: seconds.min * factor,
    },
    roundMedians: result.roundMedians.map((one) => one * factor),
    measurements: (result.measurements ?? []).map((one) => ({
      ...one,
      samples: one.samples.map((sample) => sample * factor),
    })),
    warmup: warmup && { ...warmup, trace: (warmup.trace ?? []).map((one) => one * factor) },
  };
}

/** A run of so many kernels on the workloads of the sample. */
export function manyKernels(count: number): Results {
  const { verdicts: _, baseline: __, ...run } = wholeSample();
  const control = `${nameOf(0)}-control`;
  const own = run.results.filter(({ kernel }) => kernel === "blocked");
  const names = Array.from({ length: count }, (_, place) => nameOf(place));
  return {
    ...run,
    kernels: [
      ...names.map((name) => madeRecord(name)).toReversed(),
      madeRecord(control, { base: nameOf(0), controlOf: nameOf(0) }),
    ],
    results: own.flatMap((result) => [
      ...names.map((name, place) => slower(result, name, 1.1 ** place)).toReversed(),
      slower(result, control, 1.01),
    ]),
    noise: {
      ...run.noise!,
      controls: run.noise!.controls.map((one) => ({
        ...one,
        kernel: control,
        workload: own[0]!.workload,
      })),
    },
  };
}

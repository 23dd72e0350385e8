/**
 * For tests: runs made of another one by multiplying times and by another machine;
 * nothing in here was measured.
 *
 * @module
 */
import type { Environment, Result, Results } from "../../results/schema.ts";

/** A run in which each time is multiplied; of a factor of 1 nothing changes. */
export function timesScaled(run: Results, factorOf: (result: Result) => number): Results {
  const results = run.results.map((result): Result => {
    const { seconds, gflops, measurements } = result;
    const factor = factorOf(result);
    if (seconds === null || gflops === null || factor === 1) return result;
    return {
      ...result,
      seconds: {
        median: seconds.median * factor,
        low: seconds.low * factor,
        high: seconds.high * factor,
        min: seconds.min * factor,
        confidence: seconds.confidence,
      },
      gflops: gflops / factor,
      roundMedians: result.roundMedians.map((time) => time * factor),
      ...(measurements && {
        measurements: measurements.map((one) => ({
          ...one,
          samples: one.samples.map((time) => time * factor),
        })),
      }),
    };
  });
  return { ...run, results };
}

/** The run on another machine, or of another state of this one. */
export function ofMachine(run: Results, change: Partial<Environment>): Results {
  return { ...run, environment: { ...run.environment, ...change } };
}

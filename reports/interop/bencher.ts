/**
 * Bencher Metric Format: a value and the ends of its interval for each measure
 * of each benchmark, the one common format that carries an interval as it is.
 * Latency in nanoseconds is a measure that Bencher knows; `gflops` is our own.
 * Format: bencherdev/bencher, bmf.json.
 *
 * @module
 */
import { throughput } from "../format.ts";
import type { Results } from "../../results/schema.ts";
import { flopsOf } from "../../results/query.ts";
import { exportedOf } from "./exported.ts";

/** The results in Bencher Metric Format, and the names of those left out. */
export function toBencher(from: Results): { text: string; left: readonly string[] } {
  const { exported, left } = exportedOf(from);
  const file = Object.fromEntries(exported.map(({ name, result, seconds }) => {
    const speed = throughput(flopsOf(result), seconds);
    return [name, {
      latency: metric(seconds.median * 1e9, seconds.low * 1e9, seconds.high * 1e9),
      gflops: metric(speed.value, speed.low, speed.high),
    }];
  }));
  return { text: JSON.stringify(file, null, 2), left };
}

function metric(value: number, low: number, high: number): Record<string, number> {
  return { value, lower_value: low, upper_value: high };
}

/**
 * For tests: runs of a calibration, made up. Nothing in here was measured.
 *
 * @module
 */
import type { CalibrationRun, Compared } from "./schema.ts";

/** A comparison whose interval is around its ratio. */
export function madeCompared(
  workload: string,
  ratio: number,
  verdict: string | null,
  { kernel = "wasm-simd", width = 0.02 } = {},
): Compared {
  return {
    kernel,
    workload,
    pass: "forward",
    ratio,
    low: ratio * (1 - width),
    high: ratio * (1 + width),
    verdict,
  };
}

/** A run of identical code, or what `more` makes of it. */
export function madeRun(id: string, more: Partial<CalibrationRun> = {}): CalibrationRun {
  return {
    id,
    effect: "aa",
    kind: "same",
    load: "none",
    changed: null,
    date: "2026-03-01T09:30:00.000Z",
    seconds: 20,
    code: 0,
    failure: null,
    controls: [],
    versions: [],
    exceeded: null,
    named: null,
    ...more,
  };
}

/**
 * What the ceilings of a run say of its results: the share of the peak, and of
 * the roofline limit, the lower one of what arithmetic and what memory allow.
 * A ceiling is a limit, so its best round counts: the median would also depend
 * on how busy the machine was. Pure functions.
 * Method: Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009.
 *
 * @module
 */
import { flopsOf, verifiedSeconds } from "./query.ts";
import type { Ceiling, KernelRecord, Result, Results } from "./schema.ts";

/** The shape of a layer: y[m,n] = x[m,k] · w[k,n] + bias[n]. */
export type Shape = Pick<Result, "m" | "n" | "k" | "bias">;

/**
 * Bytes of all that a layer reads and writes, which a cache must hold so that
 * the next call finds it there.
 *
 * @example
 * ```ts
 * import { workingSet } from "./roofline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(workingSet({ m: 2, n: 3, k: 5, bias: true }), 4 * (10 + 15 + 6 + 3));
 * ```
 */
export function workingSet({ m, n, k, bias }: Shape): number {
  return 4 * (m * k + k * n + m * n + (bias ? n : 0));
}

/**
 * Bytes that must move at least: every matrix once, and the output twice,
 * since a cache reads the line that it writes to first (write-allocate).
 *
 * @example
 * ```ts
 * import { compulsoryTraffic } from "./roofline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compulsoryTraffic({ m: 2, n: 3, k: 5, bias: true }), 4 * (10 + 15 + 2 * 6 + 3));
 * ```
 */
export function compulsoryTraffic(shape: Shape): number {
  return workingSet(shape) + 4 * shape.m * shape.n;
}

/**
 * FLOP/byte: 2·m·n·k over {@linkcode compulsoryTraffic}; 0 where nothing is
 * computed.
 *
 * @example
 * ```ts
 * import { arithmeticIntensity } from "./roofline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * // A square product has n / 8 FLOP/byte.
 * assertEquals(arithmeticIntensity({ m: 64, n: 64, k: 64, bias: false }), 8);
 * assertEquals(arithmeticIntensity({ m: 1, n: 1, k: 0, bias: false }), 0);
 * ```
 */
export function arithmeticIntensity(shape: Shape): number {
  const { m, n, k } = shape;
  const bytes = compulsoryTraffic(shape);
  return bytes > 0 ? flopsOf({ m, n, k }) / bytes : 0;
}

/** What a ceiling of arithmetic is chosen by. */
export type Computing = Pick<KernelRecord, "name" | "device" | "threads">;

/** The ids of the ceilings of a device; null where it is of no known kind. */
function idsOf({ name, device }: Computing): RegExp | null {
  if (name === "webgpu" || device.startsWith("WebGPU")) return /^gpu-/;
  if (device.startsWith("JavaScript")) return /^js-/;
  const kind = device.startsWith("WebAssembly")
    ? "wasm"
    : device.startsWith("native")
    ? "native"
    : null;
  if (kind === null) return null;
  // Where a device names the width of its vectors, that counts; for others the widest does.
  const width = /\b(\d+) bit\b/.exec(device)?.[1];
  return new RegExp(width === undefined ? `^${kind}-` : `^${kind}-${width}(-|$)`);
}

/**
 * The peak that a kernel is to be compared with: the fastest arithmetic of its
 * own kind (JavaScript, vectors of its width in WebAssembly or native code, a
 * GPU) on as many threads; null where none was measured.
 *
 * @example
 * ```ts
 * import { peakOf } from "./roofline.ts";
 * import { sampleResults } from "./sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { ceilings = [] } = sampleResults();
 * const naive = { name: "naive", device: "JavaScript", threads: 1 };
 * assertEquals(peakOf(ceilings, naive)?.id, "js-f64");
 * assertEquals(peakOf(ceilings, { ...naive, device: "native" }), null);
 * ```
 */
export function peakOf(ceilings: readonly Ceiling[], computing: Computing): Ceiling | null {
  const ids = idsOf(computing);
  const fitting = ceilings.filter(({ id, kind, threads }) =>
    kind === "compute" && threads === computing.threads && ids?.test(id)
  );
  return fitting.reduce<Ceiling | null>(
    (best, one) => best === null || one.best > best.best ? one : best,
    null,
  );
}

/**
 * The bandwidth of the smallest level of memory that may hold so many bytes, on
 * so many threads: of the largest measured where none does; null without any.
 * Sizes were measured in powers of two, so that a level may reach up to twice
 * the largest that was read at its speed; for a limit the faster one counts.
 *
 * @example
 * ```ts
 * import { bandwidthOf } from "./roofline.ts";
 * import { sampleResults } from "./sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { ceilings = [] } = sampleResults();
 * assertEquals(bandwidthOf(ceilings, 1000, 1)?.bytes, 32768);
 * assertEquals(bandwidthOf(ceilings, 1e12, 1)?.bytes, 2 ** 28);
 * assertEquals(bandwidthOf(ceilings, 1000, 99), null);
 * ```
 */
export function bandwidthOf(
  ceilings: readonly Ceiling[],
  bytes: number,
  threads: number,
): Ceiling | null {
  const levels = ceilings
    .filter((ceiling) => ceiling.kind === "bandwidth" && ceiling.threads === threads)
    .toSorted((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0));
  return levels.find((level) => 2 * (level.bytes ?? 0) > bytes) ?? levels.at(-1) ?? null;
}

/**
 * The roofline: GFLOP/s at most, with a peak in GFLOP/s, a bandwidth in GB/s
 * and an intensity in FLOP/byte.
 *
 * @example
 * ```ts
 * import { rooflineLimit } from "./roofline.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(rooflineLimit(100, 20, 2), 40);
 * assertEquals(rooflineLimit(100, 20, 8), 100);
 * ```
 */
export function rooflineLimit(peak: number, bandwidth: number, intensity: number): number {
  return Math.min(peak, bandwidth * intensity);
}

/** A result compared with its ceilings. */
export interface Standing {
  /** FLOP/byte. */
  readonly intensity: number;
  readonly peak: Ceiling;
  /** GFLOP/s over the peak's best. */
  readonly ofPeak: number;
  /** Null on a device whose bandwidth was not measured or is not known, and so the next two. */
  readonly bandwidth: Ceiling | null;
  /** The roofline's limit in GFLOP/s. */
  readonly limit: number | null;
  /** GFLOP/s over the limit; null too where that is 0. */
  readonly ofLimit: number | null;
  /** Which of the two the limit comes from. */
  readonly bound: "arithmetic" | "memory" | null;
}

/**
 * The standing of a result; null where it has no verified speed, is no forward
 * pass, or no peak is known that it can be compared with.
 *
 * @example
 * ```ts
 * import { standingOf } from "./roofline.ts";
 * import { sampleResults } from "./sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = sampleResults();
 * const decode = run.results.find(({ workload, kernel }) => workload === "gpt2-decode" && kernel === "wasm-simd")!;
 * assertEquals(standingOf(decode, run)?.bound, "memory");
 * assertEquals(standingOf(decode, { ...run, ceilings: [] }), null);
 * ```
 */
export function standingOf(
  result: Result,
  { kernels, ceilings = [] }: Pick<Results, "kernels" | "ceilings">,
): Standing | null {
  const kernel = kernels.find(({ name }) => name === result.kernel);
  const peak = kernel && peakOf(ceilings, kernel);
  const { gflops } = result;
  if (!peak || peak.unknown !== undefined) return null;
  if (gflops === null || !verifiedSeconds(result)) return null;
  if (!result.pass.startsWith("forward")) return null;
  const intensity = arithmeticIntensity(result);
  // A GPU has memory of its own, and native code reads faster than the WebAssembly that bandwidths are measured by.
  const level = /^(?:gpu|native)-/.test(peak.id)
    ? null
    : bandwidthOf(ceilings, workingSet(result), kernel.threads);
  const bandwidth = level?.unknown === undefined ? level : null;
  const limit = bandwidth && rooflineLimit(peak.best, bandwidth.best, intensity);
  return {
    intensity,
    peak,
    ofPeak: gflops / peak.best,
    bandwidth,
    limit,
    ofLimit: limit === null || limit === 0 ? null : gflops / limit,
    bound: limit === null ? null : limit < peak.best ? "memory" : "arithmetic",
  };
}

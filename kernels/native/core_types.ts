/**
 * What OpenBLAS says of itself, and the kinds of code that it has for
 * processors: which vectors each uses, and which a processor can run.
 *
 * @module
 */

/** Bits of the vectors in OpenBLAS's code for these processors. */
const widths: readonly (readonly [cores: RegExp, bits: number])[] = [
  [/^(?:SapphireRapids|Cooperlake|SkylakeX)$/i, 512],
  [/^(?:Haswell|Zen|Sandybridge|Excavator|Steamroller|Piledriver|Bulldozer)$/i, 256],
  [
    /^(?:Nehalem|Dunnington|Penryn|Core2|Prescott|Atom|Barcelona|Bobcat|Opteron|Opteron_SSE3|Athlon)$/i,
    128,
  ],
];

function widthOf(core: string): number | undefined {
  return widths.find(([cores]) => cores.test(core))?.[1];
}

/**
 * The device of OpenBLAS with the code for a processor: the width of its vectors
 * is that of the peak that it is compared with.
 *
 * @example
 * ```ts
 * import { deviceOf } from "./core_types.ts";
 *
 * const devices = ["SkylakeX", "NeoverseN1"].map(deviceOf);
 * if (devices[0] !== "native, 512 bit, SkylakeX code") throw new Error(devices[0]);
 * if (devices[1] !== "native, NeoverseN1 code") throw new Error(devices[1]);
 * ```
 */
export function deviceOf(core: string): string {
  const bits = widthOf(core);
  return `native${bits === undefined ? "" : `, ${bits} bit`}, ${core || "unknown"} code`;
}

/** "OpenBLAS 0.3.21" of what the library says of its configuration. */
export function versionOf(config: string): string {
  return /^OpenBLAS [\d.]+\S*/.exec(config)?.[0] ?? "OpenBLAS";
}

/** Whether OpenBLAS runs code for vectors of at most 128 bits, which it takes for a processor that it does not know. */
export function isNarrow(core: string): boolean {
  return /^generic$/i.test(core) || widthOf(core) === 128;
}

/** The newest kind of code that a processor with these flags of `/proc/cpuinfo` runs; null where none is wider than 128 bits. */
export function coreFor(cpuinfo: string): string | null {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? []);
  const has = (...needed: string[]) => needed.every((flag) => flags.has(flag));
  if (has("avx512f", "avx512dq", "avx512bw", "avx512vl")) return "SkylakeX";
  if (has("avx2", "fma")) return "Haswell";
  return has("avx") ? "Sandybridge" : null;
}

/**
 * Whether OpenBLAS multiplies small matrices by code of its own, which it has for AVX-512 (its
 * `sgemm_small_kernel_permit_skylakex.c`). It is older than 0.3.20, the first that is trusted here.
 */
export function hasSmallProducts(core: string, version: string): boolean {
  const [, minor, patch] = /^OpenBLAS 0\.(\d+)\.(\d+)/.exec(version) ?? [];
  return widthOf(core) === 512 && 1000 * Number(minor) + Number(patch) >= 3020;
}

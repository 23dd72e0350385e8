/**
 * Results beside the ceilings that they are compared with, and what ceilings are
 * called on pages: in words, never by the ids of the result file.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { formatBytes } from "../common/units.ts";
import { flopsOf, verifiedSeconds } from "../results/query.ts";
import { type Standing, standingOf } from "../results/roofline.ts";
import type { Ceiling, Result, Results } from "../results/schema.ts";
import { type Throughput, throughput } from "./format.ts";
import { type Series, seriesOf } from "./series.ts";

/** A result that is compared with ceilings, and its look. */
export interface Placed {
  readonly result: Result;
  readonly standing: Standing;
  readonly series: Series;
  readonly speed: Throughput;
  /** Whether it may be of another machine, whose ceilings are not known; absent for no. */
  readonly elsewhere?: true;
}

/** The results that can be compared with a ceiling, in their order. */
export function placedOf(
  results: Results,
  series: readonly Series[] = seriesOf(results),
): Placed[] {
  return results.results.flatMap((result) => {
    const standing = standingOf(result, results);
    const seconds = verifiedSeconds(result);
    const one = series.find(({ name }) => name === result.kernel);
    if (!standing || !seconds || !one) return [];
    return [{ result, standing, series: one, speed: throughput(flopsOf(result), seconds) }];
  });
}

const places: Readonly<Record<string, string>> = {
  js: "JavaScript",
  wasm: "Wasm",
  native: "native code",
  gpu: "GPU",
};

/**
 * The name of a ceiling without its threads.
 *
 * @example
 * ```ts
 * import { kindOfCeiling } from "./ceilings.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kindOfCeiling({ id: "wasm-256-fused", bytes: null }), "256-bit Wasm, multiply-add");
 * assertEquals(kindOfCeiling({ id: "js-f64", bytes: null }), "JavaScript, float64");
 * assertEquals(kindOfCeiling({ id: "read-4", bytes: 32768 }), "reading up to 32 KiB");
 * ```
 */
export function kindOfCeiling({ id, bytes }: Pick<Ceiling, "id" | "bytes">): string {
  if (bytes !== null) return `reading up to ${formatBytes(bytes)}`;
  const [where = "", ...parts] = id.split("-");
  const width = parts.find((part) => /^\d+$/.test(part));
  const type = parts.find((part) => /^f\d+$/.test(part));
  const place = Object.hasOwn(places, where) ? places[where] : where;
  return [
    width === undefined ? place : `${width}-bit ${place}`,
    ...(type === undefined ? [] : [`float${type.slice(1)}`]),
    ...(parts.includes("fused") ? ["multiply-add"] : width === undefined ? [] : ["multiply, add"]),
  ].join(", ");
}

/** The name of a ceiling: "256-bit Wasm, multiply-add, 2 threads". */
export function nameOfCeiling(ceiling: Pick<Ceiling, "id" | "bytes" | "threads">): string {
  return `${kindOfCeiling(ceiling)}, ${formatCount(ceiling.threads, "thread")}`;
}

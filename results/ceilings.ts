/**
 * Whether the ceilings of a run are any: a limit that a result exceeds, or that
 * is lower on more threads than on fewer, was measured too low. Pure functions;
 * the bench measures such a ceiling again, and where that does not help it is
 * not known, here and on every page, rather than a share above 100 %.
 *
 * @module
 */
import { formatCount, formatNumber } from "../common/numbers.ts";
import { workloadName } from "./query.ts";
import { bandwidthOf, standingOf } from "./roofline.ts";
import type { Ceiling, Results } from "./schema.ts";

/** What ceilings are checked against. */
export type Measured = Pick<Results, "kernels" | "results">;

/** A ceiling that was measured too low, and why that is known, in words. */
export interface Doubt {
  readonly ceiling: Ceiling;
  readonly reason: string;
}

/** Below this share of what fewer threads did, more threads were disturbed; above it they are as fast. */
const alike = 0.9;

/** "js-f64 on 1 thread". */
export function ceilingName({ id, threads }: Pick<Ceiling, "id" | "threads">): string {
  return `${id} on ${formatCount(threads, "thread")}`;
}

/** The known ceilings that results exceed, each with the result that does so most. */
export function exceeded(
  ceilings: readonly Ceiling[],
  { kernels, results }: Measured,
): Doubt[] {
  const most = new Map<Ceiling, { share: number; reason: string }>();
  for (const result of results) {
    const standing = standingOf(result, { kernels, ceilings });
    if (!standing) continue;
    const { ofPeak, peak, ofLimit, bound, bandwidth, limit } = standing;
    const [ceiling, share, allowed] = ofPeak > 1
      ? [peak, ofPeak, peak.best]
      : bound === "memory"
      ? [bandwidth, ofLimit ?? 0, limit ?? 0]
      : [null, 0, 0];
    if (!ceiling || share <= 1 || share <= (most.get(ceiling)?.share ?? 0)) continue;
    const reason = `${result.kernel} did ${formatNumber(result.gflops ?? 0)} GFLOP/s on ${
      workloadName(result)
    }, more than the ${formatNumber(allowed)} that it allows`;
    most.set(ceiling, { share, reason });
  }
  return [...most].map(([ceiling, { reason }]) => ({ ceiling, reason }));
}

/** What fewer threads did of the same, at their fastest; null where nothing was measured. */
function onFewer(ceiling: Ceiling, ceilings: readonly Ceiling[]): Ceiling | null {
  const { id, kind, threads, bytes } = ceiling;
  const known = ceilings.filter((one) => one.threads < threads && one.unknown === undefined);
  const counts = [...new Set(known.map((one) => one.threads))];
  const same = kind === "compute"
    ? known.filter((one) => one.kind === "compute" && one.id === id)
    : counts.flatMap((count) => bandwidthOf(known, bytes ?? 0, count) ?? []);
  return same.reduce<Ceiling | null>(
    (best, one) => best === null || one.best > best.best ? one : best,
    null,
  );
}

/** The known ceilings that are clearly lower than those of fewer threads. */
export function belowFewer(ceilings: readonly Ceiling[]): Doubt[] {
  return ceilings.flatMap((ceiling) => {
    const fewer = ceiling.unknown === undefined && onFewer(ceiling, ceilings);
    if (!fewer || ceiling.best >= alike * fewer.best) return [];
    return {
      ceiling,
      reason: `${formatNumber(ceiling.best)} ${ceiling.unit} are less than the ${
        formatNumber(fewer.best)
      } of ${formatCount(fewer.threads, "thread")}`,
    };
  });
}

/** The same ceilings, none lower than that of fewer threads: the others may always be idle. What is much lower is for {@linkcode belowFewer}. */
export function raised(ceilings: readonly Ceiling[]): Ceiling[] {
  // From the fewest threads on, so that what was raised counts.
  const found: Ceiling[] = [];
  for (const ceiling of ceilings.toSorted((a, b) => a.threads - b.threads)) {
    const fewer = onFewer(ceiling, found);
    const best = fewer && ceiling.best >= alike * fewer.best ? fewer.best : 0;
    found.push({ ...ceiling, best: Math.max(ceiling.best, best) });
  }
  const at = new Map(found.map((one) => [`${one.id} ${one.threads}`, one]));
  return ceilings.map((one) => at.get(`${one.id} ${one.threads}`) ?? one);
}

/** The same ceilings, those in doubt as not known. */
export function marked(ceilings: readonly Ceiling[], doubts: readonly Doubt[]): Ceiling[] {
  return ceilings.map((ceiling) => {
    const doubt = doubts.find((one) => one.ceiling === ceiling);
    return doubt ? { ...ceiling, unknown: doubt.reason } : ceiling;
  });
}

/**
 * The ceilings of a run, with all that something exceeds marked as not known.
 *
 * @example
 * ```ts
 * import { checkedCeilings } from "./ceilings.ts";
 * import { sampleResults } from "./sample_testing.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = sampleResults();
 * const unknown = (ceilings = run.ceilings ?? []) =>
 *   checkedCeilings(ceilings, run).filter((one) => one.unknown !== undefined).length;
 * assertEquals(unknown(), 0);
 * assertEquals(unknown(run.ceilings?.map((one) => ({ ...one, best: one.best / 1000 }))) > 0, true);
 * ```
 */
export function checkedCeilings(ceilings: readonly Ceiling[], measured: Measured): Ceiling[] {
  const lifted = raised(ceilings);
  const consistent = marked(lifted, belowFewer(lifted));
  return marked(consistent, exceeded(consistent, measured));
}

/** The faster of what was measured of each ceiling, in the order of the first. */
export function fasterOf(first: readonly Ceiling[], second: readonly Ceiling[]): Ceiling[] {
  return first.map((one) => {
    const again = second.filter((other) =>
      other.kind === one.kind && other.threads === one.threads &&
      (one.kind === "compute" ? other.id === one.id : (other.bytes ?? 0) >= (one.bytes ?? 0))
    ).toSorted((a, b) =>
      (a.bytes ?? 0) - (b.bytes ?? 0)
    )[0];
    return again && again.best > one.best
      ? {
        ...again,
        id: one.id,
        bytes: one.bytes,
        what: one.kind === "compute" ? one.what : again.what,
      }
      : one;
  });
}

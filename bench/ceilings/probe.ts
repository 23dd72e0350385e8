/**
 * What sets a ceiling and is measured once a round, and the ceiling that its
 * rounds show.
 *
 * @module
 */
import type { Ceiling } from "../../results/schema.ts";
import { median, medianInterval } from "../../statistics/estimators.ts";

/** What sets a ceiling, measured once a round. */
export interface Probe {
  readonly ceiling: Pick<Ceiling, "id" | "kind" | "what" | "threads" | "bytes" | "unit">;
  readonly rates: number[];
  /** A speed that was measured before the rounds, which the ceiling is no lower than. */
  readonly atLeast?: number;
  measure(): number | Promise<number>;
}

/** The ceiling of these speeds, of which there is at least one. */
export function toCeiling(
  { ceiling, rates, atLeast = 0 }: Pick<Probe, "ceiling" | "rates" | "atLeast">,
): Ceiling {
  return {
    ...ceiling,
    median: median(rates),
    ...medianInterval(rates),
    best: Math.max(...rates, atLeast),
    samples: [...rates],
  };
}

/**
 * Shares that were counted, with exact intervals. Pure functions.
 *
 * @module
 */

import { binomialTail } from "./beta.ts";

/** A share with the ends of its interval. */
export interface Proportion {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The p in [0, 1] at which `falls`, which is true below it and false above, changes; halved until no number is left between. */
function borderOf(falls: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let p = 0.5; p > low && p < high; p = (low + high) / 2) {
    if (falls(p)) low = p;
    else high = p;
  }
  return (low + high) / 2;
}

/**
 * `found` of `trials` as a share, with the exact interval of Clopper & Pearson
 * (Biometrika 26, 1934): the shares p under which as many or more, and as few or
 * fewer, have a probability of (1 − confidence)/2 or more each. It covers with
 * `confidence` or more whatever the share is, and rather more (Brown, Cai &
 * DasGupta 2001). The trials must be independent; what was found in one run is
 * so only roughly. Of no trials, everything from 0 to 1.
 *
 * @example None of 40 does not show that the share is 0
 * ```ts
 * import { clopperPearson } from "./proportions.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(clopperPearson(0, 40).high, 0.0881, 1e-4);
 * ```
 */
export function clopperPearson(found: number, trials: number, confidence = 0.95): Proportion {
  if (trials === 0) return { share: NaN, low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  return {
    share: found / trials,
    low: found === 0 ? 0 : borderOf((p) => 1 - binomialTail(found - 1, trials, p) < tail),
    high: found === trials ? 1 : borderOf((p) => binomialTail(found, trials, p) > tail),
  };
}

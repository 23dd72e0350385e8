/**
 * Evidence that can be looked at after every launch: the smallest evidence that
 * decides is the same at whatever launch one stops. For differences that are
 * symmetric about none, a bet on the sign of the next one wins as often as it
 * loses, so that capital of 1 reaches c with probability 1/c at most, ever
 * (Ville 1939; Efron 1969 on symmetry; Ramdas et al., Statistical Science 2023).
 * Pure functions.
 *
 * @module
 */

// The stakes of the bets, in 1 / difference: at a difference of 1/λ the bet is 3 of 4 of the
// capital. The capital is divided among them, since the size of differences is not known before.
const stakes = [12.5, 25, 50, 100, 200, 400];

/**
 * The evidence that differences lie above `margin`: what capital of 1 became by
 * betting on it, of each launch in turn. The probability that it is ever c or
 * more, where they lie symmetric about `margin` or below, is 1/c at most. With
 * large differences of one sign it nearly doubles with each launch.
 *
 * @param differences ln(new time / old time) of each launch
 * @param margin the difference that is still none that matters
 *
 * @example
 * ```ts
 * import { evidence } from "./sequential.ts";
 * import { assertEquals, assertGreater, assertLess } from "@std/assert";
 *
 * assertEquals(evidence([], 0.01), 1);
 * assertGreater(evidence(Array(8).fill(0.1), 0.01), 100);
 * assertLess(evidence([0.1, -0.1, 0.1, -0.1], 0.01), 2);
 * ```
 */
export function evidence(differences: readonly number[], margin: number): number {
  const known = differences.filter(Number.isFinite);
  const capitals = stakes.map((stake) =>
    known.reduce((capital, d) => capital * (1 + Math.tanh(stake * (d - margin))), 1)
  );
  return capitals.reduce((sum, capital) => sum + capital, 0) / stakes.length;
}

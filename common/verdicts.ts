/**
 * The words for what times come to, which statistics decide on and result
 * files carry: the verdict on a comparison, the grade of a machine's noise.
 *
 * @module
 */

/** All verdicts on a time compared with a baseline's. */
export const verdicts = ["faster", "equivalent", "slower", "inconclusive"] as const;

/** What a comparison says of the time compared. */
export type Verdict = typeof verdicts[number];

/** All grades of noise, the best first; `unknown` where the rounds were too few. */
export const noiseGrades = ["quiet", "fair", "noisy", "unusable", "unknown"] as const;

/** How noisy a run was. */
export type NoiseGrade = typeof noiseGrades[number];

/** All verdicts on the tail of times, p95/p50, compared with a baseline's. */
export const tailVerdictWords = [
  "tail slower",
  "tail faster",
  "same tail",
  "inconclusive",
] as const;

/** What a comparison says of the tail. */
export type TailVerdict = typeof tailVerdictWords[number];

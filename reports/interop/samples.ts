/**
 * Summaries of samples as the interop formats define them. They describe the
 * samples and infer nothing: no interval comes from here.
 *
 * @module
 */

/** The middle of the sorted samples, or the mean of the two in the middle; NaN of none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

/** The arithmetic mean; NaN of none. */
export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample / samples.length, 0) +
    (samples.length === 0 ? NaN : 0);
}

/** The standard deviation with n − 1, as hyperfine gives it; null of fewer than two samples. */
export function standardDeviation(samples: readonly number[]): number | null {
  if (samples.length < 2) return null;
  const middle = mean(samples);
  const squares = samples.reduce((sum, sample) => sum + (sample - middle) ** 2, 0);
  return Math.sqrt(squares / (samples.length - 1));
}

/** The least and the greatest; without spreading, since there may be millions. */
export function rangeOf(samples: readonly number[]): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const sample of samples) {
    min = Math.min(min, sample);
    max = Math.max(max, sample);
  }
  return { min, max };
}

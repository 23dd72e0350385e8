/**
 * Comparisons that never take NaN for success: a difference counts unless it
 * is shown to be within its bound. A failure is described so that it helps: how
 * many elements, which rows and columns, and what the wrong value looks like.
 *
 * @module
 */
import { bitPatterns } from "../common/float_bits.ts";
import { formatShort } from "../common/numbers.ts";
import { describe, type Hints } from "./localise.ts";
import type { ActivationReport, Growth, ProbedTree } from "../results/verification/schema.ts";

/** What a comparison found. */
export interface Outcome {
  /** The worst error as a share of its bound; above 1 it is a problem. */
  readonly worst: number;
  /** What is wrong, in one line; null where nothing is. */
  readonly problem: string | null;
  /** What is unusual, though it is not proven wrong. */
  readonly warning?: string | null;
  /** Results of which the rules do not say what is right. */
  readonly indeterminate?: number;
  /** How many elements the results had, and how many of them were compared. */
  readonly elements?: { readonly all: number; readonly compared: number };
  /** What else was measured. */
  readonly measures?: Measures;
  /** The smallest case that fails like this one, where the case has found it itself, and in how many steps. */
  readonly minimal?: { readonly id: string; readonly steps: number };
}

/** What else a case measured, for the report. */
export interface Measures {
  /** The order in which one way of calling adds. */
  readonly tree?: ProbedTree;
  /** Errors of random sums. */
  readonly growth?: Growth;
  /** Counts of results by ULP distance, in `ulpBins`. */
  readonly ulpHistogram?: readonly number[];
  /** The errors of an activation. */
  readonly activation?: ActivationReport;
  /** The errors of a gradient. */
  readonly gradient?: ActivationReport;
  /** Traits as observed from outside. */
  readonly observed?: {
    readonly fused?: boolean;
    readonly accumulator?: "float32" | "float64";
    readonly denormals?: "kept" | "flushed";
    readonly nan?: "propagates" | "lost";
  };
}

/** Whether both are float32 numbers, and the same to the bit: as words this is sooner told than by numbers of any array. */
function haveSameBits(got: ArrayLike<number>, want: ArrayLike<number>): boolean {
  if (!(got instanceof Float32Array && want instanceof Float32Array)) return false;
  const [own, other] = [bitPatterns(got), bitPatterns(want)];
  for (let i = 0; i < own.length; i++) if (own[i] !== other[i]) return false;
  return own.length === other.length;
}

/** Equal to the last bit; zeros of either sign are equal, and NaN equals NaN alone. */
export function compareExact(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  columns: number,
  hints: Hints = {},
): Outcome {
  if (got.length !== want.length) {
    return { worst: Infinity, problem: `${what}: ${got.length} elements, want ${want.length}` };
  }
  if (haveSameBits(got, want)) return { worst: 0, problem: null };
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    const same = got[i] === want[i] || (Number.isNaN(got[i]) && Number.isNaN(want[i]));
    if (!same) wrong.push(i);
  }
  if (wrong.length === 0) return { worst: 0, problem: null };
  return { worst: Infinity, problem: describe(what, wrong, got, want, columns, hints) };
}

/** Within bound(i) of `want` everywhere; a result that is not finite fails. */
export function compareBounded(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: (i: number) => number,
  columns: number,
  hints: Hints = {},
): Outcome {
  if (got.length !== want.length) {
    return { worst: Infinity, problem: `${what}: ${got.length} elements, want ${want.length}` };
  }
  let worst = 0;
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs((got[i] as number) - (want[i] as number));
    const share = error === 0 ? 0 : error / bound(i);
    if (!(share <= 1)) wrong.push(i);
    worst = Math.max(worst, Number.isNaN(share) ? Infinity : share);
  }
  const [first] = wrong;
  if (first === undefined) return { worst, problem: null };
  const [error, most] = [Math.abs((got[first] as number) - (want[first] as number)), bound(first)];
  // A NaN or an infinity is off by no number.
  const off = Number.isFinite(error) && Number.isFinite(most)
    ? `; off by ${formatShort(error)}, at most ${formatShort(most)} is allowed`
    : "";
  return { worst, problem: `${describe(what, wrong, got, want, columns, hints)}${off}` };
}

/** The outcomes of several comparisons as one: the worst share, the first problem, the first warning. */
export function merge(outcomes: readonly Outcome[]): Outcome {
  const measures = outcomes.find((outcome) => outcome.measures)?.measures;
  const warning = outcomes.find((outcome) => outcome.warning)?.warning;
  const indeterminate = outcomes.reduce((sum, outcome) => sum + (outcome.indeterminate ?? 0), 0);
  return {
    worst: outcomes.reduce((worst, outcome) => Math.max(worst, outcome.worst), 0),
    problem: outcomes.find(({ problem }) => problem !== null)?.problem ?? null,
    ...(warning && { warning }),
    ...(indeterminate > 0 && { indeterminate }),
    ...(measures && { measures }),
  };
}

/** Passes where there is no problem. */
export function outcomeOf(problem: string | null): Outcome {
  return { worst: problem === null ? 0 : Infinity, problem };
}

/**
 * Judges sums and largest values of a formula over lines of a matrix, against
 * what any order of adding may make of the intervals of `sets.ts` (Higham,
 * Accuracy and Stability, §4.2); exactly where every order is exact.
 *
 * @module
 */
import type { Formula } from "../../kernels/formula/formula.ts";
import type { MatrixSize } from "../../kernels/checks.ts";
import type { Reduced, Reduction } from "../../kernels/kernel.ts";
import { gamma, roundoffOf } from "../bounds.ts";
import { type Outcome, outcomeOf } from "../compare.ts";
import { showFloat, smallestNormal } from "../float32.ts";
import {
  anything,
  type Claims,
  decides,
  holds,
  type Interval,
  isNaNAlone,
  mayBeNaN,
  nothingButNaN,
  store,
} from "./arithmetic.ts";
import { forEachElement, type OperandSets, showSet } from "./judge.ts";
import { SetEvaluator } from "./sets.ts";

const notANumber = mayBeNaN | isNaNAlone;

/** What the sum of one line may be, as its terms are taken in. */
class Total {
  readonly set: Interval = { low: 0, high: 0, flags: 0 };
  #gauge = 0;
  #lost = 0;
  #count = 0;
  #exact = true;

  constructor(readonly reduction: Reduction, readonly claims: Claims) {
    if (reduction === "max") this.set.low = this.set.high = -Infinity;
  }

  add(term: Interval): void {
    const { set } = this;
    this.#count++;
    if (this.reduction === "max") {
      set.low = Math.max(set.low, term.low);
      set.high = Math.max(set.high, term.high);
      set.flags |= term.flags & notANumber;
      return;
    }
    this.#exact &&= term.low === term.high && Number.isInteger(term.low);
    set.flags |= term.flags & notANumber;
    set.low = this.#plus(set.low, term.low);
    set.high = this.#plus(set.high, term.high);
    this.#gauge += Math.max(Math.abs(term.low), Math.abs(term.high));
  }

  /** Infinities of both signs are NaN, which stays. */
  #plus(sum: number, term: number): number {
    const next = sum + term;
    const back = next - sum;
    if (Number.isFinite(next)) this.#lost += Math.abs((sum - (next - back)) + (term - back));
    return next;
  }

  /** The set of the result before it is stored. */
  result(): Interval {
    const { set, claims } = this;
    if (this.reduction === "max") return this.#largest();
    if (!claims.special && set.flags !== 0 || set.low === -Infinity && set.high === Infinity) {
      anything(set);
      return set;
    }
    if ((set.flags & isNaNAlone) !== 0 || Number.isNaN(set.low) || Number.isNaN(set.high)) {
      if (claims.special && set.flags !== mayBeNaN) nothingButNaN(set);
      else anything(set);
      return set;
    }
    if (!Number.isFinite(this.#gauge)) return set;
    if (this.#exact && this.#gauge <= 2 ** 24) return set;
    const u = claims.wide ? 2 ** -53 : roundoffOf(claims.traits);
    const least = claims.flushed && !claims.wide ? (this.#count + 1) * smallestNormal : 0;
    const error = gamma(this.#count, u) * this.#gauge * (1 + 2 ** -20) + 2 * this.#lost + least;
    set.low -= error;
    set.high += error;
    // Partial sums may overflow, and their terms then cancel no more.
    if (!claims.wide && this.#gauge > 2 ** 127) anything(set);
    return set;
  }

  #largest(): Interval {
    const { set, claims } = this;
    // Where a value is NaN for certain, so is the largest.
    if (!claims.special && set.flags !== 0) anything(set);
    else if ((set.flags & isNaNAlone) !== 0) nothingButNaN(set);
    return set;
  }
}

/** What is to be judged of a reduction. */
export interface JudgedReduction {
  readonly formula: Formula;
  readonly reduction: Reduction;
  readonly reduced: Reduced;
  readonly size: MatrixSize;
  readonly operands: readonly OperandSets[];
  readonly parameters: readonly number[];
  /** What the kernel wrote, a number for each line. */
  readonly got: Float32Array;
  /** The lines to judge, all by default. */
  readonly lines?: readonly number[];
}

/** The outcome for the lines of a reduction. */
export function judgeReduction(claims: Claims, judged: JudgedReduction): Outcome {
  const { formula, reduction, reduced, size: { rows, columns }, operands, parameters, got } =
    judged;
  const [count, length] = reduced === "rows" ? [rows, columns] : [columns, rows];
  if (got.length !== count) {
    return outcomeOf(`${reduction} of ${reduced} has ${got.length} elements, want ${count}`);
  }
  const lines = judged.lines ?? Array.from({ length: count }, (_, i) => i);
  const evaluator = new SetEvaluator(formula, claims, parameters);
  let compared = 0;
  for (const line of lines) {
    const total = new Total(reduction, claims);
    const elements = Array.from(
      { length },
      (_, i) => reduced === "rows" ? line * columns + i : i * columns + line,
    );
    forEachElement(evaluator, formula, operands, columns, elements, () => {
      total.add(evaluator.outputs[0]!);
    });
    const set = total.result();
    // Nothing has −∞ as its largest, on every kernel.
    if (length > 0) store(set, claims);
    if (decides(set)) compared++;
    if (holds(set, got[line]!)) continue;
    return outcomeOf(
      `${reduction} of ${reduced} of ${rows} x ${columns}, element ${line}: got ${
        showFloat(got[line]!)
      }, want ${showSet(set)}`,
    );
  }
  return { worst: 0, problem: null, elements: { all: count, compared } };
}

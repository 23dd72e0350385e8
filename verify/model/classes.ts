/**
 * Whether a kernel predicts other classes than float64, the class being the
 * column with the largest result. A change is a tie where the bound lets the
 * kernel move both scores so far; any other is a proven bug.
 *
 * @module
 */
import type { ClassChange, ClassReport } from "./report.ts";

// Enough to see the pattern.
const changesShown = 10;

/** The first column with the largest value. */
function largestColumn(values: ArrayLike<number>, start: number, columns: number): number {
  let found = 0;
  for (let j = 1; j < columns; j++) {
    if ((values[start + j] as number) > (values[start + found] as number)) found = j;
  }
  return found;
}

/** Counts changes of class, batch by batch. */
export class ClassTally {
  #rows = 0;
  #changed = 0;
  #ties = 0;
  #undecided = 0;
  readonly #changes: ClassChange[] = [];

  constructor(readonly columns: number) {}

  /** Compares results [rows, columns], all finite and each known to lie within delta of `want`. */
  add(
    got: ArrayLike<number>,
    want: ArrayLike<number>,
    delta: ArrayLike<number>,
    firstRow: number,
  ): void {
    const { columns } = this;
    for (let start = 0, row = firstRow; start < want.length; start += columns, row++) {
      this.#rows++;
      const right = largestColumn(want, start, columns);
      const found = largestColumn(got, start, columns);
      const margin = (j: number) => (want[start + right] as number) - (want[start + j] as number);
      const bound = (j: number) => (delta[start + right] as number) + (delta[start + j] as number);
      for (let j = 0; j < columns; j++) {
        if (j === right || margin(j) > bound(j)) continue;
        this.#undecided++;
        break;
      }
      if (found === right) continue;
      this.#changed++;
      const change = { row, got: found, want: right, margin: margin(found), bound: bound(found) };
      if (change.margin <= change.bound) this.#ties++;
      if (this.#changes.length < changesShown) this.#changes.push(change);
    }
  }

  /** What was counted so far. */
  report(): ClassReport {
    return {
      rows: this.#rows,
      changed: this.#changed,
      ties: this.#ties,
      undecided: this.#undecided,
      changes: [...this.#changes],
    };
  }
}

/**
 * Comparisons that cannot take NaN for success: a difference counts unless it
 * is shown to be within its bound. A failure is described so that it helps: how
 * many elements, which rows and columns, and what the wrong value looks like.
 *
 * @module
 */

/** What a comparison found: the worst error as a share of its bound, and what is wrong, or null. */
export interface Outcome {
  readonly worst: number;
  readonly problem: string | null;
}

/** A value with its bits, for floats that matter. */
function show(value: number): string {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0;
  return `${value} (0x${bits.toString(16).padStart(8, "0")})`;
}

/** Where the wrong elements lie, as far as it has a simple description. */
function describePlace(wrong: readonly number[], rows: number, columns: number): string {
  const rowSet = new Set(wrong.map((i) => Math.floor(i / columns)));
  const columnSet = new Set(wrong.map((i) => i % columns));
  const only = (set: Set<number>, what: string, count: number) => {
    const [first] = set;
    if (set.size !== 1 || count === 1) return "";
    return `, all in ${what} ${first}${first === count - 1 ? ", the last" : ""}`;
  };
  return only(rowSet, "row", rows) + only(columnSet, "column", columns);
}

/** What the wrong value at i equals instead, as a hint at the fault. */
function describeValue(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  i: number,
  columns: number,
): string {
  const value = got[i] as number;
  if (Number.isNaN(value)) return "; it was not written, or NaN came from somewhere";
  const column = i % columns;
  if (column > 0 && value === want[i - 1]) return "; that is the value of the column before";
  if (column + 1 < columns && value === want[i + 1]) {
    return "; that is the value of the next column";
  }
  if (value === want[i - columns]) return "; that is the value of the row before";
  if (value === want[i + columns]) return "; that is the value of the next row";
  if (value === 2 * (want[i] as number)) return "; that is twice the right value";
  return "";
}

function describe(
  what: string,
  wrong: readonly number[],
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  columns: number,
): string {
  const first = wrong[0] ?? 0;
  const rows = Math.max(1, got.length / Math.max(1, columns));
  return `${what}: ${wrong.length} of ${got.length} elements wrong${
    describePlace(wrong, rows, columns)
  }; first [${Math.floor(first / columns)}, ${first % columns}]: got ${
    show(got[first] as number)
  }, want ${show(want[first] as number)}${describeValue(got, want, first, columns)}`;
}

/** Equal to the last bit; zeros of either sign are equal, and NaN equals NaN alone. */
export function compareExact(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  columns: number,
): Outcome {
  if (got.length !== want.length) {
    return { worst: Infinity, problem: `${what}: ${got.length} elements, want ${want.length}` };
  }
  const wrong: number[] = [];
  for (let i = 0; i < want.length; i++) {
    const same = got[i] === want[i] || (Number.isNaN(got[i]) && Number.isNaN(want[i]));
    if (!same) wrong.push(i);
  }
  if (wrong.length === 0) return { worst: 0, problem: null };
  return { worst: Infinity, problem: describe(what, wrong, got, want, columns) };
}

/** Within bound(i) of `want` everywhere; a result that is not finite fails. */
export function compareBounded(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  bound: (i: number) => number,
  columns: number,
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
  if (wrong.length === 0) return { worst, problem: null };
  return { worst, problem: describe(what, wrong, got, want, columns) };
}

/** The outcomes of several comparisons as one: the worst share, the first problem. */
export function merge(outcomes: readonly Outcome[]): Outcome {
  return {
    worst: outcomes.reduce((worst, outcome) => Math.max(worst, outcome.worst), 0),
    problem: outcomes.find(({ problem }) => problem !== null)?.problem ?? null,
  };
}

/**
 * Mutants of the comparisons themselves: the ways in which real test suites
 * took wrong results for right ones. The comparisons are functions, so a table
 * of right answers tells a right one from a broken one.
 *
 * @module
 */
import { compareBounded, compareExact } from "../compare.ts";

type Exact = typeof compareExact;
type Bounded = typeof compareBounded;

/** The two comparisons that all checks are built on. */
export interface Comparisons {
  readonly exact: Exact;
  readonly bounded: Bounded;
}

/** The verifier's own. */
export const ownComparisons: Comparisons = { exact: compareExact, bounded: compareBounded };

const { MAX_VALUE } = Number;

/** What is wrong with a pair of comparisons: the first row of the table that they get wrong; null for nothing. */
export function findFault({ exact, bounded }: Comparisons): string | null {
  const rows: readonly (readonly [what: string, right: boolean, got: number[], want: number[]])[] =
    [
      ["equal numbers", true, [1, 2, 3], [1, 2, 3]],
      ["zeros of different sign", true, [-0], [0]],
      ["NaN where NaN is wanted", true, [NaN], [NaN]],
      ["infinity where it is wanted", true, [Infinity], [Infinity]],
      ["NaN for a number", false, [1, NaN, 3], [1, 2, 3]],
      ["a number for NaN", false, [1, 2, 3], [1, NaN, 3]],
      ["infinity for a number", false, [Infinity], [MAX_VALUE]],
      ["infinity of the other sign", false, [-Infinity], [Infinity]],
      ["NaN for infinity", false, [NaN], [Infinity]],
      ["one unit in the last place", false, [1 + 2 ** -23], [1]],
      ["a small difference of small numbers", false, [2 ** -140], [2 ** -141]],
      ["a wrong last element", false, [1, 2, 4], [1, 2, 3]],
      ["a missing element", false, [1, 2], [1, 2, 3]],
      ["an element too many", false, [1, 2, 3, 4], [1, 2, 3]],
      ["no element", false, [], [1]],
    ];
  for (const [what, right, got, want] of rows) {
    const passed = exact("y", got, want, 1).problem === null;
    if (passed !== right) return `exact: ${what} ${passed ? "passed" : "failed"}`;
  }
  const bounds: readonly (readonly [string, boolean, number, number, number])[] = [
    ["an error within the bound", true, 1.5, 1, 1],
    ["an error as large as the bound", true, 2, 1, 1],
    ["no error and no room for one", true, 1, 1, 0],
    ["an error beyond the bound", false, 2.5, 1, 1],
    ["an error on the other side", false, -0.5, 1, 1],
    ["any error where there is no room for one", false, 1 + 2 ** -23, 1, 0],
    ["NaN", false, NaN, 1, 1],
    ["infinity", false, Infinity, 1, 1],
    ["a reference that is NaN", false, 1, NaN, 1],
    ["a bound that is NaN", false, 1.5, 1, NaN],
  ];
  for (const [what, right, got, want, bound] of bounds) {
    const passed = bounded("y", [got], [want], () => bound, 1).problem === null;
    if (passed !== right) return `bounded: ${what} ${passed ? "passed" : "failed"}`;
  }
  const many = bounded("y", [1, 1, NaN], [1, 1, 1], () => 1, 1).problem === null;
  if (many) return "bounded: NaN in the last of several elements passed";
  const short = bounded("y", [1], [1, 1], () => 1, 1).problem === null;
  return short ? "bounded: a missing element passed" : null;
}

const fine = { worst: 0, problem: null };
const wrong = { worst: Infinity, problem: "wrong" };

function exactWith(differ: (got: number, want: number) => boolean): Comparisons {
  return {
    ...ownComparisons,
    exact: (_what, got, want) => {
      if (got.length !== want.length) return wrong;
      for (let i = 0; i < want.length; i++) if (differ(got[i]!, want[i]!)) return wrong;
      return fine;
    },
  };
}

function boundedWith(differ: (error: number, bound: number) => boolean): Comparisons {
  return {
    ...ownComparisons,
    bounded: (_what, got, want, bound) => {
      if (got.length !== want.length) return wrong;
      for (let i = 0; i < want.length; i++) {
        if (differ(Math.abs(got[i]! - want[i]!), bound(i))) return wrong;
      }
      return fine;
    },
  };
}

/** Comparisons that are broken, each as it was found somewhere. */
export const comparisonMutants: Readonly<Record<string, Comparisons>> = {
  "an exact comparison lets NaN pass": exactWith((got, want) => Math.abs(got - want) > 0),
  "an error is compared so that NaN passes": boundedWith((error, bound) => error > bound),
  "all that is not finite is equal": exactWith((got, want) =>
    got !== want && (Number.isFinite(got) || Number.isFinite(want))
  ),
  "a thousandth does not matter": exactWith((got, want) =>
    !(Math.abs(got - want) <= 1e-3) && got === got
  ),
  "the last element is not looked at": {
    ...ownComparisons,
    exact: (what, got, want, columns) => {
      const most = Math.max(0, want.length - 1);
      const cut = (values: ArrayLike<number>) => Array.from(values).slice(0, most);
      return compareExact(what, cut(got), cut(want), columns);
    },
  },
  "missing elements are not missed": {
    ...ownComparisons,
    exact: (what, got, want, columns) =>
      compareExact(what, got, Array.from(want).slice(0, got.length), columns),
  },
};

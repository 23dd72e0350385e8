/**
 * Reductions of formulas: exactly where every order of adding is exact, within
 * the bound of any order elsewhere (Higham, Accuracy and Stability, §4.2), NaN
 * and infinities as a sum or an extreme has them, and sums of nothing.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import {
  add,
  choose,
  div,
  exp,
  mul,
  operand,
  perColumn,
  perRow,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { Reduced, Reduction } from "../../kernels/kernel.ts";
import { type Case, drawn, type Effort, floats, integers, Workspace } from "../check.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { claimsOf } from "./arithmetic.ts";
import { formulaCase, type FormulaKernel } from "./judge.ts";
import { judgeReduction } from "./judge_reduction.ts";
import { repeating } from "./inputs.ts";

const x = operand(0);

/** What is added up of one kind of data. */
interface Family {
  readonly formula: Formula;
  readonly values: (length: number, random: Random) => Float32Array;
}

/** One such number late in a line of others: what looks at the beginning, or at each block's first, does not see it. */
const lateNumber = (value: number): Family => ({
  formula: formula(x),
  values: (length, random) => {
    const values = floats(length, -9, -1, random);
    if (length > 0) values[length - 1 - random.between(0, Math.floor(length / 3))] = value;
    return values;
  },
});

/** The kinds. */
const families: Readonly<Record<string, Family>> = {
  // Squares and products of such numbers add up exactly in float32 in any order.
  integers: {
    formula: formula(mul(x, x)),
    values: (length, random) => integers(length, 7, random),
  },
  signs: {
    formula: formula(x),
    values: (length, random) => repeating(length, () => random.between(-3, 3)),
  },
  reals: {
    formula: formula(add(mul(x, perRow(1)), perColumn(2))),
    values: (length, random) => floats(length, -1, 1, random),
  },
  exponentials: {
    formula: formula(exp(x)),
    values: (length, random) => floats(length, -4, 4, random),
  },
  negative: {
    formula: formula(choose("less", x, 0, x, -1)),
    values: (length, random) => floats(length, -9, -1, random),
  },
  special: {
    formula: formula(div(x, 2)),
    values: (length, random) =>
      drawn(length, () => {
        const kind = random.between(0, 40);
        return kind === 0 ? NaN : kind === 1 ? Infinity : kind === 2 ? -Infinity : -kind;
      }),
  },
  "late-nan": lateNumber(NaN),
  "late-infinity": lateNumber(Infinity),
  // Two numbers that cancel, far from each other, between small ones: sums in float64 keep these.
  cancelling: {
    formula: formula(x),
    values: (length, random) => {
      const values = repeating(length, () => random.between(-3, 3));
      const half = Math.floor(length / 2);
      if (half === 0) return values;
      const large = 2 ** 24 * random.between(1, 9);
      values[random.between(0, half - 1)] = large;
      values[length - 1 - random.between(0, half - 1)] = -large;
      return values;
    },
  },
  infinite: {
    formula: formula(x),
    values: (length, random) => drawn(length, () => random.between(0, 5) ? -Infinity : -1),
  },
};

const shapes: readonly (readonly [number, number])[] = [
  [0, 3],
  [3, 0],
  [1, 1],
  [2, 3],
  [5, 8],
  [7, 65],
  [129, 2],
  [1, 1031],
  // A sum may be another one from some length on.
  [1, 8209],
  [4111, 2],
];

/** Every remainder of vectors and of eight, both ways: each reduction of each formula may be code of its own. */
const remainders: readonly (readonly [number, number])[] = [2, 3, 4, 5, 6, 7, 9].map((columns) => [
  columns % 4 + 1,
  columns,
]);

/** Of which long lines are all that matters, so that none is left out. */
const always: ReadonlySet<string> = new Set(["late-nan", "late-infinity", "cancelling"]);

/** Beyond so many elements the sums are of the operand itself, and exact, so that they need no intervals: of these in float32, and of the others in float64. */
const largest = 2 ** 14;
const [ofLarge, ofLargeInFloat64] = ["signs", "cancelling"];

/** For long sums, and more lines than 16 bits count. */
const large: readonly (readonly [number, number])[] = [[1, 70_003], [66_001, 1]];

/** For sums of which a part may be kept in float32, beyond each power of two up to 2^18. */
const long = [14, 15, 16, 17, 18].map((power) => 2 ** power + 5);

async function run(
  kernel: FormulaKernel,
  family: string,
  reduction: Reduction,
  reduced: Reduced,
  rows: number,
  columns: number,
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const { formula: made, values } = families[family]!;
  const lengths = { element: rows * columns, row: rows, column: columns };
  const inputs = made.operands.map((along) => values(lengths[along], random));
  const tensors = made.operands.map((along, i) =>
    space.tensor(
      along === "element" ? [rows, columns] : [along === "row" ? rows : columns],
      inputs[i]!,
    )
  );
  const lines = reduced === "rows" ? rows : columns;
  const out = space.output([lines]);
  kernel.reduce(reduction, reduced, made, tensors, out, []);
  const got = await out.read();
  if (rows * columns > largest) {
    const want = new Float64Array(lines).fill(reduction === "sum" ? 0 : -Infinity);
    inputs[0]!.forEach((value, i) => {
      const line = reduced === "rows" ? Math.floor(i / columns) : i % columns;
      want[line] = reduction === "sum" ? want[line]! + value : Math.max(want[line]!, value);
    });
    return {
      ...compareExact(`${reduction} of ${reduced}`, got, want, lines),
      elements: { all: lines, compared: lines },
    };
  }
  const claims = claimsOf(kernel.traits);
  return judgeReduction(claims, {
    formula: made,
    reduction,
    reduced,
    size: { rows, columns },
    operands: inputs,
    parameters: [],
    got,
  });
}

function caseOf(
  family: string,
  reduction: Reduction,
  reduced: Reduced,
  [rows, columns]: readonly [number, number],
): Case {
  const id = `reduce/${rows}x${columns}/${reduction}-${reduced}-${family}`;
  return formulaCase(id, (kernel, random) => {
    const { wide } = claimsOf(kernel.traits);
    const isExact = rows * columns <= largest || family !== ofLargeInFloat64 || wide;
    const used = isExact ? family : ofLarge;
    return run(kernel, used, reduction, reduced, rows, columns, random);
  });
}

/** One kind of data on all shapes, since a GPU compiles a program for each kind, and those that matter most on one. */
function isForGpu(family: string, [rows, columns]: readonly [number, number]): boolean {
  if (family === ofLarge) return true;
  return rows > 1 && columns > 32 && (family === "reals" || family === "special");
}

/** All shapes with all kinds of data in turn; fewer where a GPU compiles a program for each kind. */
export function reduceCases(effort: Effort, slow: boolean): Case[] {
  const names = Object.keys(families);
  const cases = shapes.flatMap((shape, i) =>
    (["sum", "max"] as const).flatMap((reduction) =>
      (["rows", "columns"] as const).flatMap((reduced, j) =>
        names.filter((family, at) =>
          effort === "full" ||
          (slow ? isForGpu(family, shape) : always.has(family) || (at + i + j) % 2 === 0)
        ).map((family) => caseOf(family, reduction, reduced, shape))
      )
    )
  );
  const narrow = remainders.flatMap((shape) =>
    (["sum", "max"] as const).flatMap((reduction) =>
      (["rows", "columns"] as const).flatMap((reduced) =>
        names.map((family) => caseOf(family, reduction, reduced, shape))
      )
    )
  );
  return [
    ...cases,
    ...(slow ? [] : narrow),
    ...(slow ? long.slice(0, 2) : long).flatMap((length, i) => {
      const rows = i % 2 === 0;
      const shape = rows ? [1, length] as const : [length, 1] as const;
      return [caseOf(ofLargeInFloat64, "sum", rows ? "rows" : "columns", shape)];
    }),
    ...large.flatMap((shape, i) => [
      caseOf(ofLarge, i === 1 ? "max" : "sum", "rows", shape),
      caseOf(ofLarge, i === 1 ? "sum" : "max", "columns", shape),
    ]),
  ];
}

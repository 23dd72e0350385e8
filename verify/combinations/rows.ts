/**
 * What goes through rows of a matrix as subjects of combinations: sums of rows,
 * gathered rows, copies, and formulas that read operands by element, row and
 * column, elementwise and reduced. On whole numbers all of it is exact.
 *
 * @module
 */
import { add, mul, operand, perColumn, perRow } from "../../kernels/formula/expression.ts";
import { formula, identity } from "../../kernels/formula/formula.ts";
import type { Reduced, Reduction, Tensor } from "../../kernels/kernel.ts";
import { smallestOf, sumBound } from "../bounds.ts";
import { exactMost, Workspace } from "../check.ts";
import { claims } from "../checks/formulas.ts";
import { compareBounded, compareExact, type Outcome } from "../compare.ts";
import { partOf } from "../part_of.ts";
import { allowsHistory } from "./history.ts";
import {
  historyFeatures,
  isOneOf,
  outFeature,
  rankFeature,
  resultsOf,
  shapeOf,
  yesNo,
} from "./operands.ts";
import { fewSizesFeature, pairsOfFewSizes } from "./sizes.ts";
import type { Feature, Row, Setting, Subject } from "./subject.ts";
import { rightWhereInfinite } from "./sums.ts";
import { drawValues, type Values, valuesFeature } from "./values.ts";

/** An operation on a matrix a of m rows and n columns, of which three of its own features are combined. */
function ofMatrix(
  { features, threes, ...own }: Pick<Subject, "name" | "features" | "has" | "run"> & {
    readonly threes: readonly string[];
    readonly allows?: Subject["allows"];
  },
): Subject {
  return {
    allows: allowsHistory,
    ...own,
    most: 2 ** 16,
    combined: pairsOfFewSizes,
    features: [
      fewSizesFeature("m"),
      fewSizesFeature("n"),
      ...features,
      rankFeature,
      outFeature,
      ...historyFeatures(["a"]),
    ],
    threes: [threes, ["changed", "by", "uses"]],
  };
}

/** Runs a call of one matrix with its history, and reads its output. */
async function callOn(
  a: Values,
  shape: readonly number[],
  outShape: readonly number[],
  row: Row,
  setting: Setting,
  call: (a: Tensor, out: Tensor, space: Workspace) => void,
  old: Values | null = null,
): Promise<Float32Array> {
  using space = new Workspace(setting.kernel);
  const [found] = await resultsOf(row, setting, space, {
    operands: [{ name: "a", content: a, shape }],
    outputs: [outShape],
    old,
    call: (tensors, [out]) => call(tensors.a!, out!, space),
  });
  return found!;
}

/** sumRows(). */
export const sumRows: Subject = ofMatrix({
  name: "sumRows",
  features: [
    valuesFeature("values"),
    { name: "accumulate", levels: ["no", "whole", "real", "nan"] },
  ],
  threes: ["m", "n", "values", "accumulate"],
  has: () => true,
  allows: (level) =>
    allowsHistory(level) &&
    (isOneOf(level("accumulate"), "no") || isOneOf(level("out"), "nan")),
  run: runSumRows,
});

async function runSumRows(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel: { traits }, random } = setting;
  const { shape: { m, n }, levels } = row;
  const largest = exactMost(m);
  const a = drawValues(levels.values!, m * n, largest, random, traits);
  const accumulate = levels.accumulate !== "no";
  const old = accumulate ? drawValues(levels.accumulate!, n, largest, random, traits) : null;
  const found = await callOn(
    a,
    shapeOf(m, n, levels.axes!),
    [n],
    row,
    setting,
    (matrix, out) => setting.kernel.sumRows(matrix, out, { accumulate }),
    old,
  );
  const value = old ? Float64Array.from(old.values) : new Float64Array(n);
  const gauge = value.map(Math.abs);
  for (let i = 0, at = 0; i < m; i++) {
    for (let j = 0; j < n; j++, at++) {
      value[j]! += a.values[at]!;
      gauge[j]! += Math.abs(a.values[at]!);
    }
  }
  const whole = a.whole && (old?.whole ?? true);
  const terms = m + (accumulate ? 1 : 0);
  const [own, want] = rightWhereInfinite(found, value, traits);
  return compareBounded(
    "out",
    own,
    want,
    (j) => whole ? 0 : sumBound(traits, terms, gauge[j]!) + smallestOf(traits),
    n,
  );
}

/** Row numbers in a kind of array. */
function arrayOf(
  kind: string,
  rows: readonly number[],
): readonly number[] | Uint32Array | Int32Array {
  switch (kind) {
    case "uint32":
      return Uint32Array.from(rows);
    case "int32":
      return Int32Array.from(rows);
    case "part":
      return partOf(Uint32Array.from(rows), 0);
  }
  return rows;
}

/** Which rows are taken, and in what kind of array they are named. */
const takenFeature: Feature = {
  name: "rows",
  levels: ["any", "all", "reversed", "repeated", "one"],
};
const arrayFeature: Feature = { name: "array", levels: ["list", "uint32", "int32", "part"] };

function rowsOf(kind: string, m: number, random: Setting["random"]): number[] {
  switch (kind) {
    case "all":
      return Array.from({ length: m }, (_, i) => i);
    case "reversed":
      return Array.from({ length: m }, (_, i) => m - 1 - i);
    case "repeated":
      return Array.from({ length: Math.min(m, 64) + 3 }, () => m - 1);
    case "one":
      return [random.between(0, m - 1)];
    default:
      return Array.from({ length: random.between(1, m + 2) }, () => random.between(0, m - 1));
  }
}

/** gather(). */
export const gather: Subject = ofMatrix({
  name: "gather",
  features: [
    valuesFeature("values"),
    takenFeature,
    arrayFeature,
  ],
  threes: ["m", "n", "rows", "array"],
  has: (kernel) => claims(kernel) && kernel.gather !== undefined,
  run: async (row, setting) => {
    const { kernel, random } = setting;
    const { shape: { m, n }, levels } = row;
    const a = drawValues(levels.values!, m * n, 2 ** 24, random, kernel.traits);
    const rows = rowsOf(levels.rows!, m, random);
    const array = arrayOf(levels.array!, rows);
    const found = await callOn(
      a,
      [m, n],
      shapeOf(rows.length, n, levels.axes!),
      row,
      setting,
      (matrix, out) => kernel.gather!(matrix, array, out),
    );
    const want = new Float32Array(rows.length * n);
    rows.forEach((from, i) => want.set(a.values.subarray(from * n, (from + 1) * n), i * n));
    return compareExact("out", found, want, n);
  },
});

/** copy(). */
export const copy: Subject = ofMatrix({
  name: "copy",
  features: [
    valuesFeature("values"),
    { name: "to", levels: ["same", "flat", "transposed", "three"] },
  ],
  threes: ["m", "n", "to"],
  has: (kernel) => claims(kernel) && kernel.copy !== undefined,
  run: async (row, setting) => {
    const { kernel, random } = setting;
    const { shape: { m, n }, levels } = row;
    const a = drawValues(levels.values!, m * n, 2 ** 24, random, kernel.traits);
    const shapes: Record<string, readonly number[]> = {
      same: [m, n],
      flat: [m * n],
      transposed: [n, m],
      three: shapeOf(n, m, "3"),
    };
    const found = await callOn(
      a,
      shapeOf(m, n, levels.axes!),
      shapes[levels.to!]!,
      row,
      setting,
      (matrix, out) => kernel.copy!(matrix, out),
    );
    return compareExact("out", found, a.values, n);
  },
});

/** a · row + column, of whole numbers without a rounding. */
const formulas: Readonly<Record<string, ReturnType<typeof formula>>> = {
  element: identity,
  row: formula(mul(operand(0), perRow(1))),
  column: formula(add(operand(0), perColumn(1))),
  both: formula(add(mul(operand(0), perRow(1)), perColumn(2))),
};

const formulaFeature: Feature = { name: "formula", levels: Object.keys(formulas) };

/** What a formula reads besides the matrix, and its values. */
function formulaOf(name: string, a: Values, { m, n }: Row["shape"], { random, kernel }: Setting) {
  const draw = (length: number) => drawValues("whole", length, 9, random, kernel.traits).values;
  const byRow = name === "row" || name === "both" ? draw(m) : null;
  const byColumn = name === "column" || name === "both" ? draw(n) : null;
  const want = a.values.map((value, i) =>
    value * (byRow ? byRow[Math.floor(i / n)]! : 1) + (byColumn ? byColumn[i % n]! : 0)
  );
  const others = (space: Workspace): Tensor[] => [
    ...(byRow ? [space.tensor([m], byRow)] : []),
    ...(byColumn ? [space.tensor([n], byColumn)] : []),
  ];
  return { own: formulas[name]!, others, want };
}

const exactFamilies = ["real", "negative", "constant", "wide", "tiny"] as const;

const hasFormulas: Subject["has"] = (kernel) =>
  claims(kernel) && kernel.map !== undefined && kernel.reduce !== undefined;

/** map(). */
export const map: Subject = ofMatrix({
  name: "map",
  features: [
    valuesFeature("values", exactFamilies),
    formulaFeature,
    { name: "in-place", levels: yesNo },
  ],
  threes: ["m", "n", "formula", "in-place"],
  has: hasFormulas,
  allows: (level) =>
    allowsHistory(level) && (level("in-place") !== "yes" || isOneOf(level("read"), "at-once")),
  run: async (row, setting) => {
    const { kernel, random } = setting;
    const { shape, levels } = row;
    const { m, n } = shape;
    const a = drawValues(levels.values!, m * n, 99, random, kernel.traits);
    const { own, others, want } = formulaOf(levels.formula!, a, shape, setting);
    const axes = shapeOf(m, n, levels.axes!);
    const found = await callOn(a, axes, axes, row, setting, (matrix, out, space) => {
      const inputs = others(space);
      if (levels["in-place"] !== "yes") return kernel.map!(own, [matrix, ...inputs], [out]);
      const same = space.use(kernel.tensor(axes));
      kernel.map!(identity, [matrix], [same]);
      kernel.map!(own, [same, ...inputs], [same]);
      kernel.map!(identity, [same], [out]);
    });
    return compareExact("out", found, want, n);
  },
});

/** reduce(). */
export const reduce: Subject = ofMatrix({
  name: "reduce",
  features: [
    valuesFeature("values", exactFamilies),
    formulaFeature,
    { name: "reduction", levels: ["sum", "max"] },
    { name: "of", levels: ["rows", "columns"] },
  ],
  threes: ["m", "n", "formula", "reduction", "of", "values"],
  has: hasFormulas,
  run: async (row, setting) => {
    const { kernel, random } = setting;
    const { shape, levels } = row;
    const { m, n } = shape;
    const a = drawValues(levels.values!, m * n, 99, random, kernel.traits);
    const { own, others, want } = formulaOf(levels.formula!, a, shape, setting);
    const ofRows = levels.of === "rows";
    const [reduction, reduced] = [levels.reduction as Reduction, levels.of as Reduced];
    const found = await callOn(
      a,
      shapeOf(m, n, levels.axes!),
      [ofRows ? m : n],
      row,
      setting,
      (matrix, out, space) =>
        kernel.reduce!(reduction, reduced, own, [matrix, ...others(space)], out),
    );
    const sums = new Float64Array(ofRows ? m : n).fill(reduction === "sum" ? 0 : -Infinity);
    want.forEach((value, i) => {
      const at = ofRows ? Math.floor(i / n) : i % n;
      sums[at] = reduction === "sum" ? sums[at]! + value : Math.max(sums[at]!, value);
    });
    return compareExact("out", found, new Float32Array(sums), 1);
  },
});

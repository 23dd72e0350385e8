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
import { allowsHistory, changedFeature, howFeature, usesFeature } from "./history.ts";
import {
  callBeside,
  otherFeature,
  outFeature,
  outputOf,
  rankFeature,
  shapeOf,
  withHistory,
  yesNo,
} from "./operands.ts";
import { readAfter, readFeature } from "./reading.ts";
import { fewSizesFeature } from "./sizes.ts";
import type { Feature, LevelOf, Row, Setting, Subject } from "./subject.ts";
import { rightWhereInfinite } from "./sums.ts";
import { drawValues, type Values, valuesFeature } from "./values.ts";

/** As many as there are pairs of sizes. */
const combined = 100;

const most = 2 ** 16;

const historyOf = (name: string): Feature[] => [
  changedFeature([name]),
  howFeature,
  usesFeature,
  readFeature,
  otherFeature,
];

const histories = ["changed", "by", "uses"] as const;

/** Runs a call of one matrix with its history, and reads its output. */
async function callOn(
  a: Values,
  shape: readonly number[],
  outShape: readonly number[],
  { shape: dimensions, levels }: Row,
  setting: Setting,
  call: (a: Tensor, out: Tensor, space: Workspace) => void,
  old: Float32Array | null = null,
): Promise<Float32Array> {
  const { kernel, random } = setting;
  const level = (name: string) => levels[name];
  using space = new Workspace(kernel);
  if (levels.beside === "yes") callBeside(setting, dimensions, space);
  const tensors = withHistory(
    space,
    [{ name: "a", content: a, shape }],
    level,
    random,
    (earlier) => call(earlier.a!, space.use(kernel.tensor(outShape)), space),
  );
  const out = old ? space.tensor(outShape, old) : outputOf(space, outShape, level, random);
  call(tensors.a!, out, space);
  const [found] = await readAfter(space, [out], Object.values(tensors), level, random);
  return found!;
}

/** sumRows(). */
export const sumRows: Subject = {
  name: "sumRows",
  most,
  combined,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    valuesFeature("values"),
    { name: "accumulate", levels: ["no", "whole", "real", "nan"] },
    rankFeature,
    outFeature,
    ...historyOf("a"),
  ],
  threes: [["m", "n", "values", "accumulate"], histories],
  has: () => true,
  allows: (level) =>
    allowsHistory(level) &&
    (level("accumulate") === "no" || level("accumulate") === undefined ||
      level("out") === "nan" || level("out") === undefined),
  run: runSumRows,
};

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
    old?.values ?? null,
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

/** Which rows are taken, and in what kind of array they are named. */
const takenFeature: Feature = {
  name: "rows",
  levels: ["any", "all", "reversed", "repeated", "one"],
};
const arrayFeature: Feature = { name: "array", levels: ["list", "uint32", "int32"] };

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
export const gather: Subject = {
  name: "gather",
  most,
  combined,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    valuesFeature("values"),
    takenFeature,
    arrayFeature,
    rankFeature,
    outFeature,
    ...historyOf("a"),
  ],
  threes: [["m", "n", "rows", "array"], histories],
  has: (kernel) => claims(kernel) && kernel.gather !== undefined,
  allows: allowsHistory,
  run: async (row, setting) => {
    const { kernel, random } = setting;
    const { shape: { m, n }, levels } = row;
    const a = drawValues(levels.values!, m * n, 2 ** 24, random, kernel.traits);
    const rows = rowsOf(levels.rows!, m, random);
    const array = levels.array === "uint32"
      ? Uint32Array.from(rows)
      : levels.array === "int32"
      ? Int32Array.from(rows)
      : rows;
    const outShape = [rows.length, n];
    const found = await callOn(
      a,
      [m, n],
      shapeOf(rows.length, n, levels.axes!),
      row,
      setting,
      (matrix, out) => kernel.gather!(matrix, array, out),
    );
    const want = new Float32Array(outShape[0]! * n);
    rows.forEach((from, i) => want.set(a.values.subarray(from * n, (from + 1) * n), i * n));
    return compareExact("out", found, want, n);
  },
};

/** copy(). */
export const copy: Subject = {
  name: "copy",
  most,
  combined,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    valuesFeature("values"),
    { name: "to", levels: ["same", "flat", "transposed", "three"] },
    rankFeature,
    outFeature,
    ...historyOf("a"),
  ],
  threes: [["m", "n", "to"], histories],
  has: (kernel) => claims(kernel) && kernel.copy !== undefined,
  allows: allowsHistory,
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
};

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
export const map: Subject = {
  name: "map",
  most,
  combined,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    valuesFeature("values", exactFamilies),
    formulaFeature,
    { name: "in-place", levels: yesNo },
    rankFeature,
    outFeature,
    ...historyOf("a"),
  ],
  threes: [["m", "n", "formula", "in-place"], histories],
  has: hasFormulas,
  allows: (level: LevelOf) =>
    allowsHistory(level) &&
    (level("in-place") !== "yes" || level("read") === undefined || level("read") === "at-once"),
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
};

/** reduce(). */
export const reduce: Subject = {
  name: "reduce",
  most,
  combined,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    valuesFeature("values", exactFamilies),
    formulaFeature,
    { name: "reduction", levels: ["sum", "max"] },
    { name: "of", levels: ["rows", "columns"] },
    rankFeature,
    outFeature,
    ...historyOf("a"),
  ],
  threes: [["m", "n", "formula", "reduction", "of", "values"], histories],
  has: hasFormulas,
  allows: allowsHistory,
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
};

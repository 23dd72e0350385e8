/**
 * Products as subjects of combinations: dense() with its bias, activation and z,
 * and matmul() with both transposes and accumulation, on operands with a history.
 *
 * @module
 */
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import { exactMost, floats, integers, Workspace } from "../check.ts";
import { merge, type Outcome } from "../compare.ts";
import {
  allowsHistory,
  changedFeature,
  changeTensor,
  earlierContent,
  earlierFeature,
  howFeature,
  useOnce,
  usesFeature,
} from "./history.ts";
import { readAfter, readFeature } from "./reading.ts";
import { sizeFeature } from "./sizes.ts";
import type { Feature, LevelOf, Row, Setting, Subject } from "./subject.ts";
import { blockOf, compareActivated, compareSums, type Terms } from "./sums.ts";
import { drawValues, type Values, valuesFeature } from "./values.ts";

const yesNo = ["no", "yes"] as const;

/** Features of whatever is called. */
export const rankFeature: Feature = { name: "axes", levels: ["2", "3"] };
export const outFeature: Feature = { name: "out", levels: ["nan", "zeros", "older"] };
export const otherFeature: Feature = { name: "beside", levels: yesNo };

const kindsOfActivations: Partial<Record<Activation, string>> = {
  linear: "linear",
  relu: "relu",
  softmax: "softmax",
};

/** The feature of which activation is applied; with `also`, levels that are none. */
export function activationFeature(): Feature {
  return {
    name: "activation",
    levels: activations,
    kinds: activations.map((name) => kindsOfActivations[name] ?? "other"),
  };
}

/** [rows, columns] as two axes or three. */
export function shapeOf(rows: number, columns: number, axes: string): readonly number[] {
  if (axes === "2") return [rows, columns];
  const first = [5, 3, 2].find((each) => rows % each === 0) ?? 1;
  return [first, rows / first, columns];
}

/** An operand as it is before the call, and what it shall hold then. */
interface Operand {
  readonly name: string;
  readonly content: Values;
  readonly shape: readonly number[];
}

/** Tensors by the names of their operands. */
type Tensors = Record<string, Tensor>;

/** Uses and changes operands as the levels of a row say; the call may be any. */
export function withHistory(
  space: Workspace,
  operands: readonly Operand[],
  level: LevelOf,
  random: Random,
  call: (tensors: Tensors) => void,
): Tensors {
  const [how, changed] = [level("by") ?? "nothing", level("changed") ?? "none"];
  const isChanged = ({ name }: Operand) => changed === name || changed === "all";
  const tensors: Tensors = {};
  for (const operand of operands) {
    const { content, shape } = operand;
    const held = isChanged(operand) ? earlierContent(content, how, random) : content.values;
    tensors[operand.name] = space.tensor(shape, held);
  }
  const earlier = level("in") ?? "this";
  for (let use = Number(level("uses") ?? 0); use > 0; use--) {
    if (earlier === "this") call(tensors);
    else {
      for (const { name, shape } of operands.filter(({ shape }) => shape.length === 2)) {
        useOnce(space.kernel, tensors[name]!, [shape[0]!, shape[1]!], earlier);
      }
    }
  }
  for (const operand of operands.filter(isChanged)) {
    tensors[operand.name] = changeTensor(
      space,
      tensors[operand.name]!,
      operand.content,
      how,
      random,
    );
  }
  return tensors;
}

/** An output as a level says that it is before the call: full of NaN, of zeros, or with numbers. */
export function outputOf(
  space: Workspace,
  shape: readonly number[],
  level: LevelOf,
  random: Random,
): Tensor {
  const state = level("out");
  if (state === "zeros") return space.use(space.kernel.tensor(shape));
  if (state !== "older") return space.output(shape);
  const size = shape.reduce((product, axis) => product * axis, 1);
  return space.tensor(shape, floats(size, 3, 4, random));
}

/** A product of whole numbers of another kernel of the same kind, whose results nobody reads. */
export function callBeside(
  { second, random }: Setting,
  { m, n, k }: Dimensions,
  space: DisposableStack,
): void {
  if (second === null) return;
  const own = space.use(new Workspace(second));
  const tensorOf = (rows: number, columns: number) =>
    own.tensor([rows, columns], integers(rows * columns, 9, random));
  const [x, weight] = [tensorOf(Math.min(m, 9), k), tensorOf(k, n)];
  for (let i = 0; i < 2; i++) {
    second.dense(x, weight, null, "relu", own.output([Math.min(m, 9), n]));
  }
}

/** Elements of the output of a second call. */
const mostUsual = 2 ** 14;

const biasFeature: Feature = {
  name: "bias",
  levels: ["whole", "none", "minus-zero", "real", "nan", "infinite"],
  kinds: ["some", "none", "minus-zero", "some", "special", "special"],
};

function biasOf(
  level: string,
  n: number,
  most: number,
  setting: Setting,
): Values | null {
  const { random, kernel: { traits } } = setting;
  if (level === "none") return null;
  if (level === "minus-zero") {
    return { values: new Float32Array(n).fill(-0), whole: true, place: null };
  }
  return drawValues(level, n, most, random, traits);
}

/** dense(). */
export const dense: Subject = {
  name: "dense",
  features: [
    sizeFeature("m"),
    sizeFeature("n"),
    sizeFeature("k"),
    valuesFeature("x"),
    valuesFeature("weight"),
    biasFeature,
    activationFeature(),
    { name: "z", levels: yesNo },
    rankFeature,
    outFeature,
    { name: "same", levels: yesNo },
    changedFeature(["weight", "bias", "x", "all"]),
    howFeature,
    usesFeature,
    earlierFeature,
    readFeature,
    otherFeature,
  ],
  threes: [
    ["m", "n", "k", "bias", "activation", "z"],
    ["k", "x", "weight", "z", "activation"],
    ["changed", "by", "uses", "in", "z"],
  ],
  has: () => true,
  allows: (level) => {
    if (!allowsHistory(level)) return false;
    if (level("uses") === "0" && !isOneOf(level("in"), "this")) return false;
    if (level("bias") === "none" && level("changed") === "bias") return false;
    if (level("same") !== "yes") return true;
    // x is the weight: one operand, of two axes, with the content of x.
    return allSame(level("m"), level("n"), level("k")) &&
      allSame(level("x"), level("weight")) && isOneOf(level("axes"), "2") &&
      isOneOf(level("changed"), "none", "bias", "x");
  },
  adjust: ({ m, n, k }, level) => level("same") === "yes" ? { m: k, n: k, k } : { m, n, k },
  run: runDense,
};

/** Whether a level is one of these, or not chosen. */
export function isOneOf(level: string | undefined, ...allowed: readonly string[]): boolean {
  return level === undefined || allowed.includes(level);
}

/** Whether those levels are the same that are chosen. */
export function allSame(...levels: readonly (string | undefined)[]): boolean {
  return new Set(levels.filter((level) => level !== undefined)).size <= 1;
}

async function runDense({ shape, levels }: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { traits } = kernel;
  const { m, n, k } = shape;
  const level = (name: string) => levels[name];
  const most = exactMost(k);
  const x = drawValues(levels.x!, m * k, most, random, traits);
  const same = levels.same === "yes";
  const weight = same ? x : drawValues(levels.weight!, k * n, most, random, traits);
  const bias = biasOf(levels.bias!, n, most * most, setting);
  const activation = levels.activation as Activation;
  using space = new Workspace(kernel);
  const operands: Operand[] = [
    { name: "x", content: x, shape: shapeOf(m, k, levels.axes!) },
    ...(same ? [] : [{ name: "weight", content: weight, shape: [k, n] }]),
    ...(bias ? [{ name: "bias", content: bias, shape: [n] }] : []),
  ];
  const outShape = shapeOf(m, n, levels.axes!);
  const call = (tensors: Tensors, y: Tensor, z?: Tensor) =>
    kernel.dense(
      tensors.x!,
      same ? tensors.x! : tensors.weight!,
      tensors.bias ?? null,
      activation,
      y,
      z,
    );
  if (levels.beside === "yes") callBeside(setting, shape, space);
  const withZ = levels.z === "yes";
  const tensors = withHistory(space, operands, level, random, (earlier) => {
    const outputs = [space.output(outShape), ...(withZ ? [space.output(outShape)] : [])] as const;
    call(earlier, ...outputs);
  });
  const y = outputOf(space, outShape, level, random);
  const z = withZ ? outputOf(space, outShape, level, random) : undefined;
  call(tensors, y, z);
  // A call without anything unusual besides, so that rare sizes meet it too.
  const usual = m * n <= mostUsual ? biasOf("whole", n, most * most, setting) : null;
  const plain = usual && space.output(outShape);
  if (plain) {
    const [left, right] = [tensors.x!, same ? tensors.x! : tensors.weight!];
    kernel.dense(left, right, space.tensor([n], usual.values), "linear", plain);
  }
  const [foundY, ...found] = await readAfter(
    space,
    [y, ...(z ? [z] : []), ...(plain ? [plain] : [])],
    Object.values(tensors),
    level,
    random,
  );
  const block = (addend: Values | null, wholeRows = false) =>
    blockOf({ shape, a: x, b: weight, addend }, traits, random, { wholeRows });
  const sums = block(bias, activation === "softmax");
  return merge([
    ...(z ? [compareSums("z", found[0]!, sums, traits)] : []),
    compareActivated(activation, foundY!, sums, traits),
    ...(plain ? [compareSums("y of linear with a bias", found.at(-1)!, block(usual), traits)] : []),
  ]);
}

const accumulateFeature: Feature = {
  name: "accumulate",
  levels: ["no", "whole", "real", "nan", "infinite"],
  kinds: ["no", "yes", "yes", "special", "special"],
};

const layouts = ["nn", "nt", "tn", "tt"] as const;

/** matmul(). */
export const matmul: Subject = {
  name: "matmul",
  features: [
    sizeFeature("m"),
    sizeFeature("n"),
    sizeFeature("k"),
    valuesFeature("a"),
    valuesFeature("b"),
    { name: "layout", levels: layouts },
    accumulateFeature,
    rankFeature,
    outFeature,
    { name: "same", levels: yesNo },
    changedFeature(["b", "a", "all"]),
    howFeature,
    usesFeature,
    earlierFeature,
    readFeature,
    otherFeature,
  ],
  threes: [
    ["m", "n", "k", "layout", "accumulate"],
    ["m", "same", "layout", "accumulate"],
    ["layout", "accumulate", "a", "b", "n"],
    ["changed", "by", "uses", "in", "layout", "accumulate"],
  ],
  has: () => true,
  allows: (level) => {
    if (!allowsHistory(level)) return false;
    if (level("uses") === "0" && !isOneOf(level("in"), "this")) return false;
    if (!isOneOf(level("accumulate"), "no") && !isOneOf(level("out"), "nan")) return false;
    if (level("same") !== "yes") return true;
    const layout = level("layout");
    const [m, n, k] = [level("m"), level("n"), level("k")];
    return allSame(level("a"), level("b")) && isOneOf(level("axes"), "2") &&
      isOneOf(level("changed"), "none", "a") &&
      (layout === undefined || layout === "nt" || layout === "tn"
        ? layout === undefined || allSame(m, n)
        : allSame(m, n, k));
  },
  adjust: ({ m, n, k }, level) => {
    if (level("same") !== "yes") return { m, n, k };
    const layout = level("layout");
    return layout === "nt" || layout === "tn" ? { m, n: m, k } : { m: k, n: k, k };
  },
  run: runMatmul,
};

async function runMatmul({ shape, levels }: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { traits } = kernel;
  const { m, n, k } = shape;
  const level = (name: string) => levels[name];
  const [transposeA, transposeB] = [levels.layout![0] === "t", levels.layout![1] === "t"];
  const accumulate = levels.accumulate !== "no";
  const same = levels.same === "yes";
  const most = exactMost(k);
  // As they are stored: of one tensor both are the same.
  const [rowsA, columnsA] = transposeA ? [k, m] : [m, k];
  const [rowsB, columnsB] = transposeB ? [n, k] : [k, n];
  const a = drawValues(levels.a!, m * k, most, random, traits);
  const b = same ? a : drawValues(levels.b!, k * n, most, random, traits);
  const old = accumulate
    ? drawValues(levels.accumulate!, m * n, most * most, random, traits)
    : null;
  using space = new Workspace(kernel);
  const operands: Operand[] = [
    { name: "a", content: a, shape: shapeOf(rowsA, columnsA, levels.axes!) },
    ...(same ? [] : [{ name: "b", content: b, shape: shapeOf(rowsB, columnsB, levels.axes!) }]),
  ];
  const outShape = shapeOf(m, n, levels.axes!);
  const call = (tensors: Tensors, out: Tensor) =>
    kernel.matmul(tensors.a!, same ? tensors.a! : tensors.b!, out, {
      transposeA,
      transposeB,
      accumulate,
    });
  if (levels.beside === "yes") callBeside(setting, shape, space);
  const tensors = withHistory(
    space,
    operands,
    level,
    random,
    (earlier) => call(earlier, space.use(kernel.tensor(outShape))),
  );
  const out = old ? space.tensor(outShape, old.values) : outputOf(space, outShape, level, random);
  call(tensors, out);
  const [found] = await readAfter(space, [out], Object.values(tensors), level, random);
  const terms: Terms = { shape, a, b, addend: old, transposeA, transposeB };
  const block = blockOf(terms, traits, random, { addendName: "accumulation" });
  return compareSums("out", found!, block, traits);
}

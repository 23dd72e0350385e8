/**
 * Products as subjects of combinations: dense() with its bias, activation and z,
 * and matmul() with both transposes and accumulation, on operands with a history.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { exactMost, Workspace } from "../check.ts";
import { merge, type Outcome } from "../compare.ts";
import {
  allowsHistory,
  changedFeature,
  earlierFeature,
  howFeature,
  usesFeature,
} from "./history.ts";
import {
  activationFeature,
  allSame,
  callBeside,
  isOneOf,
  type Operand,
  otherFeature,
  outFeature,
  outputOf,
  rankFeature,
  shapeOf,
  type Tensors,
  withHistory,
  yesNo,
} from "./operands.ts";
import { readAfter, readFeature } from "./reading.ts";
import { sizeFeature } from "./sizes.ts";
import type { Feature, Row, Setting, Subject } from "./subject.ts";
import { blockOf, compareActivated, compareSums, type Terms } from "./sums.ts";
import { drawValues, type Values, valuesFeature } from "./values.ts";

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

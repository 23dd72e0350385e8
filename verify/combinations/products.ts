/**
 * Products as subjects of combinations: dense() with its bias, activation and z,
 * and matmul() with both transposes and accumulation, on operands with a history.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import { exactMost, Workspace } from "../check.ts";
import { merge, type Outcome } from "../compare.ts";
import { allowsHistory } from "./history.ts";
import {
  activationFeature,
  allSame,
  historyFeatures,
  isOneOf,
  type Operand,
  outFeature,
  rankFeature,
  resultsOf,
  shapeOf,
  yesNo,
} from "./operands.ts";
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
    ...historyFeatures(["weight", "bias", "x", "all"], true),
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

async function runDense(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { traits } = kernel;
  const { shape, levels } = row;
  const { m, n, k } = shape;
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
  const withZ = levels.z === "yes";
  // For a call without anything unusual besides, so that rare sizes meet it too.
  const usual = m * n <= mostUsual ? biasOf("whole", n, most * most, setting) : null;
  const [foundY, ...found] = await resultsOf(row, setting, space, {
    operands,
    outputs: withZ ? [outShape, outShape] : [outShape],
    call: ({ x, weight = x, bias = null }, [y, z]) =>
      kernel.dense(x!, weight!, bias, activation, y!, z),
    another: ({ x, weight = x }) => {
      if (!usual) return null;
      const plain = space.output(outShape);
      kernel.dense(x!, weight!, space.tensor([n], usual.values), "linear", plain);
      return plain;
    },
  });
  const block = (addend: Values | null, wholeRows = false) =>
    blockOf({ shape, a: x, b: weight, addend }, traits, random, { wholeRows });
  const sums = block(bias, activation === "softmax");
  return merge([
    ...(withZ ? [compareSums("z", found[0]!, sums, traits)] : []),
    compareActivated(activation, foundY!, sums, traits),
    ...(usual ? [compareSums("y of linear with a bias", found.at(-1)!, block(usual), traits)] : []),
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
    ...historyFeatures(["b", "a", "all"], true),
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

async function runMatmul(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { traits } = kernel;
  const { shape, levels } = row;
  const { m, n, k } = shape;
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
  const [found] = await resultsOf(row, setting, space, {
    operands,
    outputs: [shapeOf(m, n, levels.axes!)],
    old,
    call: ({ a, b = a }, [out]) =>
      kernel.matmul(a!, b!, out!, { transposeA, transposeB, accumulate }),
  });
  const terms: Terms = { shape, a, b, addend: old, transposeA, transposeB };
  const block = blockOf(terms, traits, random, { addendName: "accumulation" });
  return compareSums("out", found!, block, traits);
}

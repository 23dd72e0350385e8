/**
 * Dense with int8 weights and networks as subjects of combinations: the first
 * against its definition, to the bit where a kernel rounds to the nearest, the
 * second against its layers one by one on tensors of which nothing is kept.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import type { NetworkLayer } from "../../kernels/kernel.ts";
import { floats, Workspace } from "../check.ts";
import { hasInt8 } from "../checks/int8.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { operandsOf } from "../int8/operands.ts";
import type { Int8Operands } from "../int8/reference.ts";
import { compareActivated, compareResults, type Int8Kernel, isExact } from "../int8/running.ts";
import { allowsHistory, changeTensor, earlierContent } from "./history.ts";
import {
  activationFeature,
  callBeside,
  historyFeatures,
  isOneOf,
  type Operand,
  outFeature,
  outputOf,
  rankFeature,
  resultsOf,
  shapeOf,
} from "./operands.ts";
import { readAfter } from "./reading.ts";
import { fewSizesFeature, pairsOfFewSizes } from "./sizes.ts";
import { levelOf, type Row, type Setting, type Subject } from "./subject.ts";
import type { Values } from "./values.ts";

const most = 2 ** 14;

function real(values: Float32Array): Values {
  const place = values.findIndex((value) => !Number.isFinite(value));
  return { values: new Float32Array(values), whole: false, place: place < 0 ? null : place };
}

/** denseInt8(). */
export const denseInt8: Subject = {
  name: "denseInt8",
  most,
  combined: pairsOfFewSizes,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    fewSizesFeature("k"),
    { name: "bias", levels: ["some", "none"] },
    activationFeature(),
    { name: "rows", levels: ["real", "whole", "zero-row", "nan-row"] },
    { name: "weight-of", levels: ["arrays", "tensors"] },
    rankFeature,
    outFeature,
    ...historyFeatures(["x", "bias", "all"]),
  ],
  threes: [["m", "n", "k", "bias", "activation", "rows"], ["changed", "by", "uses", "bias"]],
  has: hasInt8,
  allows: (level) =>
    allowsHistory(level) && (level("bias") !== "none" || level("changed") !== "bias"),
  run: runInt8,
};

/** Operands of a row; one row of x is 0, or has a NaN. */
function int8Operands({ shape, levels }: Row, { kernel, random }: Setting): Int8Operands {
  // Where rounding may go either way, rows are whole numbers, whose multipliers leave no choice.
  const whole = levels.rows === "whole" || !isExact(kernel);
  const operands = operandsOf(shape, random, whole, levels.bias === "none" ? { bias: null } : {});
  const { x, k } = operands;
  const row = random.between(0, shape.m - 1);
  if (levels.rows === "zero-row") x.fill(0, row * k, (row + 1) * k);
  if (levels.rows === "nan-row" && kernel.traits.nan === "propagates") {
    x[row * k + random.between(0, k - 1)] = NaN;
  }
  return operands;
}

async function runInt8(row: Row, setting: Setting): Promise<Outcome> {
  const kernel = setting.kernel as Int8Kernel;
  const { shape: { m, n, k }, levels } = row;
  const activation = levels.activation as Activation;
  const operands = int8Operands(row, setting);
  const { values, scale, bias } = operands;
  using space = new Workspace(kernel);
  const weight = space.use(
    levels["weight-of"] === "arrays" ? kernel.int8Weight([k, n], values, scale) : kernel.int8Weight(
      [k, n],
      space.tensor([k, n], Float32Array.from(values)),
      space.tensor([n], scale),
    ),
  );
  const given: Operand[] = [
    { name: "x", content: real(operands.x), shape: shapeOf(m, k, levels.axes!) },
    ...(bias ? [{ name: "bias", content: real(bias), shape: [n] }] : []),
  ];
  const [found] = await resultsOf(row, setting, space, {
    operands: given,
    outputs: [shapeOf(m, n, levels.axes!)],
    call: ({ x, bias = null }, [y]) => kernel.denseInt8(x!, weight, bias, activation, y!),
  });
  return activation === "linear"
    ? compareResults(kernel, "y", found!, operands)
    : compareActivated(kernel, activation, found!, operands);
}

/** network(). */
export const network: Subject = {
  name: "network",
  most,
  combined: pairsOfFewSizes,
  features: [
    fewSizesFeature("m"),
    fewSizesFeature("n"),
    fewSizesFeature("k"),
    { name: "hidden", levels: ["5", "1", "16", "33", "64", "130"] },
    { name: "layers", levels: ["2", "1", "3", "5"] },
    { name: "biases", levels: ["all", "none", "first", "last"] },
    activationFeature(),
    { name: "last", levels: ["same", "linear", "softmax", "relu"] },
    { name: "rows-before", levels: ["same", "one", "more"] },
    { name: "layer", levels: ["first", "last"] },
    rankFeature,
    outFeature,
    ...historyFeatures(["weight", "bias"]),
  ],
  threes: [
    ["m", "layers", "biases", "hidden", "rows-before"],
    ["m", "n", "activation", "last", "layers"],
    ["changed", "by", "uses", "layer", "layers", "rows-before"],
  ],
  has: (kernel) => kernel.network !== undefined,
  allows: (level) =>
    allowsHistory(level) && isOneOf(level("axes"), "2") &&
    (level("biases") !== "none" || level("changed") !== "bias") &&
    (level("uses") !== "0" || isOneOf(level("rows-before"), "same")),
  run: runNetwork,
};

/** What a layer of a row's network is made of. */
interface LayerValues {
  readonly weight: Values;
  readonly bias: Values | null;
  readonly shape: readonly [number, number];
  readonly activation: Activation;
}

function layersOf({ shape: { n, k }, levels }: Row, { random }: Setting): LayerValues[] {
  const count = Number(levels.layers);
  const hidden = Number(levels.hidden);
  return Array.from({ length: count }, (_, i): LayerValues => {
    const isLast = i === count - 1;
    const size = [i === 0 ? k : hidden, isLast ? n : hidden] as const;
    const far = 1 / Math.sqrt(size[0]);
    const withBias = levels.biases === "all" || levels.biases === "first" && i === 0 ||
      levels.biases === "last" && isLast;
    const activation = isLast && levels.last !== "same" ? levels.last : levels.activation;
    return {
      weight: real(floats(size[0] * size[1], -far, far, random)),
      bias: withBias ? real(floats(size[1], -0.5, 0.5, random)) : null,
      shape: size,
      activation: activation as Activation,
    };
  });
}

async function runNetwork(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { shape: { m, n, k }, levels } = row;
  const level = levelOf(row);
  const all = layersOf(row, setting);
  const changedAt = levels.layer === "first" ? 0 : all.length - 1;
  // A bias is changed where there is one.
  const withBias = all.findLastIndex(({ bias }, i) =>
    bias !== null && (levels.layer !== "first" || i === 0 || all[0]!.bias === null)
  );
  const at = levels.changed === "bias" ? withBias : changedAt;
  using space = new Workspace(kernel);
  const tensorsOf = (layers: readonly LayerValues[]): NetworkLayer[] =>
    layers.map(({ weight, bias, shape, activation }) => ({
      weight: space.tensor(shape, weight.values),
      bias: bias && space.tensor([shape[1]], bias.values),
      activation,
    }));
  const part = levels.changed === "bias" ? "bias" : "weight";
  const before = all.map((layer, i) => {
    const content = layer[part];
    if (levels.changed === "none" || i !== at || content === null) return layer;
    return { ...layer, [part]: real(earlierContent(content, levels.by!, random)) };
  });
  const layers = tensorsOf(before);
  callBeside(row, setting, space);
  const x = floats(m * k, -1, 1, random);
  const rows = levels["rows-before"] === "one" ? 1 : levels["rows-before"] === "more" ? m + 5 : m;
  for (let use = Number(levels.uses); use > 0; use--) {
    const input = space.tensor([rows, k], floats(rows * k, -1, 1, random));
    kernel.network!(input, layers, space.output([rows, n]));
  }
  if (levels.changed !== "none" && at >= 0) {
    const own = layers[at]!;
    const changed = changeTensor(space, own[part]!, all[at]![part]!, levels.by!, random);
    layers[at] = { ...own, [part]: changed };
  }
  const y = outputOf(space, [m, n], level, random);
  const input = space.tensor([m, k], x);
  kernel.network!(input, layers, y);
  const operands = [
    input,
    ...layers.flatMap(({ weight, bias }) => bias ? [weight, bias] : [weight]),
  ];
  const [found] = await readAfter(space, [y], operands, level, random);
  let last = space.tensor([m, k], x);
  for (const { weight, bias, activation } of tensorsOf(all)) {
    const next = space.output([m, weight.shape[1]!]);
    kernel.dense(last, weight, bias, activation, next);
    last = next;
  }
  return compareExact("y, where want is by dense() of each layer,", found!, await last.read(), n);
}

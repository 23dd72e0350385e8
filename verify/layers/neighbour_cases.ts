/**
 * The other layers in quantities, as the documentation of Keras 3.16 and the
 * papers have them: normalizations by mean and variance written out, activation
 * layers, and layers that move elements.
 *
 * @module
 */
import type { NamedActivation } from "../../layers/activations.ts";
import type { BatchNormalizationOptions } from "../../layers/batch_normalization.ts";
import type { NormalizationOptions } from "../../layers/normalization.ts";
import type { RescalingOptions } from "../../layers/rescaling.ts";
import { createRandom, normal } from "../../common/random.ts";
import { drawn } from "../check.ts";
import { alongAxes, exactly, rowFunction, rowsOf } from "./activations.ts";
import { activityPenalty, penaltyOf } from "./dense_cases.ts";
import type { Expected, Given, LayerCase } from "./layer_case.ts";
import { meanOf, Quantity, type Rules } from "./quantity.ts";

type Row = readonly Quantity[];

const columnsOf = (rows: readonly Row[]): Quantity[][] =>
  rows[0]!.map((_, j) => rows.map((row) => row[j]!));

/** The mean, and the mean square of what differs from it: the variance of a population. */
function momentsOf(rules: Rules, values: Row): { mean: Quantity; variance: Quantity } {
  const mean = meanOf(rules, values);
  return { mean, variance: meanOf(rules, values.map((x) => x.minus(mean).squared())) };
}

function batchNormalization(name: string, options: BatchNormalizationOptions, {
  shape = [4, 3],
  inputs = [[1, 0], [2 ** -5, 1], [1, 3]] as LayerCase["inputs"],
} = {}): LayerCase {
  const { momentum = 0.99, epsilon = 0.001, center = true, scale = true } = options;
  const { trainable = true } = options;
  const columns = shape.at(-1)!;
  return {
    name: `BatchNormalization/${name}`,
    shape,
    make: (kernel, layers) => layers.BatchNormalization(kernel, options),
    inputs: inputs!,
    variables: {
      ...(scale ? { gamma: { shape: [columns], first: 1, learns: trainable } } : {}),
      ...(center ? { beta: { shape: [columns], first: 0, learns: trainable } } : {}),
      moving_mean: { shape: [columns], first: 0, learns: false },
      moving_variance: { shape: [columns], first: 1, learns: false, positive: true },
    },
    expected: ({ rules, x, shape: of, variables, training }): Expected => {
      const ofBatch = training && trainable;
      const rows = rowsOf(x, of.at(-1)!);
      const statistics = columnsOf(rows).map((column, j) =>
        ofBatch
          ? momentsOf(rules, column)
          : { mean: variables.moving_mean![j]!, variance: variables.moving_variance![j]! }
      );
      const y = rows.flatMap((row) =>
        row.map((each, j) => {
          const { mean, variance } = statistics[j]!;
          const centred = each.minus(mean).over(variance.plus(epsilon).sqrt());
          const scaled = scale ? centred.times(variables.gamma![j]!) : centred;
          return center ? scaled.plus(variables.beta![j]!) : scaled;
        })
      );
      const moved = (old: Row, of: "mean" | "variance") =>
        old.map((each, j) => each.times(momentum).plus(statistics[j]![of].times(1 - momentum)));
      const { gammaRegularizer: ofGamma, betaRegularizer: ofBeta } = options;
      return {
        y,
        penalties: [
          ...(ofGamma ? [penaltyOf(rules, ofGamma as { name: "l2" }, variables.gamma!, 1)] : []),
          ...(ofBeta ? [penaltyOf(rules, ofBeta as { name: "l1" }, variables.beta!, 1)] : []),
        ],
        ...(ofBatch
          ? {
            statistics: {
              moving_mean: moved(variables.moving_mean!, "mean"),
              moving_variance: moved(variables.moving_variance!, "variance"),
            },
          }
          : {}),
      };
    },
  };
}

/** One number of several for a column, or the one for all. */
const ofColumn = (given: number | readonly number[], j: number) =>
  typeof given === "number" ? given : given.length === 1 ? given[0]! : given[j]!;

function normalization(name: string, options: NormalizationOptions): LayerCase {
  const { mean = 0, variance = 1, invert = false } = options;
  return {
    name: `Normalization/${name}`,
    shape: [3, 4],
    make: (kernel, layers) => layers.Normalization(kernel, options),
    expected: ({ rules, x, shape }) => ({
      y: x.map((each, i) => {
        const j = i % shape.at(-1)!;
        const deviation = Quantity.constant(rules, ofColumn(variance!, j)).sqrt().atLeast(1e-7);
        return invert
          ? each.times(deviation).plus(ofColumn(mean!, j))
          : each.minus(ofColumn(mean!, j)).over(deviation);
      }),
    }),
  };
}

/** Data of several tensors that statistics are of, the same in every run. */
function adaptedData(): Float32Array[] {
  const random = createRandom(19);
  return [5, 2, 4].map((rows, part) =>
    drawn(rows * 3, () => (part + 1) * normal(random) + 4 * part)
  );
}

const adapted: LayerCase = {
  name: "Normalization/of data",
  shape: [3, 3],
  make: (kernel, layers) => {
    const data = adaptedData().map((values) => kernel.tensor([values.length / 3, 3], values));
    try {
      return layers.NormalizationOf(kernel, data);
    } finally {
      for (const each of data) each[Symbol.dispose]();
    }
  },
  written: false,
  variables: {
    mean: { shape: [3], learns: false },
    variance: { shape: [3], learns: false },
    count: { shape: [1], learns: false },
  },
  expected: ({ rules, x }) => {
    const rows = adaptedData().flatMap((values) => rowsOf(exactly(rules, values), 3));
    const moments = columnsOf(rows).map((column) => momentsOf(rules, column));
    return {
      y: x.map((each, i) => {
        const { mean, variance } = moments[i % 3]!;
        return each.minus(mean).over(variance.sqrt().atLeast(1e-7));
      }),
    };
  },
};

function rescaling(name: string, options: RescalingOptions): LayerCase {
  const { scale, offset = 0 } = options;
  return {
    name: `Rescaling/${name}`,
    shape: [3, 4],
    make: (kernel, layers) => layers.Rescaling(kernel, options),
    expected: ({ x }) => ({
      y: x.map((each, i) => each.times(ofColumn(scale, i % 4)).plus(ofColumn(offset, i % 4))),
    }),
  };
}

/** A layer that applies an activation. */
function applied(
  name: string,
  make: LayerCase["make"],
  activation: NamedActivation,
  { shape = [3, 4], axes = null as readonly number[] | null } = {},
): LayerCase {
  const f = rowFunction(activation);
  return {
    name,
    shape,
    make,
    expected: ({ x, shape: of }) => ({ y: alongAxes(f, x, of, axes ?? [of.length - 1]) }),
  };
}

function softmax(axis: number | readonly number[] | null, axes: readonly number[]): LayerCase {
  return applied(
    `Softmax/axis ${axis}`,
    (kernel, layers) => layers.Softmax(kernel, { axis }),
    { name: "softmax" },
    { shape: [2, 3, 4], axes },
  );
}

/** Layers of the axis in an activation. */
function alongAxis(name: "softmax" | "log_softmax" | "sparsemax", axis: number, at: number) {
  return applied(
    `Activation/${name} axis ${axis}`,
    (kernel, layers) => layers.Activation(kernel, { activation: { name, axis } }),
    { name },
    { shape: [3, 2, 4], axes: [at] },
  );
}

const prelu: LayerCase = {
  name: "PReLU/slopes",
  shape: [4, 3],
  make: (kernel, layers) => layers.PReLU(kernel, { alphaRegularizer: { name: "l2", l2: 0.5 } }),
  variables: { alpha: { shape: [3], first: 0 } },
  expected: ({ rules, x, variables }) => ({
    y: x.map((each, i) => each.above(0).chooses(each, each.times(variables.alpha![i % 3]!))),
    penalties: [penaltyOf(rules, { name: "l2", l2: 0.5 }, variables.alpha!, 1)],
  }),
};

const identity = (given: Given): Expected => ({ y: given.x });

const shaped: readonly LayerCase[] = [
  {
    name: "Flatten/three axes",
    shape: [2, 3, 4],
    make: (kernel, layers) => layers.Flatten(kernel),
    expected: (given) => ({ ...identity(given), shape: [given.shape[0]!, 12] }),
  },
  {
    name: "Reshape/two axes",
    shape: [2, 12],
    make: (kernel, layers) => layers.Reshape(kernel, { targetShape: [3, -1] }),
    expected: (given) => ({ ...identity(given), shape: [given.shape[0]!, 3, 4] }),
  },
  {
    name: "Reshape/three axes",
    shape: [2, 3, 4],
    make: (kernel, layers) => layers.Reshape(kernel, { targetShape: [2, 3, 2] }),
    expected: (given) => ({ ...identity(given), shape: [given.shape[0]!, 2, 3, 2] }),
  },
  {
    name: "Dropout/rate 0",
    shape: [3, 4],
    make: (kernel, layers) => layers.Dropout(kernel, { rate: 0, seed: 1 }),
    expected: identity,
  },
];

/** All cases of layers other than Dense. */
export const neighbourCases: readonly LayerCase[] = [
  batchNormalization("defaults", {}),
  batchNormalization("momentum and epsilon", { momentum: 0.75, epsilon: 0.25 }),
  batchNormalization("no gamma", { scale: false }),
  batchNormalization("no beta", { center: false, gammaRegularizer: { name: "l2", l2: 0.5 } }),
  batchNormalization("neither", { center: false, scale: false }),
  batchNormalization("frozen", { trainable: false, epsilon: 0.125 }),
  batchNormalization("three axes", { betaRegularizer: { name: "l1", l1: 0.25 } }, {
    shape: [2, 3, 2],
  }),
  batchNormalization("forty rows", {}, { shape: [40, 3], inputs: [[2, 1]] }),
  normalization("columns", { mean: [1, -2, 3, 0.5], variance: [1, 4, 0.3, 9] }),
  normalization("one number", { mean: 1.5, variance: 0.7 }),
  normalization("variance 0", { mean: 1, variance: [0, 1e-16, 1, 2] }),
  normalization("inverted", { mean: [1, -2, 3, 0.5], variance: [1, 4, 0.3, 9], invert: true }),
  adapted,
  rescaling("number", { scale: 1 / 127.5, offset: -1 }),
  rescaling("columns", { scale: [1, 2, 0.3, -4], offset: [0.5, -1, 0, 7] }),
  rescaling("no offset", { scale: -3 }),
  applied("ReLU/defaults", (kernel, layers) => layers.ReLU(kernel, {}), { name: "relu" }),
  applied(
    "ReLU/parameters",
    (kernel, layers) => layers.ReLU(kernel, { negativeSlope: 0.25, maxValue: 1.5, threshold: 0.5 }),
    { name: "relu", negativeSlope: 0.25, maxValue: 1.5, threshold: 0.5 },
  ),
  applied(
    "LeakyReLU/defaults",
    (kernel, layers) => layers.LeakyReLU(kernel, {}),
    { name: "leaky_relu", negativeSlope: 0.3 },
  ),
  applied(
    "LeakyReLU/slope",
    (kernel, layers) => layers.LeakyReLU(kernel, { negativeSlope: 0.1 }),
    { name: "leaky_relu", negativeSlope: 0.1 },
  ),
  applied("ELU/defaults", (kernel, layers) => layers.ELU(kernel, {}), { name: "elu" }),
  applied(
    "ELU/alpha",
    (kernel, layers) => layers.ELU(kernel, { alpha: 1.5 }),
    { name: "elu", alpha: 1.5 },
  ),
  softmax(-1, [2]),
  softmax(0, [0]),
  softmax(1, [1]),
  softmax([1, 2], [1, 2]),
  softmax([0, 2], [0, 2]),
  alongAxis("log_softmax", 0, 0),
  alongAxis("log_softmax", -2, 1),
  alongAxis("sparsemax", 1, 1),
  prelu,
  {
    ...applied(
      "Activation/penalty",
      (kernel, layers) =>
        layers.Activation(kernel, {
          activation: "squareplus",
          activityRegularizer: { name: "l1", l1: 0.5 },
        }),
      { name: "squareplus" },
    ),
    expected: (given) => {
      const y = rowFunction({ name: "squareplus" })(given.x);
      return { y, penalties: [activityPenalty(given, y, { name: "l1", l1: 0.5 })] };
    },
  },
  ...shaped,
];

/**
 * Training as a whole: a small network is fitted for two steps, and its weights
 * and losses are compared with those of the definitions of its layers, loss and
 * optimizer. The bound goes from what is known of the weights before a step to
 * what is known after it; two kernels that are within it are within the sum of
 * both bounds of each other.
 *
 * @module
 */
import { normal, type Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import type { Layer } from "../../layers/layer.ts";
import { drawn } from "../check.ts";
import { merge, type Outcome, outcomeOf } from "../compare.ts";
import { exactly, rowFunction, rowsOf } from "./activations.ts";
import { product } from "./dense_cases.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Library } from "./library.ts";
import { lossCases } from "./loss_cases.ts";
import { type OptimizerCase, optimizerCases, ReferenceOptimizer } from "./optimizer_cases.ts";
import { Quantity, type Rules, rulesOf, sumOf } from "./quantity.ts";

type Row = readonly Quantity[];

/** A dense layer of the network. */
interface Part {
  readonly units: number;
  readonly activation: "tanh" | "relu" | "softmax" | "sigmoid" | "linear";
  /** The factor of the weight's l2 penalty. */
  readonly l2?: number;
}

/** A network with what it is trained by. */
export interface StepCase {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly loss: string;
  readonly optimizer: string;
  readonly weighted?: boolean;
}

const inputs = 3;
const rows = 4;

/** Networks, of which the last two end with an activation that is taken together with the loss. */
export const stepCases: readonly StepCase[] = [
  {
    name: "mean squared error and sgd",
    parts: [{ units: 4, activation: "tanh", l2: 0.125 }, { units: 2, activation: "linear" }],
    loss: "mean squared error",
    optimizer: "sgd learningRate 0.25 momentum 0.9 nesterov true",
  },
  {
    name: "binary cross-entropy and rmsprop, weighted",
    parts: [{ units: 3, activation: "relu" }, { units: 1, activation: "sigmoid" }],
    loss: "binary cross-entropy of logits",
    optimizer: "rmsprop rho 0.75 epsilon 0.25",
    weighted: true,
  },
  {
    name: "sparse categorical cross-entropy and adam",
    parts: [{ units: 4, activation: "tanh" }, { units: 3, activation: "softmax" }],
    loss: "sparse categorical cross-entropy of logits",
    optimizer: "adam beta1 0.5 beta2 0.75 epsilon 0.25 learningRate 0.5",
  },
];

const byName = <T extends { readonly name: string }>(list: readonly T[], name: string): T => {
  const found = list.find((one) => one.name === name);
  if (!found) throw new RangeError(`there is no case ${name}`);
  return found;
};

/** A fused loss is that of logits: the last activation is left out of the network's reference. */
const isFused = ({ parts }: StepCase) => ["softmax", "sigmoid"].includes(parts.at(-1)!.activation);

/** The mean loss of a batch, with the penalties. */
function meanLoss(
  one: StepCase,
  rules: Rules,
  x: Row,
  targets: readonly (readonly number[])[],
  counts: readonly number[],
  weights: readonly Row[],
): Quantity {
  let values = x;
  let width = inputs;
  const penalties: Quantity[] = [];
  for (const [i, { units, activation, l2 }] of one.parts.entries()) {
    const [weight, bias] = [weights[2 * i]!, weights[2 * i + 1]!];
    if (l2 !== undefined) {
      penalties.push(sumOf(rules, weight.map((w) => w.squared())).times(l2));
    }
    const sums = product(rules, values, weight, width).map((z, at) => z.plus(bias[at % units]!));
    const last = i === one.parts.length - 1 && isFused(one);
    const f = rowFunction({ name: last ? "linear" : activation });
    values = rowsOf(sums, units).flatMap((row) => f(row));
    width = units;
  }
  const { cost } = byName(lossCases, one.loss);
  const costs = rowsOf(values, width).map((row, i) => cost(row, targets[i]!).times(counts[i]!));
  return sumOf(rules, [sumOf(rules, costs).times(1 / rows), ...penalties]);
}

/** The network of the library, with weights that are given. */
function modelOf(kernel: Kernel, { layers }: Library, one: StepCase, weights: Float32Array[]) {
  const parts = one.parts.map(({ units, activation, l2 }, i): Layer =>
    layers.Dense(kernel, {
      units,
      activation,
      kernelInitializer: weights[2 * i]!,
      biasInitializer: weights[2 * i + 1]!,
      ...(l2 === undefined ? {} : { kernelRegularizer: { name: "l2" as const, l2 } }),
    })
  );
  return layers.Sequential(parts);
}

function lossOf({ losses }: Library, one: StepCase) {
  if (one.loss.startsWith("sparse")) return losses.sparseCategoricalCrossentropy();
  return isFused(one) ? losses.binaryCrossentropy() : losses.meanSquaredError();
}

/** Holds training to the definitions of its parts. */
export async function judgeSteps(
  kernel: Kernel,
  library: Library,
  one: StepCase,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  const widths = [inputs, ...one.parts.map(({ units }) => units)];
  const first = one.parts.flatMap(({ units }, i) => [
    drawn(widths[i]! * units, () => normal(random)),
    drawn(units, () => normal(random)),
  ]);
  const outputs = widths.at(-1)!;
  const x = drawn(rows * inputs, () => normal(random));
  const sparse = one.loss.startsWith("sparse");
  const targets = Array.from(
    { length: rows },
    () =>
      sparse
        ? [random.between(0, outputs - 1)]
        : Array.from({ length: outputs }, () => random.between(0, 1)),
  );
  const counts = Array.from({ length: rows }, (_, i) => one.weighted ? (i + 1) / 2 : 1);
  const definition: OptimizerCase = byName(optimizerCases, one.optimizer);
  using optimizer = definition.make(library.optimizers);
  using model = modelOf(kernel, library, one, first);
  model.compile({ optimizer, loss: lossOf(library, one) });
  const reference = new ReferenceOptimizer(
    rules,
    definition,
    first.map((each) => exactly(rules, each)),
  );
  const outcomes: Outcome[] = [];
  for (let step = 1; step <= 2; step++) {
    const { history } = await model.fit(
      { shape: [rows, inputs], data: x },
      { shape: sparse ? [rows] : [rows, outputs], data: targets.flat() },
      { batchSize: rows, shuffle: false, ...(one.weighted ? { sampleWeight: counts } : {}) },
    );
    const of = (weights: readonly Row[]) =>
      meanLoss(one, rules, exactly(rules, x), targets, counts, weights);
    const { weights } = reference;
    const mean = of(weights);
    outcomes.push(compareQuantities(`the loss at step ${step}`, history.loss ?? [], [mean], 1));
    reference.step(weights.map((each, v) =>
      each.map((weight, i) => {
        const moved = new Quantity(rules, weight.value, weight.error, 1);
        return of(weights.with(v, each.with(i, moved))).derivative();
      })
    ));
    const got = await readAll(model.variables.map(({ tensor }) => tensor));
    if (got.length !== reference.weights.length) return outcomeOf("a weight is missing");
    for (const [v, wanted] of reference.weights.entries()) {
      const what = `variable ${v + 1} after step ${step}`;
      outcomes.push(compareQuantities(what, got[v]!, wanted, wanted.length));
    }
  }
  return merge(outcomes);
}

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
import { alongAxes, exactly, rowFunction, rowsOf } from "./activations.ts";
import { ofNorm } from "./constraint_cases.ts";
import { product } from "./dense_cases.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Library } from "./library.ts";
import { lossCases } from "./loss_cases.ts";
import { neighbourCases } from "./neighbour_cases.ts";
import { type OptimizerCase, optimizerCases, ReferenceOptimizer } from "./optimizer_cases.ts";
import { Quantity, type Rules, rulesOf, sumOf } from "./quantity.ts";

type Row = readonly Quantity[];

/** A layer of the network: a dense one, or a BatchNormalization. */
type Part =
  | {
    readonly units: number;
    readonly activation: "tanh" | "relu" | "softmax" | "sigmoid" | "linear";
    /** The factor of the weight's l2 penalty. */
    readonly l2?: number;
    /** What the norm of a unit's weights is brought to after each update, at most. */
    readonly maxNorm?: number;
  }
  | "normalize";

/** A network with what it is trained by. */
export interface StepCase {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly loss: string;
  readonly optimizer: string;
  readonly weighted?: boolean;
}

const inputs = 3;
/** Batches of a fit: the last one is shorter. */
const batches = [3, 2] as const;
const count = 5;

/** Networks, of which the last two end with an activation that is taken together with the loss. */
export const stepCases: readonly StepCase[] = [
  {
    name: "mean squared error and sgd",
    parts: [
      { units: 4, activation: "tanh", l2: 0.125 },
      { units: 2, activation: "linear", maxNorm: 1.5 },
    ],
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
    name: "sparse categorical cross-entropy and adam, normalized",
    parts: [{ units: 4, activation: "tanh" }, "normalize", { units: 3, activation: "softmax" }],
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
function isFused({ parts }: StepCase): boolean {
  const last = parts.at(-1)!;
  return last !== "normalize" && ["softmax", "sigmoid"].includes(last.activation);
}

/** Some examples with their targets, and what each counts. */
interface Examples {
  readonly x: readonly Float32Array[];
  readonly targets: readonly (readonly number[])[];
  readonly counts: readonly number[];
}

/** The results of the layers before the last activation, and the penalties. */
function resultOf(
  one: StepCase,
  rules: Rules,
  x: Row,
  variables: readonly Row[],
  training: boolean,
): { readonly values: Row; readonly width: number; readonly penalties: readonly Quantity[] } {
  let values = x;
  let width = inputs;
  let at = 0;
  const penalties: Quantity[] = [];
  for (const [i, part] of one.parts.entries()) {
    if (part === "normalize") {
      const [gamma, beta, mean, variance] = variables.slice(at, at += 4) as [Row, Row, Row, Row];
      values = normalized({
        rules,
        x: values,
        shape: [values.length / width, width],
        training,
        variables: { gamma, beta, moving_mean: mean, moving_variance: variance },
      }).y;
      continue;
    }
    const { units, activation, l2 } = part;
    const [weight, bias] = variables.slice(at, at += 2) as [Row, Row];
    if (l2 !== undefined) {
      penalties.push(sumOf(rules, weight.map((w) => w.squared())).times(l2));
    }
    const sums = product(rules, values, weight, width).map((z, j) => z.plus(bias[j % units]!));
    const last = i === one.parts.length - 1 && isFused(one);
    const f = rowFunction({ name: last ? "linear" : activation });
    values = rowsOf(sums, units).flatMap((row) => f(row));
    width = units;
  }
  return { values, width, penalties };
}

/** The mean loss of a batch, with the penalties. */
function meanLoss(
  one: StepCase,
  rules: Rules,
  { x, targets, counts }: Examples,
  variables: readonly Row[],
  training = true,
): Quantity {
  const flat = exactly(rules, x.flatMap((row) => [...row]));
  const { values, width, penalties } = resultOf(one, rules, flat, variables, training);
  const { cost } = byName(lossCases, one.loss);
  const costs = rowsOf(values, width).map((row, i) => cost(row, targets[i]!).times(counts[i]!));
  return sumOf(rules, [sumOf(rules, costs).times(1 / x.length), ...penalties]);
}

/** A BatchNormalization with its defaults. */
const normalized = byName(neighbourCases, "BatchNormalization/defaults").expected;

/** The layers of the library, with weights that are given. */
function modelOf(kernel: Kernel, { layers }: Library, one: StepCase, weights: Float32Array[]) {
  const rest = [...weights];
  const parts = one.parts.map((part): Layer => {
    const [first, second] = [rest.shift()!, rest.shift()!];
    if (part === "normalize") {
      return layers.BatchNormalization(kernel, {
        gammaInitializer: first,
        betaInitializer: second,
      });
    }
    const { units, activation, l2, maxNorm } = part;
    return layers.Dense(kernel, {
      units,
      activation,
      kernelInitializer: first,
      biasInitializer: second,
      ...(l2 === undefined ? {} : { kernelRegularizer: { name: "l2" as const, l2 } }),
      ...(maxNorm === undefined
        ? {}
        : { kernelConstraint: { name: "max_norm" as const, maxValue: maxNorm } }),
    });
  });
  return layers.Sequential(parts);
}

function lossOf({ losses }: Library, one: StepCase) {
  if (one.loss.startsWith("sparse")) return losses.sparseCategoricalCrossentropy();
  return isFused(one) ? losses.binaryCrossentropy() : losses.meanSquaredError();
}

/** A variable of the network: its size and, of weights, its columns and their largest norm. */
interface Place {
  readonly size: number;
  readonly learns: boolean;
  readonly columns?: number;
  readonly maxNorm?: number;
}

function placesOf({ parts }: StepCase): readonly Place[] {
  let width = inputs;
  return parts.flatMap((part): Place[] => {
    if (part === "normalize") {
      return [true, true, false, false].map((learns) => ({ size: width, learns }));
    }
    const { units, maxNorm } = part;
    const weight = { size: width * units, learns: true, columns: units };
    width = units;
    return [
      { ...weight, ...(maxNorm === undefined ? {} : { maxNorm }) },
      { size: units, learns: true },
    ];
  });
}

/** The statistics after a batch went through the first layers. */
function movedStatistics(
  one: StepCase,
  rules: Rules,
  { x }: Examples,
  variables: readonly Row[],
): readonly Row[] {
  const at = one.parts.indexOf("normalize");
  if (at < 0) return variables;
  const before = { ...one, parts: one.parts.slice(0, at), loss: "" };
  const flat = exactly(rules, x.flatMap((row) => [...row]));
  const { values, width } = resultOf(before, rules, flat, variables, true);
  const first = 2 * at;
  const [gamma, beta, mean, variance] = variables.slice(first, first + 4) as [Row, Row, Row, Row];
  const { statistics } = normalized({
    rules,
    x: values,
    shape: [x.length, width],
    training: true,
    variables: { gamma, beta, moving_mean: mean, moving_variance: variance },
  });
  const { moving_mean: newMean, moving_variance: newVariance } = statistics!;
  return variables.with(first + 2, newMean!).with(first + 3, newVariance!);
}

/** One step: the gradient of the batch's loss, the optimizer, the constraints. */
function step(
  one: StepCase,
  reference: ReferenceOptimizer,
  batch: Examples,
  variables: readonly Row[],
): readonly Row[] {
  const { rules } = reference;
  const places = placesOf(one);
  const gradients = places.flatMap(({ learns }, v) =>
    learns
      ? [variables[v]!.map((weight, i) => {
        const moved = new Quantity(rules, weight.value, weight.error, 1);
        const all = variables.with(v, variables[v]!.with(i, moved));
        return meanLoss(one, rules, batch, all).derivative();
      })]
      : []
  );
  const statistics = movedStatistics(one, rules, batch, variables);
  reference.step(gradients);
  const learnt = [...reference.weights];
  const after = places.map(({ learns, columns, maxNorm }, v) => {
    if (!learns) return statistics[v]!;
    const weights = learnt.shift()!;
    if (maxNorm === undefined) return weights;
    const bring = ofNorm((norm) => norm.atMost(maxNorm));
    return alongAxes(bring, weights, [weights.length / columns!, columns!], [0]);
  });
  reference.weights = after.filter((_, v) => places[v]!.learns);
  return after;
}

/** Holds training to the definitions of its parts. */
export async function judgeSteps(
  kernel: Kernel,
  library: Library,
  one: StepCase,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  const places = placesOf(one);
  const first = places.filter(({ learns }) => learns).map(({ size }) =>
    drawn(size, () => normal(random))
  );
  const outputs = places.at(-1)!.size;
  const sparse = one.loss.startsWith("sparse");
  const x = Array.from({ length: count }, () => drawn(inputs, () => normal(random)));
  const targets = x.map(() =>
    sparse
      ? [random.between(0, outputs - 1)]
      : Array.from({ length: outputs }, () => random.between(0, 1))
  );
  const counts = x.map((_, i) => one.weighted ? (i + 1) / 2 : 1);
  const definition: OptimizerCase = byName(optimizerCases, one.optimizer);
  using optimizer = definition.make(library.optimizers);
  using model = modelOf(kernel, library, one, first);
  model.compile({ optimizer, loss: lossOf(library, one) });
  const reference = new ReferenceOptimizer(
    rules,
    definition,
    first.map((each) => exactly(rules, each)),
  );
  const filled = (value: number, size: number) =>
    exactly(rules, new Float32Array(size).fill(value));
  const learnt = [...reference.weights];
  // Statistics begin with a mean of 0 and a variance of 1.
  let variables: readonly Row[] = places.map(({ learns, size }, v) =>
    learns ? learnt.shift()! : filled(places[v - 1]!.learns ? 0 : 1, size)
  );
  const [data, wanted] = [
    { shape: [count, inputs], data: x.flatMap((row) => [...row]) },
    { shape: sparse ? [count] : [count, outputs], data: targets.flat() },
  ];
  const weighted = one.weighted ? { sampleWeight: counts } : {};
  const examples = (from: number, to: number): Examples => ({
    x: x.slice(from, to),
    targets: targets.slice(from, to),
    counts: counts.slice(from, to),
  });
  const { history } = await model.fit(data, wanted, {
    batchSize: batches[0],
    shuffle: false,
    ...weighted,
  });
  const losses: Quantity[] = [];
  let at = 0;
  for (const rows of batches) {
    const batch = examples(at, at += rows);
    losses.push(meanLoss(one, rules, batch, variables).times(rows / count));
    variables = step(one, reference, batch, variables);
  }
  const outcomes = [
    compareQuantities("the loss of the epoch", history.loss ?? [], [sumOf(rules, losses)], 1),
  ];
  const got = await readAll(model.variables.map(({ tensor }) => tensor));
  if (got.length !== variables.length) return outcomeOf("a variable is missing");
  for (const [v, each] of variables.entries()) {
    outcomes.push(
      compareQuantities(`variable ${v + 1} after two steps`, got[v]!, each, each.length),
    );
  }
  const { loss = NaN } = await model.evaluate(data, wanted, { batchSize: count, ...weighted });
  const inUse = got.map((each) => exactly(rules, each));
  const judged = meanLoss(one, rules, examples(0, count), inUse, false);
  outcomes.push(compareQuantities("the loss of evaluate()", [loss], [judged], 1));
  return merge(outcomes);
}

/**
 * The losses of Keras 3.16 in quantities, of one row each, as its documentation
 * has them (keras/src/losses/losses.py), and how one is judged: each row's loss
 * times its weight, and the gradient of the mean by every prediction, on
 * ordinary and on extreme numbers.
 *
 * @module
 */
import { normal, type Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import type { Loss } from "../../layers/training/loss.ts";
import type { FormulaKernel } from "../../layers/training/formula_kernel.ts";
import { merge, type Outcome, outcomeOf } from "../compare.ts";
import { exactly, logSoftmax } from "./activations.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Library } from "./library.ts";
import { meanOf, Quantity, rulesOf, sumOf } from "./quantity.ts";

type Row = readonly Quantity[];
/** What a row costs. Of labels the target has one number. */
type RowLoss = (y: Row, target: readonly number[]) => Quantity;

/** What predictions and targets are drawn from. */
const families = {
  any: (random: Random) => 2 * normal(random),
  /** Logits of which the sigmoid is 0 or 1 in float32 too, and some whose powers overflow in float64. */
  logits: (random: Random) =>
    normal(random) * 2 ** [0, 0, 1, 2, 3, 4, 6, 10][random.between(0, 7)]!,
  positive: (random: Random) => 0.05 + 2 * random.uniform(),
  /** 0, 1 and what is clipped among them; no numbers whose clipping is a matter of rounding. */
  probabilities: (random: Random) =>
    [0, 1, 2 ** -30, 2 ** -20, 1 - 2 ** -12][random.between(0, 12)] ??
      0.02 + 0.96 * random.uniform(),
  bits: (random: Random) => random.between(0, 1),
  /** Some of them 0. */
  shares: (random: Random) => Math.max(0, random.uniform() - 0.25),
} as const;

/** A loss with its definition. */
export interface LossCase {
  readonly name: string;
  readonly make: (losses: Library["losses"]) => Loss;
  readonly cost: RowLoss;
  readonly predictions: keyof typeof families;
  readonly targets: keyof typeof families | "label";
}

/** Keras's epsilon, and the largest probability that it lets into a logarithm, both float32. */
const epsilon = Math.fround(1e-7);
const mostProbable = Math.fround(1 - epsilon);

const each = (f: (y: Quantity, t: number) => Quantity): RowLoss => (row, target) =>
  meanOf(row[0]!.rules, row.map((y, i) => f(y, target[i]!)));
const number = ({ rules }: Quantity, value: number) => Quantity.constant(rules, value);
const smoothed = (t: number, smoothing: number, to: number) => t * (1 - smoothing) + smoothing * to;
const clipped = (p: Quantity) => p.atLeast(epsilon).atMost(mostProbable);

function huber(delta: number): RowLoss {
  return each((y, t) => {
    const error = y.minus(t).magnitude();
    const far = error.times(delta).minus(delta * delta / 2);
    return error.above(delta).chooses(far, error.squared().times(0.5));
  });
}

/** log cosh x is log(1 + e^2|x|) − |x| − log 2. */
const logCosh: RowLoss = each((y, t) => {
  const error = y.minus(t).magnitude();
  return error.times(2).activated("softplus").minus(error).minus(Math.LN2);
});

/** −t·log p − (1 − t)·log(1 − p). */
function binary(smoothing: number): RowLoss {
  return each((y, t) => {
    const p = clipped(y);
    const s = smoothed(t, smoothing, 0.5);
    return p.log().times(-s).minus(number(y, 1).minus(p).log().times(1 - s));
  });
}

/** log(1 + e^z) − t·z, which is that of the logistic function of z. */
function binaryOfLogits(smoothing: number): RowLoss {
  return each((z, t) => z.activated("softplus").minus(z.times(smoothed(t, smoothing, 0.5))));
}

const oneHot = (row: Row, [label]: readonly number[]) => row.map((_, i) => Number(i === label));

/** −Σ t·log p with probabilities that were divided by their sum and clipped. */
function classes(targets: (row: Row, target: readonly number[]) => readonly number[]): RowLoss {
  return (row, target) => {
    const { rules } = row[0]!;
    const total = sumOf(rules, row);
    const t = targets(row, target);
    return sumOf(rules, row.map((p, i) => clipped(p.over(total)).log().times(-t[i]!)));
  };
}

function classesOfLogits(
  targets: (row: Row, target: readonly number[]) => readonly number[],
): RowLoss {
  return (row, target) => {
    const t = targets(row, target);
    return sumOf(row[0]!.rules, logSoftmax(row).map((log, i) => log.times(-t[i]!)));
  };
}

const given = (_: Row, target: readonly number[]) => target;
const smooth = (smoothing: number) => (row: Row, target: readonly number[]) =>
  target.map((t) => smoothed(t, smoothing, 1 / row.length));

/** Every loss, also with its options. */
export const lossCases: readonly LossCase[] = [
  {
    name: "mean squared error",
    make: (losses) => losses.meanSquaredError(),
    cost: each((y, t) => y.minus(t).squared()),
    predictions: "any",
    targets: "any",
  },
  {
    name: "mean absolute error",
    make: (losses) => losses.meanAbsoluteError(),
    cost: each((y, t) => y.minus(t).magnitude()),
    predictions: "any",
    targets: "any",
  },
  {
    name: "mean absolute percentage error",
    make: (losses) => losses.meanAbsolutePercentageError(),
    cost: each((y, t) =>
      y.minus(t).over(number(y, Math.max(Math.abs(t), epsilon))).magnitude().times(100)
    ),
    predictions: "any",
    targets: "shares",
  },
  {
    name: "mean squared logarithmic error",
    make: (losses) => losses.meanSquaredLogarithmicError(),
    cost: each((y, t) =>
      y.atLeast(epsilon).log1p().minus(number(y, t).atLeast(epsilon).log1p()).squared()
    ),
    predictions: "any",
    targets: "shares",
  },
  {
    name: "huber",
    make: (losses) => losses.huber(),
    cost: huber(1),
    predictions: "any",
    targets: "any",
  },
  {
    name: "huber delta 0.25",
    make: (losses) => losses.huber({ delta: 0.25 }),
    cost: huber(0.25),
    predictions: "any",
    targets: "any",
  },
  {
    name: "log cosh",
    make: (losses) => losses.logCosh(),
    cost: logCosh,
    predictions: "logits",
    targets: "any",
  },
  {
    name: "poisson",
    make: (losses) => losses.poisson(),
    cost: each((y, t) => y.minus(y.plus(epsilon).log().times(t))),
    predictions: "positive",
    targets: "positive",
  },
  {
    name: "kl divergence",
    make: (losses) => losses.klDivergence(),
    cost: (row, target) =>
      sumOf(
        row[0]!.rules,
        row.map((y, i) => {
          const t = number(y, target[i]!).atLeast(epsilon).atMost(1);
          return t.over(y.atLeast(epsilon).atMost(1)).log().times(t);
        }),
      ),
    predictions: "probabilities",
    targets: "shares",
  },
  {
    name: "binary cross-entropy",
    make: (losses) => losses.binaryCrossentropy(),
    cost: binary(0),
    predictions: "probabilities",
    targets: "bits",
  },
  {
    name: "binary cross-entropy, smoothed",
    make: (losses) => losses.binaryCrossentropy({ labelSmoothing: 0.25 }),
    cost: binary(0.25),
    predictions: "probabilities",
    targets: "bits",
  },
  {
    name: "binary cross-entropy of logits",
    make: (losses) => losses.binaryCrossentropy({ fromLogits: true }),
    cost: binaryOfLogits(0),
    predictions: "logits",
    targets: "bits",
  },
  {
    name: "binary cross-entropy of logits, smoothed",
    make: (losses) => losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.125 }),
    cost: binaryOfLogits(0.125),
    predictions: "logits",
    targets: "shares",
  },
  {
    name: "categorical cross-entropy",
    make: (losses) => losses.categoricalCrossentropy(),
    cost: classes(given),
    predictions: "positive",
    targets: "shares",
  },
  {
    name: "categorical cross-entropy of clipped probabilities",
    make: (losses) => losses.categoricalCrossentropy(),
    cost: classes(given),
    predictions: "probabilities",
    targets: "bits",
  },
  {
    name: "categorical cross-entropy, smoothed",
    make: (losses) => losses.categoricalCrossentropy({ labelSmoothing: 0.25 }),
    cost: classes(smooth(0.25)),
    predictions: "positive",
    targets: "bits",
  },
  {
    name: "categorical cross-entropy of logits",
    make: (losses) => losses.categoricalCrossentropy({ fromLogits: true }),
    cost: classesOfLogits(given),
    predictions: "logits",
    // Not of sum 1.
    targets: "shares",
  },
  {
    name: "categorical cross-entropy of logits, smoothed",
    make: (losses) => losses.categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.125 }),
    cost: classesOfLogits(smooth(0.125)),
    predictions: "any",
    targets: "bits",
  },
  {
    name: "sparse categorical cross-entropy",
    make: (losses) => losses.sparseCategoricalCrossentropy(),
    cost: classes(oneHot),
    predictions: "positive",
    targets: "label",
  },
  {
    name: "sparse categorical cross-entropy of logits",
    make: (losses) => losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    cost: classesOfLogits(oneHot),
    predictions: "logits",
    targets: "label",
  },
];

const shapes = [[1, 1], [4, 3], [9, 5]] as const;

/** One batch. */
async function judgeBatch(
  kernel: FormulaKernel,
  loss: Loss,
  { cost, predictions, targets }: LossCase,
  [m, n]: readonly [number, number],
  weights: Float32Array | null,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  const rows = (length: number, draw: () => number) =>
    Array.from({ length: m }, () => Float32Array.from({ length }, draw));
  // A row of zeros has no sum to be divided by.
  const y = rows(n, () => families[predictions](random)).map((row) =>
    row.every((value) => value === 0) ? row.fill(0.5) : row
  );
  const t = targets === "label"
    ? rows(1, () => random.between(0, n - 1))
    : rows(n, () => families[targets](random));
  const flat = (list: readonly Float32Array[]) => list.flatMap((row) => [...row]);
  using prediction = kernel.tensor([m, n], flat(y));
  using target = kernel.tensor(targets === "label" ? [m] : [m, n], flat(t));
  using weight = weights && kernel.tensor([m], weights);
  using costs = kernel.tensor([m], new Float32Array(m).fill(NaN));
  using gradient = kernel.tensor([m, n], new Float32Array(m * n).fill(NaN));
  loss.compute(kernel, { prediction, target, weights: weight }, { rows: costs, gradient });
  const [gotCosts, gotGradient] = await readAll([costs, gradient]);
  // Only the loss is asked for in use.
  costs.write(new Float32Array(m).fill(NaN));
  loss.compute(kernel, { prediction, target, weights: weight }, { rows: costs, gradient: null });
  const again = await costs.read();
  const weighted = (i: number, of: Quantity) =>
    weights ? of.times(new Quantity(rules, weights[i]!)) : of;
  const wanted = y.map((row, i) => weighted(i, cost(exactly(rules, row), [...t[i]!])));
  const slopes = y.flatMap((row, i) => {
    const exact = exactly(rules, row);
    return exact.map(({ value }, j) =>
      weighted(i, cost(exact.with(j, new Quantity(rules, value, 0, 1)), [...t[i]!]))
        .times(1 / m).derivative()
    );
  });
  return merge([
    compareQuantities("the losses of the rows", gotCosts!, wanted, 1),
    compareQuantities("the losses of the rows, alone", again, wanted, 1),
    compareQuantities("the gradient of their mean", gotGradient!, slopes, n),
  ]);
}

/** Holds a loss to its definition. */
export async function judgeLoss(
  kernel: Kernel,
  losses: Library["losses"],
  one: LossCase,
  random: Random,
): Promise<Outcome> {
  const loss = one.make(losses);
  if (loss.targets !== (one.targets === "label" ? "labels" : "values")) {
    return outcomeOf(`it takes ${loss.targets} as targets`);
  }
  const outcomes: Outcome[] = [];
  for (const shape of shapes) {
    for (const weighted of [false, true]) {
      const weights = weighted
        ? Float32Array.from({ length: shape[0] }, (_, i) => i === 0 ? 0.5 : 2 * random.uniform())
        : null;
      outcomes.push(
        await judgeBatch(kernel as FormulaKernel, loss, one, shape, weights, random),
      );
    }
  }
  return merge(outcomes);
}

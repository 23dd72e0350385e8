/**
 * For tests: every loss in float64, of one row, written from its definition and
 * sharing nothing with the formulas of the kernels.
 *
 * @module
 */
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
import {
  binaryCrossentropy,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from "./elementwise_losses.ts";
import type { Loss } from "./loss.ts";

/** A loss with its definition, and what its predictions and targets may be. */
export interface LossCase {
  readonly loss: Loss;
  /** The loss of a row; of labels, with targets of one number. */
  readonly reference: (y: readonly number[], t: readonly number[]) => number;
  readonly predictions: "any" | "positive" | "probabilities";
  readonly targets: "any" | "positive" | "probabilities" | "bits" | "label";
}

type Row = readonly number[];
const mean = (list: Row) => list.reduce((sum, value) => sum + value, 0) / list.length;
const sum = (list: Row) => list.reduce((sum, value) => sum + value, 0);
const each = (f: (y: number, t: number) => number) => (y: Row, t: Row) =>
  mean(y.map((value, i) => f(value, t[i]!)));
const logistic = (z: number) => 1 / (1 + Math.exp(-z));
const clip = (p: number) => Math.min(Math.max(p, 1e-7), 1 - 2 ** -23);

const binary = (p: number, t: number) => -(t * Math.log(p) + (1 - t) * Math.log(1 - p));
const softmax = (z: Row) => {
  const powers = z.map((value) => Math.exp(value - Math.max(...z)));
  return powers.map((power) => power / sum(powers));
};
const classes = (p: Row, t: Row) =>
  -sum(p.map((value, i) => t[i] === 0 ? 0 : t[i]! * Math.log(value)));
const normalized = (p: Row) => p.map((value) => clip(value / sum(p)));
const oneHot = (p: Row, [label]: Row) => p.map((_, i) => i === label ? 1 : 0);
const smooth = (t: Row, by: number, to: number) => t.map((value) => value * (1 - by) + by * to);

/** Every loss, also with its options. */
export const lossCases: Readonly<Record<string, LossCase>> = {
  mse: {
    loss: meanSquaredError(),
    reference: each((y, t) => (y - t) ** 2),
    predictions: "any",
    targets: "any",
  },
  mae: {
    loss: meanAbsoluteError(),
    reference: each((y, t) => Math.abs(y - t)),
    predictions: "any",
    targets: "any",
  },
  mape: {
    loss: meanAbsolutePercentageError(),
    reference: each((y, t) => 100 * Math.abs((t - y) / Math.max(Math.abs(t), 1e-7))),
    predictions: "any",
    targets: "positive",
  },
  msle: {
    loss: meanSquaredLogarithmicError(),
    reference: each((y, t) => (Math.log1p(Math.max(y, 1e-7)) - Math.log1p(Math.max(t, 1e-7))) ** 2),
    predictions: "positive",
    targets: "positive",
  },
  huber: {
    loss: huber(),
    reference: each((y, t) => {
      const e = Math.abs(y - t);
      return e <= 1 ? e * e / 2 : e - 0.5;
    }),
    predictions: "any",
    targets: "any",
  },
  "huber 0.3": {
    loss: huber({ delta: 0.3 }),
    reference: each((y, t) => {
      const e = Math.abs(y - t);
      return e <= 0.3 ? e * e / 2 : 0.3 * e - 0.045;
    }),
    predictions: "any",
    targets: "any",
  },
  "log cosh": {
    loss: logCosh(),
    reference: each((y, t) => Math.log(Math.cosh(y - t))),
    predictions: "any",
    targets: "any",
  },
  poisson: {
    loss: poisson(),
    reference: each((y, t) => y - t * Math.log(y + 1e-7)),
    predictions: "positive",
    targets: "positive",
  },
  "kl divergence": {
    loss: klDivergence(),
    reference: (y, t) => sum(y.map((p, i) => t[i]! * Math.log(t[i]! / p))),
    predictions: "probabilities",
    targets: "probabilities",
  },
  "binary cross-entropy": {
    loss: binaryCrossentropy(),
    reference: each((p, t) => binary(clip(p), t)),
    predictions: "probabilities",
    targets: "bits",
  },
  "binary cross-entropy of logits": {
    loss: binaryCrossentropy({ fromLogits: true }),
    reference: each((z, t) => binary(logistic(z), t)),
    predictions: "any",
    targets: "bits",
  },
  "binary cross-entropy of logits, smoothed": {
    loss: binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
    reference: (z, t) => mean(smooth(t, 0.1, 0.5).map((s, i) => binary(logistic(z[i]!), s))),
    predictions: "any",
    targets: "bits",
  },
  "binary cross-entropy, smoothed": {
    loss: binaryCrossentropy({ labelSmoothing: 0.3 }),
    reference: (p, t) => mean(smooth(t, 0.3, 0.5).map((s, i) => binary(clip(p[i]!), s))),
    predictions: "probabilities",
    targets: "bits",
  },
  "categorical cross-entropy": {
    loss: categoricalCrossentropy(),
    reference: (p, t) => classes(normalized(p), t),
    predictions: "positive",
    targets: "probabilities",
  },
  "categorical cross-entropy of logits": {
    loss: categoricalCrossentropy({ fromLogits: true }),
    reference: (z, t) => classes(softmax(z), t),
    predictions: "any",
    // Not of sum 1: the gradient is then y·Σt − t.
    targets: "positive",
  },
  "categorical cross-entropy of logits, smoothed": {
    loss: categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }),
    reference: (z, t) => classes(softmax(z), smooth(t, 0.2, 1 / z.length)),
    predictions: "any",
    targets: "bits",
  },
  "categorical cross-entropy, smoothed": {
    loss: categoricalCrossentropy({ labelSmoothing: 0.2 }),
    reference: (p, t) => classes(normalized(p), smooth(t, 0.2, 1 / p.length)),
    predictions: "positive",
    targets: "bits",
  },
  "sparse categorical cross-entropy": {
    loss: sparseCategoricalCrossentropy(),
    reference: (p, t) => classes(normalized(p), oneHot(p, t)),
    predictions: "positive",
    targets: "label",
  },
  "sparse categorical cross-entropy of logits": {
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    reference: (z, t) => classes(softmax(z), oneHot(z, t)),
    predictions: "any",
    targets: "label",
  },
};

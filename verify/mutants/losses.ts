/**
 * Broken losses, each of which the check of layers must find, and one that is
 * right by another formula: a sum in place of a mean, a gradient of something
 * else, numbers that are not clipped or weighted, an option that is ignored.
 *
 * @module
 */
import {
  abs,
  activated,
  add,
  div,
  exp,
  type Expression,
  log,
  log1p,
  max,
  min,
  mul,
  neg,
  sign,
  sub,
} from "../../kernels/formula/expression.ts";
import { ElementwiseLoss, type Loss } from "../../layers/training/loss.ts";
import type { Library } from "../layers/library.ts";
import { around } from "./layer_subject.ts";
import { brokenLibrary, otherLibrary } from "./layers.ts";
import { type ConformingVariant, dataOf, type Mutant } from "./mutant.ts";

type Losses = Library["losses"];

const { fround } = Math;
const squared = (e: Expression) => mul(e, e);

const loss = (name: string, change: (own: Losses) => Partial<Losses>, key = false): Mutant =>
  brokenLibrary(
    name,
    "loss/",
    ({ losses }) => ({ losses: { ...losses, ...change(losses) } }),
    key,
  );

/** Every loss with another computation. */
const everyLoss = (name: string, compute: (own: Loss) => Loss["compute"], key = false): Mutant =>
  loss(
    name,
    (own) =>
      Object.fromEntries(
        Object.entries(own).map(([key, make]) => [
          key,
          typeof make !== "function" ? make : (...given: never[]) => {
            const made = (make as (...given: never[]) => unknown)(...given) as Loss;
            return around(made, { compute: compute(made) });
          },
        ]),
      ) as Partial<Losses>,
    key,
  );

/** All of them. */
export const lossMutants: readonly Mutant[] = [
  everyLoss("losses: the gradient is not of the mean of the rows", (own) => (kernel, given, to) => {
    own.compute(kernel, given, to);
    const gradient = to.gradient && dataOf(to.gradient);
    gradient?.forEach((value, i) => gradient[i] = value * to.rows.size);
  }, true),
  everyLoss(
    "losses: weights are ignored",
    (own) => (kernel, given, to) => own.compute(kernel, { ...given, weights: null }, to),
  ),
  everyLoss("losses: weights count in the loss alone", (own) => (kernel, given, to) => {
    own.compute(kernel, { ...given, weights: null }, to);
    own.compute(kernel, given, { ...to, gradient: null });
  }),
  everyLoss("losses: weights are divided by their mean", (own) => (kernel, given, to) => {
    own.compute(kernel, given, to);
    if (!given.weights) return;
    const weights = dataOf(given.weights);
    const sum = weights.reduce((a, b) => a + b, 0);
    const gradient = to.gradient && dataOf(to.gradient);
    gradient?.forEach((value, i) => gradient[i] = value * weights.length / sum);
  }),
  loss("mse: half the square", () => ({
    meanSquaredError: () =>
      new ElementwiseLoss("mean_squared_error", (y, t) => mul(0.5, squared(sub(y, t)))),
  })),
  loss("mse: the gradient is y − t", () => ({
    meanSquaredError: () =>
      new ElementwiseLoss("mean_squared_error", (y, t) => squared(sub(y, t)), (y, t) => sub(y, t)),
  })),
  loss("mse: a sum over the results", () => ({
    meanSquaredError: () =>
      new ElementwiseLoss(
        "mean_squared_error",
        (y, t) => squared(sub(y, t)),
        null,
        null,
        "sum",
      ),
  })),
  loss("mae: the sign of the gradient", () => ({
    meanAbsoluteError: () =>
      new ElementwiseLoss(
        "mean_absolute_error",
        (y, t) => abs(sub(y, t)),
        (y, t) => sign(sub(t, y)),
      ),
  })),
  loss("mape: a share, not a percentage", () => ({
    meanAbsolutePercentageError: () =>
      new ElementwiseLoss(
        "mean_absolute_percentage_error",
        (y, t) => abs(div(sub(t, y), max(abs(t), fround(1e-7)))),
      ),
  })),
  loss("mape: relative to the prediction", () => ({
    meanAbsolutePercentageError: () =>
      new ElementwiseLoss(
        "mean_absolute_percentage_error",
        (y, t) => mul(100, abs(div(sub(t, y), max(abs(y), fround(1e-7))))),
      ),
  })),
  loss("msle: numbers below 0 are not brought to epsilon", () => ({
    meanSquaredLogarithmicError: () =>
      new ElementwiseLoss(
        "mean_squared_logarithmic_error",
        (y, t) => squared(sub(log1p(abs(y)), log1p(t))),
      ),
  })),
  loss("huber: the straight line lacks its offset", () => ({
    huber: ({ delta = 1 } = {}) =>
      new ElementwiseLoss("huber", (y, t) => {
        const [error, near] = [abs(sub(y, t)), min(abs(sub(y, t)), delta)];
        return add(mul(0.5, squared(near)), mul(2 * delta, sub(error, near)));
      }),
  })),
  loss("huber: delta is 1", (own) => ({ huber: () => own.huber() })),
  loss("log cosh: log 2 is left out", () => ({
    logCosh: () =>
      new ElementwiseLoss(
        "log_cosh",
        (y, t) => add(abs(sub(y, t)), log1p(exp(mul(-2, abs(sub(y, t)))))),
      ),
  })),
  loss("log cosh: by cosh, which overflows", () => ({
    logCosh: () =>
      new ElementwiseLoss(
        "log_cosh",
        (y, t) => {
          const e = sub(y, t);
          return log(mul(0.5, add(exp(e), exp(neg(e)))));
        },
        (y, t) => activated("tanh", sub(y, t)),
      ),
  })),
  loss("poisson: without epsilon", () => ({
    poisson: () => new ElementwiseLoss("poisson", (y, t) => sub(y, mul(t, log(mul(y, 1.00001))))),
  })),
  loss("kl: a mean over the results", () => ({
    klDivergence: () => {
      const clipped = (e: Expression) => min(max(e, fround(1e-7)), 1);
      return new ElementwiseLoss(
        "kl_divergence",
        (y, t) => mul(clipped(t), log(div(clipped(t), clipped(y)))),
      );
    },
  })),
  loss("kl: predictions are not clipped at 1e-7 but at 1e-6", () => ({
    klDivergence: () => {
      const clipped = (e: Expression, at: number) => min(max(e, fround(at)), 1);
      return new ElementwiseLoss(
        "kl_divergence",
        (y, t) => mul(clipped(t, 1e-7), log(div(clipped(t, 1e-7), clipped(y, 1e-6)))),
        null,
        null,
        "sum",
      );
    },
  })),
  loss("bce: logits are clipped", (own) => ({
    binaryCrossentropy: ({ fromLogits = false, labelSmoothing = 0 } = {}) => {
      if (!fromLogits) return own.binaryCrossentropy({ labelSmoothing });
      const [low, high] = [fround(1e-7), fround(1 - 1e-7)];
      return new ElementwiseLoss("binary_crossentropy", (z, t) => {
        const p = min(max(activated("sigmoid", z), low), high);
        const s = add(mul(t, 1 - labelSmoothing), labelSmoothing / 2);
        return neg(add(mul(s, log(p)), mul(sub(1, s), log(sub(1, p)))));
      });
    },
  })),
  loss("bce: probabilities are not clipped", () => ({
    binaryCrossentropy: () =>
      new ElementwiseLoss("binary_crossentropy", (p, t) => {
        const clipped = min(max(p, 1e-30), fround(1 - 2 ** -24));
        return neg(add(mul(t, log(clipped)), mul(sub(1, t), log(sub(1, clipped)))));
      }),
  })),
  loss("cross-entropies: labels are smoothed half as much", (own) => ({
    binaryCrossentropy: (given = {}) =>
      own.binaryCrossentropy({ ...given, labelSmoothing: (given.labelSmoothing ?? 0) / 2 }),
    categoricalCrossentropy: (given = {}) =>
      own.categoricalCrossentropy({ ...given, labelSmoothing: (given.labelSmoothing ?? 0) / 2 }),
  })),
  loss("cce: logits are taken for probabilities", (own) => ({
    categoricalCrossentropy: ({ fromLogits: _, ...given } = {}) =>
      own.categoricalCrossentropy(given),
  })),
  loss("cce: the gradient is that of targets of sum 1", (own) => ({
    categoricalCrossentropy: (given = {}) => {
      const made = own.categoricalCrossentropy(given);
      if (!given.fromLogits) return made;
      return around(made, {
        compute: (kernel, inputs, to) => {
          made.compute(kernel, inputs, to);
          if (!to.gradient) return;
          const [gradient, z, t] = [to.gradient, inputs.prediction, inputs.target].map(dataOf) as [
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          const [m, n] = inputs.prediction.shape as [number, number];
          for (let i = 0; i < m; i++) {
            const row = z.subarray(i * n, (i + 1) * n);
            const most = Math.max(...row);
            const total = row.reduce((sum, value) => sum + Math.exp(value - most), 0);
            const weight = inputs.weights ? dataOf(inputs.weights)[i]! : 1;
            row.forEach((value, j) => {
              const own = Math.exp(value - most) / total - t[i * n + j]!;
              gradient[i * n + j] = own * weight / m;
            });
          }
        },
      });
    },
  })),
  loss("sparse cce: the last class is never meant", (own) => ({
    sparseCategoricalCrossentropy: (given = {}) => {
      const made = own.sparseCategoricalCrossentropy(given);
      return around(made, {
        compute: (kernel, inputs, to) => {
          const columns = inputs.prediction.shape[1]!;
          const labels = dataOf(inputs.target).map((label) =>
            label === columns - 1 && columns > 1 ? label - 1 : label
          );
          using target = kernel.tensor(inputs.target.shape, labels);
          made.compute(kernel, { ...inputs, target }, to);
        },
      });
    },
  })),
];

/** Others that are right. */
export const lossVariants: readonly ConformingVariant[] = [
  otherLibrary("losses by other formulas", "loss/", ({ losses }) => ({
    losses: {
      ...losses,
      meanSquaredError: () =>
        new ElementwiseLoss(
          "mean_squared_error",
          (y, t) => squared(sub(t, y)),
          (y, t) => sub(mul(2, y), mul(2, t)),
        ),
      binaryCrossentropy: (given = {}) => {
        if (!given.fromLogits) return losses.binaryCrossentropy(given);
        const { labelSmoothing = 0 } = given;
        return new ElementwiseLoss("binary_crossentropy", (z, t) => {
          const s = add(mul(t, 1 - labelSmoothing), labelSmoothing / 2);
          const softplus = (e: Expression) => activated("softplus", e);
          return add(mul(s, softplus(neg(z))), mul(sub(1, s), softplus(z)));
        });
      },
    },
  })),
];

/**
 * Broken losses, optimizers, schedules and constraints, each of which the check
 * of layers must find, and others that are right and must be accepted: another
 * place of epsilon, a mean in place of a sum, a step counted from 0, a decay or
 * a clip of another kind.
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
  sqrt,
  sub,
} from "../../kernels/formula/expression.ts";
import type { BackwardOptions } from "../../layers/layer.ts";
import { ElementwiseLoss, type Loss } from "../../layers/training/loss.ts";
import { Optimizer, type OptimizerOptions } from "../../layers/training/optimizer.ts";
import type { Schedule } from "../../layers/training/schedules.ts";
import {
  adagradRule,
  adamRule,
  nadamRule,
  rmspropRule,
  sgdRule,
  type UpdateRule,
} from "../../layers/training/update_rules.ts";
import type { Library } from "../layers/library.ts";
import { around } from "./layer_subject.ts";
import { brokenLibrary, otherLibrary } from "./layers.ts";
import { type ConformingVariant, dataOf, type Mutant } from "./mutant.ts";

type Losses = Library["losses"];
type Optimizers = Library["optimizers"];
type Schedules = Library["schedules"];

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

const lossMutants: readonly Mutant[] = [
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

type Options = OptimizerOptions & Readonly<Record<string, unknown>>;

const optimizer = (
  name: string,
  of: keyof Optimizers,
  make: (options: Options, own: (options: Options) => Optimizer) => Optimizer,
  key = false,
): Mutant =>
  brokenLibrary(
    name,
    `optimizer/${of}`,
    ({ optimizers }) => ({
      optimizers: {
        ...optimizers,
        [of]: (options: Options = {}) =>
          make(options, optimizers[of] as (options: Options) => Optimizer),
      },
    }),
    key,
  );

/** An optimizer by another rule. */
const ruled = (
  name: string,
  of: keyof Optimizers,
  rule: (options: Record<string, number>) => UpdateRule,
  key = false,
): Mutant =>
  optimizer(
    name,
    of,
    (options) =>
      new Optimizer(of, rule(options as unknown as Record<string, number>), {
        learningRate: of === "sgd" ? 0.01 : 0.001,
        ...options,
      }),
    key,
  );

const betasOf = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: Record<string, number>) => ({
  beta1,
  beta2,
  epsilon,
});

/** Adam with another step. */
const adamStep = (
  name: string,
  weight: (
    parts: {
      w: Expression;
      g: Expression;
      m: Expression;
      v: Expression;
      rate: Expression;
      epsilon: number;
    },
  ) => Expression,
  factor = (rate: number, beta1: number, beta2: number, step: number) =>
    rate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step),
  key = false,
): Mutant =>
  ruled(name, "adam", (options) => {
    const { beta1, beta2, epsilon } = betasOf(options);
    const own = adamRule({ beta1, beta2, epsilon }, Boolean(options.amsgrad));
    return {
      ...own,
      parameters: ({ rate, step }) => [factor(rate, beta1, beta2, step)],
      update: (w, g, states, p) => {
        const next = own.update(w, g, states, p);
        const { momentum, velocity, velocity_hat: most = velocity } = next.states;
        const parts = { w, g, m: momentum!, v: most!, rate: p[0]!, epsilon };
        return { weight: weight(parts), states: next.states };
      },
    };
  }, key);

type AdamParts = Parameters<Parameters<typeof adamStep>[1]>[0];

const usual = ({ w, m, v, rate, epsilon }: AdamParts) =>
  sub(w, div(mul(m, rate), add(sqrt(v), epsilon)));

const optimizerMutants: readonly Mutant[] = [
  adamStep(
    "adam: epsilon is under the root",
    ({ w, m, v, rate, epsilon }) => sub(w, div(mul(m, rate), sqrt(add(v, epsilon)))),
  ),
  adamStep("adam: means are biased", usual, (rate) => rate, true),
  adamStep(
    "adam: the steps are counted from 0",
    usual,
    (rate, beta1, beta2, step) =>
      rate * Math.sqrt(1 - beta2 ** (step + 1)) / (1 - beta1 ** (step + 1)),
  ),
  adamStep(
    "adam: the mean square is biased",
    usual,
    (rate, beta1, _, step) => rate / (1 - beta1 ** step),
  ),
  ruled("adam: epsilon is added to the unbiased root", "adam", (options) => {
    const { beta1, beta2, epsilon } = betasOf(options);
    const own = adamRule({ beta1, beta2, epsilon }, false);
    return {
      ...own,
      parameterCount: 2,
      parameters: (
        { rate, step },
      ) => [rate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)],
      update: (w, g, states, [rate, root]) => {
        const next = own.update(w, g, states, [rate!]);
        const divisor = add(mul(sqrt(next.states.velocity!), root!), epsilon);
        return { ...next, weight: sub(w, div(mul(rate!, next.states.momentum!), divisor)) };
      },
    };
  }),
  adamStep("adam: the gradient itself is followed", (parts) => usual({ ...parts, m: parts.g })),
  optimizer(
    "adam: the betas are exchanged",
    "adam",
    ({ beta1, beta2, ...rest }, own) =>
      own(
        beta1 === undefined || beta2 === undefined ? rest : { ...rest, beta1: beta2, beta2: beta1 },
      ),
  ),
  optimizer("adam: amsgrad is ignored", "adam", ({ amsgrad: _, ...rest }, own) => own(rest)),
  optimizer(
    "adam: epsilon is 1e-8 by default",
    "adam",
    (options, own) => own({ epsilon: 1e-8, ...options }),
  ),
  optimizer(
    "adamW: the decay is 0.01 by default",
    "adamW",
    (options, own) => own({ weightDecay: 0.01, ...options }),
  ),
  optimizer("adamW: the decay is not times the rate", "adamW", (options, own) =>
    own({
      ...options,
      weightDecay: (options.weightDecay ?? 0.004) / Number(options.learningRate ?? 0.001),
    })),
  optimizer(
    "adamW: there is no decay",
    "adamW",
    (options, own) => own({ ...options, weightDecay: null }),
  ),
  optimizer("sgd: nesterov is plain momentum", "sgd", ({ nesterov: _, ...rest }, own) => own(rest)),
  optimizer("sgd: the decay is that of a penalty", "sgd", ({ weightDecay, ...rest }) => {
    const own = sgdRule(Number(rest.momentum ?? 0), Boolean(rest.nesterov));
    return new Optimizer("sgd", {
      ...own,
      // It goes through the velocity.
      update: (w, g, states, p) =>
        own.update(w, add(g, mul(w, Number(weightDecay ?? 0))), states, p),
    }, { learningRate: 0.01, ...rest });
  }),
  optimizer("sgd: a decay after the step", "sgd", ({ weightDecay, ...rest }) => {
    const own = sgdRule(Number(rest.momentum ?? 0), Boolean(rest.nesterov));
    return new Optimizer("sgd", {
      ...own,
      update: (w, g, states, p) => {
        const next = own.update(w, g, states, p);
        const decay = mul(p[0]!, Number(weightDecay ?? 0));
        return { ...next, weight: sub(next.weight, mul(next.weight, decay)) };
      },
    }, { learningRate: 0.01, ...rest });
  }),
  ruled("sgd: momentum grows by a share of the gradient", "sgd", ({ momentum = 0 }) => {
    const own = sgdRule(momentum, false);
    return {
      ...own,
      update: (w, g, states, p) => own.update(w, momentum ? mul(g, 1 - momentum) : g, states, p),
    };
  }),
  optimizer("sgd: momentum has the other sign", "sgd", (options) => {
    const { momentum = 0, nesterov = false } = options as { momentum?: number; nesterov?: boolean };
    return new Optimizer("sgd", sgdRule(-momentum, nesterov), { learningRate: 0.01, ...options });
  }),
  optimizer("sgd: each variable is clipped by the norm of all", "sgd", (options, own) => {
    const { clipnorm, ...rest } = options;
    return own(clipnorm ? { ...rest, globalClipnorm: clipnorm } : options);
  }),
  optimizer("sgd: all are clipped by the norm of each", "sgd", (options, own) => {
    const { globalClipnorm, ...rest } = options;
    return own(globalClipnorm ? { ...rest, clipnorm: globalClipnorm } : options);
  }),
  optimizer("sgd: elements are clipped above alone", "sgd", ({ clipvalue, ...rest }) => {
    const own = sgdRule(Number(rest.momentum ?? 0), Boolean(rest.nesterov));
    const most = clipvalue ?? 1e30;
    return new Optimizer("sgd", {
      ...own,
      update: (w, g, states, p) => own.update(w, min(g, most), states, p),
    }, { learningRate: 0.01, ...rest });
  }),
  optimizer("sgd: a schedule is a step ahead", "sgd", (options, own) => {
    const { learningRate } = options;
    if (typeof learningRate !== "function") return own(options);
    return own({ ...options, learningRate: (step) => learningRate(step + 1) });
  }),
  ruled("rmsprop: epsilon is added to the root", "rmsprop", (options) => {
    const { rho = 0.9, momentum = 0, epsilon = 1e-7 } = options;
    const own = rmspropRule({ rho, momentum, epsilon, centered: Boolean(options.centered) });
    return {
      ...own,
      update: (w, g, states, p) => {
        const next = own.update(w, g, states, p);
        if (momentum > 0 || options.centered) return next;
        const root = add(sqrt(next.states.velocity!), epsilon);
        return { ...next, weight: sub(w, div(mul(p[0]!, g), root)) };
      },
    };
  }),
  optimizer(
    "rmsprop: rho is 0.99 by default",
    "rmsprop",
    (options, own) => own({ rho: 0.99, ...options }),
  ),
  optimizer(
    "rmsprop: the mean is not subtracted",
    "rmsprop",
    ({ centered: _, ...rest }, own) => own(rest),
  ),
  ruled("nadam: the momentum has no schedule", "nadam", (options) => {
    const betas = betasOf(options);
    return {
      ...nadamRule(betas),
      parameters: ({ rate, step }) => [
        betas.beta1 / (1 - betas.beta1 ** (step + 1)),
        (1 - betas.beta1) / (1 - betas.beta1 ** step),
        1 / (1 - betas.beta2 ** step),
        rate,
      ],
    };
  }),
  optimizer("nadam is adam", "nadam", (options) =>
    new Optimizer(
      "nadam",
      adamRule(betasOf(options as unknown as Record<string, number>), false),
      { learningRate: 0.001, ...options },
    )),
  ruled("adamax: the mean is biased", "adamax", (options) => {
    const { beta1, beta2, epsilon } = betasOf(options);
    return {
      states: { momentum: 0, norm: 0 },
      parameterCount: 1,
      parameters: ({ rate }) => [rate],
      update: (w, g, states, [rate]) => {
        const momentum = add(mul(beta1, states.momentum!), mul(1 - beta1, g));
        const norm = max(mul(beta2, states.norm!), abs(g));
        return {
          weight: sub(w, div(mul(rate!, momentum), add(norm, epsilon))),
          states: { momentum, norm },
        };
      },
    };
  }),
  ruled("adagrad: the sum begins at 0", "adagrad", ({ epsilon = 1e-7 }) => adagradRule(0, epsilon)),
  ruled("adagrad: epsilon is added to the root", "adagrad", (options) => {
    const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
    return {
      ...adagradRule(initialAccumulatorValue, epsilon),
      update: (w, g, states, [rate]) => {
        const accumulator = add(states.accumulator!, squared(g));
        return {
          weight: sub(w, div(mul(rate!, g), add(sqrt(accumulator), epsilon))),
          states: { accumulator },
        };
      },
    };
  }),
  optimizer(
    "adadelta: rho is 0.9 by default",
    "adadelta",
    (options, own) => own({ rho: 0.9, ...options }),
  ),
  optimizer(
    "adadelta: the rate is 1 by default",
    "adadelta",
    (options, own) => own({ learningRate: 1, ...options }),
  ),
  ruled("lion: the mean is moved by beta1", "lion", ({ beta1 = 0.9 }) => ({
    states: { momentum: 0 },
    parameterCount: 1,
    parameters: ({ rate }) => [rate],
    update: (w, g, states, [rate]) => {
      const momentum = add(mul(beta1, states.momentum!), mul(1 - beta1, g));
      return { weight: sub(w, mul(rate!, sign(momentum))), states: { momentum } };
    },
  })),
  optimizer("sgd: what is kept is shared by variables", "sgd", (options, own) => {
    const { momentum = 0 } = options as { momentum?: number };
    const made = own({ ...options, momentum: 0, nesterov: false });
    if (momentum === 0) return made;
    // Each variable begins with the velocity of the one before.
    let velocity: Float32Array = new Float32Array(12);
    return around(made, {
      apply: (_kernel, variables) => {
        for (const { tensor, gradient } of variables) {
          if (!gradient) continue;
          const [w, g] = [dataOf(tensor), dataOf(gradient)];
          velocity = w.map((_, i) =>
            momentum * (velocity[i] ?? 0) - Number(options.learningRate ?? 0.01) * g[i]!
          );
          velocity.forEach((value, i) => w[i] = w[i]! + value);
        }
      },
    });
  }),
];

const schedule = (name: string, change: (own: Schedules) => Partial<Schedules>): Mutant =>
  brokenLibrary(
    name,
    "schedule/",
    ({ schedules }) => ({ schedules: { ...schedules, ...change(schedules) } }),
  );

const shifted = (rate: Schedule, by: number): Schedule => (step) => rate(step + by);

const otherMutants: readonly Mutant[] = [
  schedule("exponential decay: stairs are rounded", (own) => ({
    exponentialDecay: (options) =>
      options.staircase
        ? (step) =>
          options.initialLearningRate * options.decayRate ** Math.round(step / options.decaySteps)
        : own.exponentialDecay(options),
  })),
  schedule("piecewise decay: a boundary belongs to the next part", (own) => ({
    piecewiseConstantDecay: (options) => shifted(own.piecewiseConstantDecay(options), 1),
  })),
  schedule("polynomial decay: it goes on below its end", () => ({
    polynomialDecay:
      ({ initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1 }) => (step) =>
        endLearningRate +
        (initialLearningRate - endLearningRate) * Math.abs(1 - step / decaySteps) ** power,
  })),
  schedule("cosine decay: alpha is a rate, not a share", (own) => ({
    cosineDecay: (options) =>
      own.cosineDecay({ ...options, alpha: (options.alpha ?? 0) * options.initialLearningRate }),
  })),
  schedule("cosine decay: the warm-up is a step longer", (own) => ({
    cosineDecay: (options) =>
      own.cosineDecay(
        options.warmupSteps === undefined
          ? options
          : { ...options, warmupSteps: options.warmupSteps + 1 },
      ),
  })),
  brokenLibrary("constraints: norms are of rows", "constraint/", ({ constraint }) => ({
    constraint: (given) => constraint(given.name === "non_neg" ? given : { ...given, axis: 1 }),
  })),
  brokenLibrary("constraints: a rate is ignored", "constraint/", ({ constraint }) => ({
    constraint: ({ rate: _, ...given }) => constraint(given),
  })),
  brokenLibrary("training: penalties are left out", "steps/", ({ layers }) => ({
    layers: {
      ...layers,
      Dense: (kernel, options) => layers.Dense(kernel, { ...options!, kernelRegularizer: null }),
    },
  })),
  brokenLibrary("training: the gradient of a fused loss is of the results", "steps/", (
    { layers },
  ) => ({
    layers: {
      ...layers,
      Dense: (kernel, options) => {
        const layer = layers.Dense(kernel, options);
        return around(layer, {
          backward: ((dy, y, given: BackwardOptions = {}) =>
            layer.backward(dy, y, { ...given, beforeActivation: false })) as typeof layer.backward,
        });
      },
    },
  })),
];

/** All of them. */
export const trainingMutants: readonly Mutant[] = [
  ...lossMutants,
  ...optimizerMutants,
  ...otherMutants,
];

/** Others that are right. */
export const trainingVariants: readonly ConformingVariant[] = [
  otherLibrary("adam with powers in float64, and roots that are unbiased first", "optimizer/", ({
    optimizers,
  }) => ({
    optimizers: {
      ...optimizers,
      adam: (options = {}) => {
        const { beta1, beta2, epsilon } = betasOf(options as Record<string, number>);
        const own = adamRule({ beta1, beta2, epsilon }, options.amsgrad ?? false);
        return new Optimizer("adam", {
          ...own,
          parameterCount: 3,
          parameters: ({ rate, step }) => [
            rate / (1 - beta1 ** step),
            1 / Math.sqrt(1 - beta2 ** step),
            epsilon / Math.sqrt(1 - beta2 ** step),
          ],
          update: (w, g, states, [rate, root, least]) => {
            const next = own.update(w, g, states, [rate!]);
            const { momentum, velocity, velocity_hat: most = velocity } = next.states;
            const divisor = add(mul(sqrt(most!), root!), least!);
            return {
              ...next,
              weight: sub(w, mul(rate!, div(momentum!, divisor))),
            };
          },
        }, { learningRate: 0.001, ...options });
      },
    },
  })),
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

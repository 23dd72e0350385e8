/**
 * Broken optimizers, each of which the check of layers must find, and one that
 * is right by another formula: another place of epsilon, means that stay biased,
 * a step counted from 0, a decay or a clip of another kind, another default.
 *
 * @module
 */
import {
  abs,
  add,
  div,
  type Expression,
  max,
  min,
  mul,
  sign,
  sqrt,
  sub,
} from "../../kernels/formula/expression.ts";
import { Optimizer, type OptimizerOptions } from "../../layers/training/optimizer.ts";
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

type Optimizers = Library["optimizers"];

const squared = (e: Expression) => mul(e, e);

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
        const { momentum: m, velocity, velocity_hat } = next.states;
        const parts = { w, g, m: m!, v: (velocity_hat ?? velocity)!, rate: p[0]!, epsilon };
        return { weight: weight(parts), states: next.states };
      },
    };
  }, key);

type AdamParts = Parameters<Parameters<typeof adamStep>[1]>[0];

const usual = ({ w, m, v, rate, epsilon }: AdamParts) =>
  sub(w, div(mul(m, rate), add(sqrt(v), epsilon)));

/** All of them. */
export const optimizerMutants: readonly Mutant[] = [
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

/** Others that are right. */
export const optimizerVariants: readonly ConformingVariant[] = [
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
            const { momentum, velocity, velocity_hat } = next.states;
            const divisor = add(mul(sqrt((velocity_hat ?? velocity)!), root!), least!);
            return {
              ...next,
              weight: sub(w, mul(rate!, div(momentum!, divisor))),
            };
          },
        }, { learningRate: 0.001, ...options });
      },
    },
  })),
];

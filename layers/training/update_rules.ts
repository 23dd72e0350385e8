/**
 * The steps of the optimizers as formulas: from a weight, its gradient and what
 * is kept for it, to the new ones, all computed in one pass. Formulas, defaults
 * and the place of epsilon are those of Keras 3.16 (keras/src/optimizers/*.py);
 * what depends on the step alone is computed in float64 and given as parameter.
 *
 * @module
 */
import {
  abs,
  add,
  div,
  type Expression,
  max,
  mul,
  neg,
  sign,
  sqrt,
  sub,
} from "../../kernels/formula/expression.ts";

/** What is computed anew for each step, the same for all weights. */
export interface StepNumbers {
  /** The learning rate. */
  readonly rate: number;
  /** The number of this step, from 1. */
  readonly step: number;
}

/** How an optimizer changes a weight. */
export interface UpdateRule {
  /** What is kept for each element of a weight, by its first value. */
  readonly states: Readonly<Record<string, number>>;
  /** The new weight and states. `p` are the numbers of {@linkcode UpdateRule.parameters}. */
  readonly update: (
    weight: Expression,
    gradient: Expression,
    states: Readonly<Record<string, Expression>>,
    p: readonly Expression[],
  ) => { readonly weight: Expression; readonly states: Readonly<Record<string, Expression>> };
  /** How many numbers change from step to step. */
  readonly parameterCount: number;
  /** Those numbers. */
  readonly parameters: (numbers: StepNumbers) => readonly number[];
  /** A number that Keras keeps besides and that follows from how many steps were made. */
  readonly kept?: (steps: number) => number;
}

const rateAlone = { parameterCount: 1, parameters: ({ rate }: StepNumbers) => [rate] } as const;
const squared = (e: Expression) => mul(e, e);

/** share · old + (1 − share) · value. */
const running = (share: number, old: Expression, value: Expression) =>
  add(mul(share, old), mul(1 - share, value));

/** old + (1 − share) · (value − old): the same, as Keras rounds it in Adam and those like it. */
const moved = (share: number, old: Expression, value: Expression) =>
  add(old, mul(1 - share, sub(value, old)));

/** w − rate · g, or with a velocity v: v' = momentum · v − rate · g, w + v', or ahead of that. */
export function sgdRule(momentum: number, nesterov: boolean): UpdateRule {
  if (momentum === 0) {
    return {
      ...rateAlone,
      states: {},
      update: (w, g, _states, [rate]) => ({ weight: sub(w, mul(g, rate!)), states: {} }),
    };
  }
  return {
    ...rateAlone,
    states: { momentum: 0 },
    update: (w, g, states, [rate]) => {
      const velocity = sub(mul(states.momentum!, momentum), mul(g, rate!));
      const step = nesterov ? sub(mul(velocity, momentum), mul(g, rate!)) : velocity;
      return { weight: add(w, step), states: { momentum: velocity } };
    },
  };
}

/** Tieleman & Hinton 2012; epsilon under the root. */
export function rmspropRule(
  { rho, momentum, epsilon, centered }: {
    readonly rho: number;
    readonly momentum: number;
    readonly epsilon: number;
    readonly centered: boolean;
  },
): UpdateRule {
  return {
    ...rateAlone,
    states: {
      velocity: 0,
      ...(momentum > 0 ? { momentum: 0 } : {}),
      ...(centered ? { average_gradient: 0 } : {}),
    },
    update: (w, g, states, [rate]) => {
      const velocity = running(rho, states.velocity!, squared(g));
      const average = centered ? running(rho, states.average_gradient!, g) : null;
      const variance = average ? sub(velocity, squared(average)) : velocity;
      const increment = div(mul(rate!, g), sqrt(add(variance, epsilon)));
      const step = momentum > 0 ? add(mul(momentum, states.momentum!), increment) : increment;
      return {
        weight: sub(w, step),
        states: {
          velocity,
          ...(momentum > 0 ? { momentum: step } : {}),
          ...(average ? { average_gradient: average } : {}),
        },
      };
    },
  };
}

/** What Adam and those like it share. */
export interface Betas {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * 1 − beta^step, by which means that began at 0 are unbiased. Keras computes the power in float32,
 * where 1 − 0.999 is 1.3e-5 too small; so is it here, that both make the same steps.
 */
function unbiasing(beta: number, step: number): number {
  return 1 - Math.fround(Math.fround(beta) ** step);
}

/** Kingma & Ba 2015, in the form before their §2.1: epsilon is added to the root before it is unbiased. */
export function adamRule({ beta1, beta2, epsilon }: Betas, amsgrad: boolean): UpdateRule {
  return {
    states: { momentum: 0, velocity: 0, ...(amsgrad ? { velocity_hat: 0 } : {}) },
    update: (w, g, states, [alpha]) => {
      const momentum = moved(beta1, states.momentum!, g);
      const velocity = moved(beta2, states.velocity!, squared(g));
      const largest = amsgrad ? max(states.velocity_hat!, velocity) : velocity;
      return {
        weight: sub(w, div(mul(momentum, alpha!), add(sqrt(largest), epsilon))),
        states: { momentum, velocity, ...(amsgrad ? { velocity_hat: largest } : {}) },
      };
    },
    parameterCount: 1,
    parameters: ({ rate, step }) => [
      rate * Math.sqrt(unbiasing(beta2, step)) / unbiasing(beta1, step),
    ],
  };
}

/** Dozat 2016, with Keras's schedule of the momentum, 1 − 0.96^t / 2. */
export function nadamRule({ beta1, beta2, epsilon }: Betas): UpdateRule {
  const scheduled = (step: number) => beta1 * (1 - 0.5 * 0.96 ** step);
  // Of the steps before, so that a step can be computed from its number alone.
  const products = [1];
  const productOf = (step: number) => {
    while (products.length <= step) {
      products.push(products.at(-1)! * scheduled(products.length));
    }
    return products[step]!;
  };
  return {
    states: { momentum: 0, velocity: 0 },
    update: (w, g, states, [ofMomentum, ofGradient, ofVelocity, rate]) => {
      const momentum = moved(beta1, states.momentum!, g);
      const velocity = moved(beta2, states.velocity!, squared(g));
      const ahead = add(mul(ofMomentum!, momentum), mul(ofGradient!, g));
      const root = add(sqrt(mul(velocity, ofVelocity!)), epsilon);
      return {
        weight: sub(w, div(mul(ahead, rate!), root)),
        states: { momentum, velocity },
      };
    },
    parameterCount: 4,
    parameters: ({ rate, step }) => [
      scheduled(step + 1) / (1 - productOf(step) * scheduled(step + 1)),
      (1 - scheduled(step)) / (1 - productOf(step)),
      1 / unbiasing(beta2, step),
      rate,
    ],
    kept: productOf,
  };
}

/** Kingma & Ba 2015, §7.1: the largest gradient instead of the mean square. */
export function adamaxRule({ beta1, beta2, epsilon }: Betas): UpdateRule {
  return {
    states: { momentum: 0, norm: 0 },
    update: (w, g, states, [rate]) => {
      const momentum = moved(beta1, states.momentum!, g);
      const norm = max(mul(beta2, states.norm!), abs(g));
      return {
        weight: sub(w, div(mul(rate!, momentum), add(norm, epsilon))),
        states: { momentum, norm },
      };
    },
    parameterCount: 1,
    parameters: ({ rate, step }) => [rate / unbiasing(beta1, step)],
  };
}

/** Duchi, Hazan & Singer 2011; epsilon under the root. */
export function adagradRule(initialAccumulator: number, epsilon: number): UpdateRule {
  return {
    ...rateAlone,
    states: { accumulator: initialAccumulator },
    update: (w, g, states, [rate]) => {
      const accumulator = add(states.accumulator!, squared(g));
      return {
        weight: sub(w, div(mul(rate!, g), sqrt(add(accumulator, epsilon)))),
        states: { accumulator },
      };
    },
  };
}

/** Zeiler 2012; epsilon under both roots. */
export function adadeltaRule(rho: number, epsilon: number): UpdateRule {
  const root = (e: Expression) => sqrt(add(e, epsilon));
  return {
    ...rateAlone,
    states: { accumulated_grad: 0, accumulated_delta_var: 0 },
    update: (w, g, states, [rate]) => {
      const gradients = running(rho, states.accumulated_grad!, squared(g));
      const delta = div(mul(neg(root(states.accumulated_delta_var!)), g), root(gradients));
      return {
        weight: add(w, mul(rate!, delta)),
        states: {
          accumulated_grad: gradients,
          accumulated_delta_var: running(rho, states.accumulated_delta_var!, squared(delta)),
        },
      };
    },
  };
}

/** Chen et al. 2023: the sign of a momentum. */
export function lionRule(beta1: number, beta2: number): UpdateRule {
  return {
    ...rateAlone,
    states: { momentum: 0 },
    update: (w, g, states, [rate]) => ({
      weight: sub(w, mul(rate!, sign(running(beta1, states.momentum!, g)))),
      states: { momentum: running(beta2, states.momentum!, g) },
    }),
  };
}

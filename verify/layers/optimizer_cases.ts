/**
 * The optimizers of Keras 3.16 in quantities, one number at a time, as their
 * papers and its documentation have them, with weight decay, clipping and rates
 * that change, and how one is judged: the weights of two variables after each of
 * several steps. Whether a mean is unbiased by a power in float32, as in Keras,
 * or in float64, is within the bound, since the power's rounding is part of it.
 *
 * @module
 */
import { normal, type Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import type { Optimizer } from "../../layers/training/optimizer.ts";
import type { Schedule } from "../../layers/training/schedules.ts";
import { drawn } from "../check.ts";
import { merge, type Outcome } from "../compare.ts";
import { exactly } from "./activations.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Library } from "./library.ts";
import { Quantity, type Rules, rulesOf, sumOf } from "./quantity.ts";

/** What is kept of one weight. */
export type State = Record<string, Quantity>;

/** A step of one weight: what is subtracted from it. */
type Step = (state: State, g: Quantity, step: number, rate: number) => Quantity;

/** What all optimizers take. */
interface Common {
  readonly weightDecay?: number;
  readonly clipnorm?: number;
  readonly clipvalue?: number;
  readonly globalClipnorm?: number;
}

/** An optimizer with its definition. */
export interface OptimizerCase extends Common {
  readonly name: string;
  readonly make: (optimizers: Library["optimizers"]) => Optimizer;
  readonly change: Step;
  /** The rate of each step, by how many were made before. */
  readonly rate: Schedule;
}

const from = (old: Quantity | undefined, { rules }: Quantity, first = 0): Quantity =>
  old ?? Quantity.constant(rules, first);

/** share · old + (1 − share) · value. */
function average(share: number, old: Quantity, value: Quantity): Quantity {
  return old.times(share).plus(value.times(1 - share));
}

/** 1 − beta^step: by what an average that began at 0 is divided. */
function unbiasing({ rules }: Quantity, beta: number, step: number): Quantity {
  // The share may be rounded to float32 before it is raised to a power, and the power too.
  const power = beta ** step;
  const rounded = new Quantity(rules, power, (step + 1) * rules.roundoff * power);
  return Quantity.constant(rules, 1).minus(rounded);
}

function sgd(momentum = 0, nesterov = false): Step {
  return (state, g, _step, rate) => {
    const own = g.times(rate);
    if (momentum === 0) return own;
    state.velocity = from(state.velocity, g).times(momentum).minus(own);
    return nesterov ? own.minus(state.velocity.times(momentum)) : state.velocity.negated();
  };
}

function rmsprop(
  { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = {},
): Step {
  return (state, g, _step, rate) => {
    state.square = average(rho, from(state.square, g), g.squared());
    let variance = state.square;
    if (centered) {
      state.mean = average(rho, from(state.mean, g), g);
      variance = variance.minus(state.mean.squared());
    }
    const own = g.times(rate).over(variance.plus(epsilon).sqrt());
    if (momentum === 0) return own;
    state.velocity = from(state.velocity, g).times(momentum).plus(own);
    return state.velocity;
  };
}

interface Betas {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** The averages of a gradient and of its square. */
function averages(state: State, g: Quantity, beta1: number, beta2: number): void {
  state.mean = average(beta1, from(state.mean, g), g);
  state.square = average(beta2, from(state.square, g), g.squared());
}

function adam(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false }: Betas & {
    readonly amsgrad?: boolean;
  } = {},
): Step {
  return (state, g, step, rate) => {
    averages(state, g, beta1, beta2);
    let square = state.square!;
    if (amsgrad) square = state.most = from(state.most, g).atLeast(square);
    const factor = unbiasing(g, beta2, step).sqrt().over(unbiasing(g, beta1, step)).times(rate);
    return state.mean!.times(factor).over(square.sqrt().plus(epsilon));
  };
}

function nadam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: Betas = {}): Step {
  const share = (step: number) => beta1 * (1 - 0.5 * 0.96 ** step);
  const product = (last: number) =>
    Array.from({ length: last }, (_, i) => share(i + 1)).reduce((a, b) => a * b, 1);
  return (state, g, step, rate) => {
    averages(state, g, beta1, beta2);
    const ahead = state.mean!.times(share(step + 1) / (1 - product(step + 1)))
      .plus(g.times((1 - share(step)) / (1 - product(step))));
    const root = state.square!.over(unbiasing(g, beta2, step)).sqrt();
    return ahead.times(rate).over(root.plus(epsilon));
  };
}

function adamax({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: Betas = {}): Step {
  return (state, g, step, rate) => {
    state.mean = average(beta1, from(state.mean, g), g);
    state.most = from(state.most, g).times(beta2).atLeast(g.magnitude());
    const own = state.mean.times(rate).over(unbiasing(g, beta1, step));
    return own.over(state.most.plus(epsilon));
  };
}

function adagrad(initial = 0.1, epsilon = 1e-7): Step {
  return (state, g, _step, rate) => {
    state.sum = from(state.sum, g, initial).plus(g.squared());
    return g.times(rate).over(state.sum.plus(epsilon).sqrt());
  };
}

function adadelta(rho = 0.95, epsilon = 1e-7): Step {
  return (state, g, _step, rate) => {
    state.square = average(rho, from(state.square, g), g.squared());
    const changes = from(state.changes, g);
    const delta = changes.plus(epsilon).sqrt().over(state.square.plus(epsilon).sqrt()).times(g);
    state.changes = average(rho, changes, delta.squared());
    return delta.times(rate);
  };
}

function lion(beta1 = 0.9, beta2 = 0.99): Step {
  return (state, g, _step, rate) => {
    const mean = from(state.mean, g);
    state.mean = average(beta2, mean, g);
    return average(beta1, mean, g).sign().times(rate);
  };
}

const constant = (rate: number): Schedule => () => rate;

type Options = Common & Readonly<Record<string, number | boolean>>;

function of<Name extends keyof Library["optimizers"]>(
  name: Name,
  change: Step,
  rate: number,
  options: Options = {},
): OptimizerCase {
  const shown = Object.entries(options).map(([key, value]) => `${key} ${value}`);
  const { weightDecay, clipnorm, clipvalue, globalClipnorm } = options;
  const common = { weightDecay, clipnorm, clipvalue, globalClipnorm };
  return {
    name: [name, ...shown].join(" "),
    make: (optimizers) => {
      const make = optimizers[name] as (options: Options) => Optimizer;
      return make(options);
    },
    change,
    rate: constant(Number(options.learningRate ?? rate)),
    ...Object.fromEntries(Object.entries(common).filter(([, value]) => value !== undefined)),
  };
}

/** Every optimizer with its defaults, and with each option. */
export const optimizerCases: readonly OptimizerCase[] = [
  of("sgd", sgd(), 0.01),
  of("sgd", sgd(0.9), 0.01, { learningRate: 0.5, momentum: 0.9 }),
  of("sgd", sgd(0.9, true), 0.01, { learningRate: 0.25, momentum: 0.9, nesterov: true }),
  of("sgd", sgd(), 0.01, { learningRate: 0.5, weightDecay: 0.25 }),
  of("sgd", sgd(0.5), 0.01, { learningRate: 0.5, momentum: 0.5, weightDecay: 0.25 }),
  of("sgd", sgd(0.5), 0.01, { learningRate: 0.5, momentum: 0.5, clipnorm: 0.75 }),
  of("sgd", sgd(), 0.01, { learningRate: 0.5, clipvalue: 0.25 }),
  of("sgd", sgd(), 0.01, { learningRate: 0.5, globalClipnorm: 1.5 }),
  of("rmsprop", rmsprop(), 0.001),
  of("rmsprop", rmsprop({ rho: 0.75, epsilon: 0.25 }), 0.001, { rho: 0.75, epsilon: 0.25 }),
  of("rmsprop", rmsprop({ momentum: 0.5 }), 0.001, { momentum: 0.5, learningRate: 0.125 }),
  of("rmsprop", rmsprop({ centered: true, momentum: 0.5 }), 0.001, {
    centered: true,
    momentum: 0.5,
  }),
  of("rmsprop", rmsprop({ centered: true, epsilon: 0.125 }), 0.001, {
    centered: true,
    epsilon: 0.125,
  }),
  of("adam", adam(), 0.001),
  of("adam", adam({ beta1: 0.5, beta2: 0.75, epsilon: 0.25 }), 0.001, {
    beta1: 0.5,
    beta2: 0.75,
    epsilon: 0.25,
    learningRate: 0.5,
  }),
  of("adam", adam({ amsgrad: true }), 0.001, { amsgrad: true }),
  of("adam", adam({ amsgrad: true, beta2: 0.5 }), 0.001, { amsgrad: true, beta2: 0.5 }),
  of("adam", adam({ beta2: 0.9 }), 0.001, { weightDecay: 0.125, beta2: 0.9, globalClipnorm: 0.5 }),
  { ...of("adamW", adam(), 0.001), weightDecay: 0.004 },
  of("adamW", adam({ beta2: 0.9 }), 0.001, { weightDecay: 0.5, learningRate: 0.25, beta2: 0.9 }),
  of("nadam", nadam(), 0.001),
  of("nadam", nadam({ beta1: 0.5, beta2: 0.75, epsilon: 0.25 }), 0.001, {
    beta1: 0.5,
    beta2: 0.75,
    epsilon: 0.25,
  }),
  of("adamax", adamax(), 0.001),
  of("adamax", adamax({ beta1: 0.5, beta2: 0.75, epsilon: 0.25 }), 0.001, {
    beta1: 0.5,
    beta2: 0.75,
    epsilon: 0.25,
  }),
  of("adagrad", adagrad(), 0.001),
  of("adagrad", adagrad(0.5, 0.25), 0.001, { initialAccumulatorValue: 0.5, epsilon: 0.25 }),
  of("adadelta", adadelta(), 0.001),
  of("adadelta", adadelta(0.75, 0.25), 0.001, { rho: 0.75, epsilon: 0.25, learningRate: 1 }),
  of("lion", lion(), 0.001),
  of("lion", lion(0.5, 0.75), 0.001, { beta1: 0.5, beta2: 0.75, weightDecay: 0.125 }),
  {
    name: "sgd with a schedule",
    make: ({ sgd }) => sgd({ learningRate: (step) => 0.5 ** step, weightDecay: 0.25 }),
    change: sgd(),
    rate: (step) => 0.5 ** step,
    weightDecay: 0.25,
  },
  {
    name: "adam with a schedule",
    make: ({ adam }) => adam({ learningRate: (step) => 1 / (2 + step), beta2: 0.75 }),
    change: adam({ beta2: 0.75 }),
    rate: (step) => 1 / (2 + step),
  },
];

function normOf(rules: Rules, gradients: readonly Quantity[]): Quantity {
  return sumOf(rules, gradients.map((g) => g.squared())).sqrt();
}

/** Gradients shortened to a norm where they are longer. */
function shortened(gradients: readonly Quantity[], norm: Quantity, most: number): Quantity[] {
  const factor = norm.above(most).chooses(
    Quantity.constant(norm.rules, most).over(norm),
    Quantity.constant(norm.rules, 1),
  );
  return gradients.map((g) => g.times(factor));
}

/** The gradients of several variables as they are clipped. */
function clippedGradients(
  rules: Rules,
  { clipnorm, clipvalue, globalClipnorm }: Common,
  gradients: readonly (readonly Quantity[])[],
): readonly (readonly Quantity[])[] {
  if (clipnorm !== undefined) {
    return gradients.map((each) => shortened(each, normOf(rules, each), clipnorm));
  }
  if (globalClipnorm !== undefined) {
    const norm = normOf(rules, gradients.flat());
    return gradients.map((each) => shortened(each, norm, globalClipnorm));
  }
  if (clipvalue === undefined) return gradients;
  return gradients.map((each) => each.map((g) => g.atLeast(-clipvalue).atMost(clipvalue)));
}

/** Several variables under an optimizer, as its definition has them. */
export class ReferenceOptimizer {
  readonly #states: readonly (readonly State[])[];
  #steps = 0;

  constructor(
    readonly rules: Rules,
    readonly optimizer: Omit<OptimizerCase, "name" | "make">,
    public weights: readonly (readonly Quantity[])[],
  ) {
    this.#states = weights.map((each) => each.map(() => ({})));
  }

  /** One step; its weights are the new ones then. */
  step(gradients: readonly (readonly Quantity[])[]): void {
    const { rules, optimizer } = this;
    const rate = optimizer.rate(this.#steps++);
    const clipped = clippedGradients(rules, optimizer, gradients);
    this.weights = this.weights.map((weights, v) =>
      weights.map((weight, i) => {
        const decayed = optimizer.weightDecay === undefined
          ? weight
          : weight.minus(weight.times(optimizer.weightDecay * rate));
        const state = this.#states[v]![i]!;
        return decayed.minus(optimizer.change(state, clipped[v]![i]!, this.#steps, rate));
      })
    );
  }
}

const shapes = [[3, 4], [4]] as const;

/** Gradients of all magnitudes, so that each epsilon matters somewhere, and zeros. */
function drawGradient(random: Random): number {
  const scale = [1, 1, 1, 2 ** -8, 2 ** -24, 0][random.between(0, 5)]!;
  return scale * normal(random);
}

/** Holds an optimizer to its definition. */
export async function judgeOptimizer(
  kernel: Kernel,
  optimizers: Library["optimizers"],
  one: OptimizerCase,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  using optimizer = one.make(optimizers);
  // Half of the weights begin at 0, where the steps themselves are seen to all digits.
  const first = shapes.map((shape) =>
    drawn(shape.reduce((a, b) => a * b, 1), () => random.between(0, 1) * normal(random))
  );
  using own = new DisposableStack();
  const tensors = first.map((values, v) => own.use(kernel.tensor(shapes[v]!, values)));
  const frozen = own.use(kernel.tensor([2], [1, 2]));
  const reference = new ReferenceOptimizer(rules, one, first.map((each) => exactly(rules, each)));
  const outcomes: Outcome[] = [];
  for (let step = 1; step <= 5; step++) {
    const scale = step === 4 ? 2 ** -3 : 1;
    const gradients = first.map(({ length }) => drawn(length, () => scale * drawGradient(random)));
    using given = new DisposableStack();
    optimizer.apply(kernel, [
      ...tensors.map((tensor, v) => ({
        tensor,
        gradient: given.use(kernel.tensor(shapes[v]!, gradients[v]!)),
      })),
      { tensor: frozen, gradient: null },
    ]);
    reference.step(gradients.map((each) => exactly(rules, each)));
    const got = await readAll([...tensors, frozen]);
    for (const [v, weights] of reference.weights.entries()) {
      const what = `variable ${v + 1} after step ${step}`;
      outcomes.push(compareQuantities(what, got[v]!, weights, shapes[v]!.at(-1)!));
    }
    outcomes.push(
      compareQuantities("a variable without a gradient", got[2]!, exactly(rules, [1, 2]), 1),
    );
  }
  return merge(outcomes);
}

/**
 * An optimizer: changes variables by their gradients, one pass of the kernel for
 * each, with clipping and weight decay as Keras 3 has them
 * (keras/src/optimizers/base_optimizer.py). What it keeps for a variable lies in
 * the kernel's memory beside it.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError, OwnershipError } from "../../common/errors.ts";
import { checkOptions, type OptionChecks } from "../../common/options.ts";
import { quote } from "../../common/text.ts";
import {
  add,
  div,
  type Expression,
  max,
  min,
  mul,
  operand,
  parameter,
  perRow,
  sqrt,
  sub,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { keep } from "../../kernels/scope.ts";
import type { Layer, Variable } from "../layer.ts";
import { CompactFormula } from "./compact.ts";
import { sumAll } from "../sums.ts";
import { type FormulaKernel, spread, withFormulas } from "./formula_kernel.ts";
import { notNegative, positive } from "../numbers.ts";
import { type LearningRate, learningRate, rateAt } from "./schedules.ts";
import type { UpdateRule } from "./update_rules.ts";

/** What all optimizers may be given. */
export interface OptimizerOptions {
  /** The learning rate, a number of at least 0 or a schedule; each optimizer has its default. */
  readonly learningRate?: LearningRate;
  /** The share of each weight, times the learning rate, that it loses at each step; default none, for AdamW 0.004. */
  readonly weightDecay?: number | null;
  /** The largest norm of each variable's gradient; larger ones are shortened. */
  readonly clipnorm?: number | null;
  /** The largest magnitude of each element of a gradient. */
  readonly clipvalue?: number | null;
  /** The largest norm of all gradients together. */
  readonly globalClipnorm?: number | null;
}

const orNull = (check: (value: unknown) => string | null) => (value: unknown) =>
  value === null || check(value) === null ? null : `${check(value)} or null`;

const commonChecks: OptionChecks<OptimizerOptions> = {
  learningRate,
  weightDecay: orNull(notNegative),
  clipnorm: orNull(positive),
  clipvalue: orNull(positive),
  globalClipnorm: orNull(positive),
};

/** The options of an optimizer, checked. */
export function readOptimizerOptions<T extends OptimizerOptions>(
  owner: string,
  given: T,
  own: OptionChecks<Omit<T, keyof OptimizerOptions>>,
): T {
  const options = checkOptions<T>(owner, given, { ...commonChecks, ...own } as OptionChecks<T>);
  const clips = (["clipnorm", "clipvalue", "globalClipnorm"] as const).filter((name) =>
    (options[name] ?? null) !== null
  );
  if (clips.length > 1) {
    throw new ArgumentError(`${owner} takes one of ${clips.join(" and ")}, not several`);
  }
  return options;
}

/** A variable that an optimizer changes: what a layer's variable has. */
export type Trained = Pick<Variable, "tensor" | "gradient" | "constrain">;

const weight = operand(0);
const gradient = operand(1);
/** The squared norm that a gradient is clipped by, read by row. */
const squaredNorm = perRow(2);
/** Where states begin among the operands. */
const firstState = 3;

/** Changes variables by their gradients. Made by {@linkcode adam} and others, or named as in Keras: `"adam"`. */
export class Optimizer implements Disposable {
  #learningRate: LearningRate;
  readonly #rule: UpdateRule;
  readonly #options: OptimizerOptions;
  readonly #formula: CompactFormula;
  readonly #stateNames: readonly string[];
  readonly #states = new Map<Tensor, readonly Tensor[]>();
  #steps = 0;
  /** The model whose steps these are; null before a `fit`. */
  #models: WeakSet<object> | null = null;

  /**
   * {@linkcode adam} and others are the usual way.
   *
   * @param name Keras's name of it, in lower case: `adam`.
   * @param rule How it changes a weight.
   * @param options What all optimizers may be given, checked, with a learning rate.
   */
  constructor(
    readonly name: string,
    rule: UpdateRule,
    options: OptimizerOptions & { readonly learningRate: LearningRate },
  ) {
    this.#learningRate = options.learningRate;
    this.#rule = rule;
    this.#options = options;
    this.#stateNames = Object.keys(rule.states);
    this.#formula = this.#makeFormula();
  }

  /**
   * The learning rate: a number, or a schedule. May be set.
   *
   * @throws {ArgumentError} where it is neither.
   */
  get learningRate(): LearningRate {
    return this.#learningRate;
  }

  set learningRate(rate: LearningRate) {
    const wanted = learningRate(rate);
    if (wanted !== null) {
      throw new ArgumentError(
        `learningRate of the optimizer ${this.name} must be ${wanted}; got ${describe(rate)}`,
      );
    }
    this.#learningRate = rate;
  }

  /**
   * Takes a model as the one that it trains: its steps and what it keeps are of that one.
   *
   * @throws {OwnershipError} where it made steps with another one since it was made or {@linkcode reset}.
   */
  begin(model: object): void {
    if (this.#models && this.#steps > 0 && !this.#models.has(model)) {
      throw new OwnershipError(
        `the optimizer ${this.name} has made ${this.#steps} steps with another model; each needs one of its own, or reset() before`,
      );
    }
    this.#models = new WeakSet([model]);
  }

  /** How many steps were made. */
  get steps(): number {
    return this.#steps;
  }

  /** The learning rate of the next step. */
  get currentLearningRate(): number {
    return rateAt(this.learningRate, this.#steps);
  }

  /** The step as a formula: the parameters of the rule come first, then that of the decay. */
  #makeFormula(): CompactFormula {
    const { clipvalue, clipnorm, globalClipnorm, weightDecay } = this.#options;
    const bound = clipnorm ?? globalClipnorm ?? null;
    let clipped: Expression = gradient;
    if (bound !== null) {
      // Shortened to the bound; of an infinite norm is made NaN, not 0, so that it is seen.
      clipped = mul(clipped, div(bound, max(sqrt(squaredNorm), bound)));
    } else if (clipvalue) clipped = max(min(clipped, clipvalue), -clipvalue);
    const { parameterCount } = this.#rule;
    const p = Array.from({ length: parameterCount }, (_, i) => parameter(i));
    // Before the step, as in Keras.
    const decayed = weightDecay ? sub(weight, mul(weight, parameter(parameterCount))) : weight;
    const states = Object.fromEntries(
      this.#stateNames.map((name, i) => [name, operand(firstState + i)]),
    );
    const next = this.#rule.update(decayed, clipped, states, p);
    return new CompactFormula(next.weight, ...this.#stateNames.map((name) => next.states[name]!));
  }

  /**
   * Makes one step: changes each variable that has a gradient, in place, and what
   * is kept for it. Queued like any operation of the kernel.
   *
   * @param kernel What the variables lie in.
   * @throws {ArgumentError} where the kernel computes no formulas, or a schedule gives no rate.
   */
  apply(kernel: Kernel, variables: readonly Trained[]): void {
    const own = withFormulas(`the optimizer ${this.name}`, kernel);
    const changed = variables.filter(({ gradient }) => gradient !== null);
    const rate = this.currentLearningRate;
    const step = this.#steps + 1;
    const parameters = [...this.#rule.parameters({ rate, step })];
    const { weightDecay } = this.#options;
    if (weightDecay) parameters.push(weightDecay * rate);
    using norms = this.#normsOf(own, changed);
    for (const [i, { tensor, gradient, constrain }] of changed.entries()) {
      const states = this.#statesOf(own, tensor);
      const norm = norms.spread(i);
      this.#formula.map(
        own,
        [tensor, gradient, norm, ...states],
        [tensor, ...states],
        parameters,
      );
      norm?.[Symbol.dispose]();
      constrain?.();
    }
    this.#steps = step;
  }

  #statesOf(kernel: FormulaKernel, variable: Tensor): readonly Tensor[] {
    let states = this.#states.get(variable);
    if (states) return states;
    const first = Object.values(this.#rule.states);
    states = first.map((value) => {
      const state = keep(kernel.tensor(variable.shape));
      if (value !== 0) state.write(new Float32Array(variable.size).fill(value));
      return state;
    });
    this.#states.set(variable, states);
    return states;
  }

  /** The squared norms that the gradients are clipped by, one for each variable. */
  #normsOf(kernel: FormulaKernel, variables: readonly Trained[]): Norms {
    const { clipnorm, globalClipnorm } = this.#options;
    if (!clipnorm && !globalClipnorm) return new Norms(kernel, variables, []);
    const squares = variables.map(({ gradient }) => {
      const total = kernel.tensor([1]);
      sumAll(kernel, square, gradient!, total);
      return total;
    });
    const norms = new Norms(kernel, variables, squares);
    if (globalClipnorm) norms.join();
    return norms;
  }

  /** The values of a variable's states by their names, for files and tests; empty before its first step. */
  async statesOf(variable: Tensor): Promise<Record<string, Float32Array>> {
    const values = await readAll(this.#states.get(variable) ?? []);
    return Object.fromEntries(values.map((each, i) => [this.#stateNames[i]!, each]));
  }

  /** The states of these variables, and how many steps were made: tensors that the optimizer owns. */
  tensorsOf(kernel: FormulaKernel, variables: readonly Trained[]): readonly Tensor[] {
    return variables.flatMap(({ tensor }) => this.#statesOf(kernel, tensor));
  }

  /**
   * Goes on where an optimizer ended: with the steps that it made for this model, and
   * what it kept for each variable that is trained. What this one kept is forgotten.
   *
   * @param states For each variable that is trained, in their order, its states by their names, as {@linkcode statesOf} gives them.
   * @throws {ArgumentError} where they are not as many as the variables, one lacks a state, or the kernel computes no formulas.
   * @throws {ShapeError} where a state has another size than its variable; nothing is kept then.
   */
  restore(
    model: Pick<Layer, "kernel" | "variables">,
    steps: number,
    states: readonly Readonly<Record<string, Float32Array>>[],
  ): void {
    const own = withFormulas(`the optimizer ${this.name}`, model.kernel);
    const trained = model.variables.filter(({ trainable }) => trainable);
    if (states.length !== trained.length) {
      throw new ArgumentError(
        `the optimizer ${this.name} needs the states of ${trained.length} variables; got ${states.length}`,
      );
    }
    this.reset();
    try {
      for (const [i, { name, tensor }] of trained.entries()) {
        for (const [j, state] of this.#statesOf(own, tensor).entries()) {
          const values = states[i]![this.#stateNames[j]!];
          if (!values) {
            throw new ArgumentError(
              `the optimizer ${this.name} needs the ${this.#stateNames[j]} of ${quote(name)}`,
            );
          }
          state.write(values);
        }
      }
    } catch (error) {
      this.reset();
      throw error;
    }
    this.#steps = steps;
    this.begin(model);
  }

  /** The names of what is kept for each variable, in Keras's order. */
  get stateNames(): readonly string[] {
    return this.#stateNames;
  }

  /** A number that Keras keeps besides, which follows from the steps; undefined where there is none. */
  get kept(): number | undefined {
    return this.#rule.kept?.(this.#steps);
  }

  /** The options that it was made with, with the learning rate that it has. */
  get options(): OptimizerOptions {
    return { ...this.#options, learningRate: this.#learningRate };
  }

  /** Takes steps back, of which the states were restored. */
  rewind(steps: number): void {
    this.#steps = steps;
  }

  /** Forgets what was kept, and begins anew at step 0. */
  reset(): void {
    for (const states of this.#states.values()) {
      for (const state of states) state[Symbol.dispose]();
    }
    this.#states.clear();
    this.#steps = 0;
    this.#models = null;
  }

  /** Frees what is kept. */
  [Symbol.dispose](): void {
    this.reset();
  }
}

const sum = formula(add(operand(0), operand(1)));
const square = formula(mul(operand(0), operand(0)));

/** The squared norms of gradients, [1] each. */
class Norms implements Disposable {
  constructor(
    readonly kernel: FormulaKernel,
    readonly variables: readonly Trained[],
    readonly squares: readonly Tensor[],
  ) {}

  /** Makes each the sum of all. */
  join(): void {
    const [first, ...others] = this.squares;
    if (!first) return;
    for (const other of others) this.kernel.map(sum, [first, other], [first]);
    for (const other of others) this.kernel.copy(first, other);
  }

  spread(i: number): Tensor | null {
    const square = this.squares[i];
    if (!square) return null;
    const { shape, size } = this.variables[i]!.tensor;
    return spread(this.kernel, square, size / Math.max(1, shape.at(-1)!));
  }

  [Symbol.dispose](): void {
    for (const square of this.squares) square[Symbol.dispose]();
  }
}

/**
 * The way back from a loss that is no number: a copy of everything that training
 * changes, made every few steps on the kernel, and the steps since, made once
 * more until the bad one. So no loss is read at each step, for which a GPU would
 * wait. A copy is made when a step's loss is known to be finite, before it changes
 * the weights.
 *
 * @module
 */
import { abs, choose, operand } from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { keep } from "../../kernels/scope.ts";
import type { Layer } from "../layer.ts";
import { sumAll } from "../sums.ts";
import { Owned } from "../temporaries.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import type { Optimizer } from "./optimizer.ts";
import type { LearningRate } from "./schedules.ts";

/** A step that was made. */
export interface LoggedStep {
  /** Of which examples. */
  readonly rows: Uint32Array;
  readonly learningRate: LearningRate;
  /** From 1, as messages count. */
  readonly epoch: number;
  readonly step: number;
}

/** What makes steps again. */
export interface Replay {
  /** Forward and backward. */
  learn(rows: Uint32Array): void;
  /** Whether the losses since the last reading were finite. */
  read(): Promise<boolean>;
}

/** Where a training was brought back to. */
export interface Recovered {
  /** The last step that is kept; null for none, the weights of the beginning. */
  readonly good: LoggedStep | null;
  /** The first that is not. */
  readonly bad: LoggedStep;
}

/** 1 for what is not finite; not by a difference, which a GPU may take for 0. */
const infinite = formula(choose("lessOrEqual", abs(operand(0)), 3.4028234663852886e38, 0, 1));

/** Copies of tensors. */
class Copies implements Disposable {
  #copies = new Map<Tensor, Tensor>();

  take(kernel: FormulaKernel, tensors: Iterable<Tensor>): void {
    for (const tensor of tensors) {
      let copy = this.#copies.get(tensor);
      if (!copy) this.#copies.set(tensor, copy = keep(kernel.tensor(tensor.shape)));
      kernel.copy(tensor, copy);
    }
  }

  restore(kernel: FormulaKernel, tensors: Iterable<Tensor>): void {
    for (const tensor of tensors) kernel.copy(this.#copies.get(tensor)!, tensor);
  }

  get size(): number {
    return this.#copies.size;
  }

  [Symbol.dispose](): void {
    for (const copy of this.#copies.values()) copy[Symbol.dispose]();
    this.#copies.clear();
  }
}

/** Keeps the way back to the last step whose loss was finite. */
export class Recovery implements Disposable {
  readonly #copies = new Copies();
  /** Statistics of the beginning, for a first step that fails. */
  readonly #first = new Copies();
  #steps = 0;
  /** The last step before those of the log. */
  #before: LoggedStep | null = null;
  /** The steps since the copy, of which the first one's gradients were there already. */
  readonly #log: LoggedStep[] = [];

  constructor(
    readonly kernel: FormulaKernel,
    readonly model: Layer,
    readonly optimizer: Optimizer,
  ) {
    this.#first.take(kernel, this.#statistics());
  }

  /** How many steps were logged since the copy. */
  get logged(): number {
    return this.#log.length;
  }

  /** Whether there is no copy yet. */
  get empty(): boolean {
    return this.#copies.size === 0;
  }

  /** Copies all that a step changes, before a step whose loss is known to be finite changes it. */
  take(): void {
    this.#before = this.#log.at(-1) ?? this.#before;
    this.#log.length = 0;
    this.#copies.take(this.kernel, this.#tensors());
    this.#steps = this.optimizer.steps;
  }

  /** Notes a step, before it changes anything. */
  note(step: LoggedStep): void {
    this.#log.push(step);
  }

  /** Weights and states; of a layer whose weights do not change, there are none. */
  *#tensors(): Generator<Tensor> {
    const { variables } = this.model;
    for (const { tensor } of variables) yield tensor;
    const trained = variables.filter(({ trainable, gradient }) => trainable && gradient);
    yield* this.optimizer.tensorsOf(this.kernel, trained);
  }

  /** The statistics that a forward pass changes. */
  *#statistics(): Generator<Tensor> {
    for (const { tensor, trainable } of this.model.variables) if (!trainable) yield tensor;
  }

  /**
   * Goes back to the last good step, and says which it was; null for none, the weights of
   * the beginning. The step after it, whose loss was not finite, is the last one of the log.
   */
  async recover(replay: Replay): Promise<Recovered> {
    const { kernel, optimizer } = this;
    const log = [...this.#log];
    const end = log.at(-1)!;
    // The first step of all had no copy before it, and has changed nothing but statistics.
    if (this.empty) {
      this.#first.restore(kernel, this.#statistics());
      return { good: null, bad: end };
    }
    const rate = optimizer.learningRate;
    using before = new Copies();
    this.#copies.restore(kernel, this.#tensors());
    optimizer.rewind(this.#steps);
    let [previous, good] = [this.#before, this.#before];
    let bad: LoggedStep | null = null;
    for (const [i, step] of log.entries()) {
      replay.learn(step.rows);
      if (!await replay.read()) {
        bad = step;
        break;
      }
      // The copy has the statistics of this step already.
      if (i === 0) this.#copies.restore(kernel, this.#statistics());
      if (i === log.length - 1) break;
      before.take(kernel, this.#tensors());
      optimizer.learningRate = step.learningRate;
      optimizer.apply(kernel, this.model.variables);
      [previous, good] = [good, step];
    }
    optimizer.learningRate = rate;
    // The forward pass of the bad step has changed them.
    (before.size > 0 ? before : this.#copies).restore(kernel, this.#statistics());
    // Weights that make the loss infinite for what was no problem to those before are not good ones.
    if (bad && before.size > 0 && await this.#worse(replay, bad, before)) good = previous;
    this.#log.length = 0;
    return { good, bad: bad ?? end };
  }

  /**
   * After a step whose loss was finite: whether a step since the copy has made weights
   * that are not. If so it goes back to before that step, else nothing changes.
   */
  async undo(replay: Replay): Promise<Recovered | null> {
    const { kernel, optimizer } = this;
    const count = await this.#infinite();
    if (count === 0) return null;
    using now = new Copies();
    now.take(kernel, this.#tensors());
    this.#copies.restore(kernel, this.#tensors());
    // Such as masks of -Infinity, which were there before.
    const usual = await this.#infinite();
    if (count <= usual) {
      now.restore(kernel, this.#tensors());
      return null;
    }
    optimizer.rewind(this.#steps);
    const rate = optimizer.learningRate;
    using before = new Copies();
    const log = [...this.#log];
    let good = this.#before;
    let bad = log.at(-1)!;
    for (const [i, step] of log.entries()) {
      before.take(kernel, this.#tensors());
      replay.learn(step.rows);
      // The copy has the statistics of this step already.
      if (i === 0) this.#copies.restore(kernel, this.#statistics());
      optimizer.learningRate = step.learningRate;
      optimizer.apply(kernel, this.model.variables);
      if (i < log.length - 1 && await this.#infinite() <= usual) {
        good = step;
        continue;
      }
      bad = step;
      before.restore(kernel, this.#tensors());
      optimizer.rewind(optimizer.steps - 1);
      break;
    }
    optimizer.learningRate = rate;
    this.#log.length = 0;
    return { good, bad };
  }

  /** How many weights that training changes are not finite. */
  async #infinite(): Promise<number> {
    using own = new Owned();
    const counts = this.model.variables.filter(({ trainable, gradient }) => trainable && gradient)
      .map(({ tensor }) => {
        const count = own.use(this.kernel.tensor([1]));
        sumAll(this.kernel, infinite, tensor, count);
        return count;
      });
    return (await readAll(counts)).reduce((sum, [count = 0]) => sum + count, 0);
  }

  /** Whether the last change is to blame; if so it is taken back. */
  async #worse(replay: Replay, bad: LoggedStep, before: Copies): Promise<boolean> {
    using after = new Copies();
    after.take(this.kernel, this.#tensors());
    before.restore(this.kernel, this.#tensors());
    replay.learn(bad.rows);
    const wasFinite = await replay.read();
    before.restore(this.kernel, this.#statistics());
    if (wasFinite) {
      this.optimizer.rewind(this.optimizer.steps - 1);
      return true;
    }
    after.restore(this.kernel, this.#tensors());
    const values = await readAll(this.model.variables.map(({ tensor }) => tensor));
    if (values.every((each) => each.every(Number.isFinite))) return false;
    before.restore(this.kernel, this.#tensors());
    this.optimizer.rewind(this.optimizer.steps - 1);
    return true;
  }

  [Symbol.dispose](): void {
    this.#copies[Symbol.dispose]();
    this.#first[Symbol.dispose]();
  }
}

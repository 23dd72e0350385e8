/**
 * The loop of a training: epochs, their steps, validation, callbacks, and the
 * ends that it may come to.
 *
 * @module
 */
import { readAll } from "../../kernels/read_all.ts";
import type { Layer } from "../layer.ts";
import type { Batches } from "./batches.ts";
import type { Callback, Logs, Stopped, TrainingRun } from "./callback.ts";
import type { FitOptions } from "./fit_options.ts";
import type { Optimizer } from "./optimizer.ts";
import { Pace } from "./pace.ts";
import type { Passes } from "./passes.ts";
import { reporterOf } from "./reporter.ts";
import { type LoggedStep, type Recovered, Recovery, type Replay } from "./recovery.ts";

/** How a training went. */
export interface History {
  /** The numbers of the epochs that ended, from 1. */
  readonly epochs: readonly number[];
  /** Losses and metrics of each of them, by their names: `loss`, `accuracy`, `val_loss`. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Why it ended before its last epoch; null where it did not. */
  readonly stopped: Stopped | null;
}

/** All that a training needs. */
export interface Training {
  readonly model: Layer;
  readonly optimizer: Optimizer;
  readonly batches: Batches;
  readonly passes: Passes;
  readonly validate: (() => Promise<Logs>) | null;
  readonly options: FitOptions;
  /** The examples in the order of the next epoch. */
  readonly order: () => Uint32Array;
}

/** Losses are read after so many steps: a GPU waits once for all of them. */
const stepsPerReading = 32;

/** One training. */
class Run implements TrainingRun {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly #training: Training;
  readonly #callbacks: readonly Callback[];
  readonly #recovery: Recovery | null;
  readonly #batchSize: number;
  readonly #first: number;
  readonly #pace = new Pace();
  readonly #begun = performance.now();
  readonly #ended: number[] = [];
  readonly numbers: ReadonlyMap<string, "up" | "down" | null>;
  /** Of the epoch that ends. */
  #logs: Logs = {};
  readonly #history = new Map<string, number[]>();
  #stopped: Stopped | null = null;
  #stepsMade = 0;
  #epoch = 0;
  #step = 0;
  /** The sum of the variables' versions, as the last step left them. */
  #versions = -1;

  constructor(training: Training, recovery: Recovery | null) {
    const { epochs = 1, batchSize = 32, callbacks = [], initialEpoch = 0, verbose = 0 } =
      training.options;
    this.#training = training;
    this.#recovery = recovery;
    this.epochs = epochs;
    this.#first = initialEpoch + 1;
    this.#batchSize = batchSize;
    this.stepsPerEpoch = Math.ceil(training.batches.count / batchSize);
    this.#callbacks = verbose === 0 ? callbacks : [...callbacks, reporterOf(verbose)];
    const scores: readonly (readonly [string, "up" | "down" | null])[] = [
      ["loss", "down"],
      ...training.passes.metrics.map(({ name, direction }) => [name, direction ?? null] as const),
    ];
    this.numbers = new Map([
      ...scores,
      ...this.validates ? scores.map(([name, way]) => [`val_${name}`, way] as const) : [],
      ...callbacks.flatMap(({ logs = [] }) => logs.map((name) => [name, null] as const)),
    ]);
  }

  get optimizer(): Optimizer {
    return this.#training.optimizer;
  }

  get validates(): boolean {
    return this.#training.validate !== null;
  }

  async getWeights(): Promise<Float32Array[]> {
    return await readAll(this.#training.model.variables.map(({ tensor }) => tensor));
  }

  setWeights(values: readonly Float32Array[]): void {
    for (const [i, { tensor }] of this.#training.model.variables.entries()) {
      tensor.write(values[i]!);
    }
  }

  log(name: string, value: number): void {
    this.#logs = { ...this.#logs, ...Object.fromEntries([[name, value]]) };
  }

  stop(message: string): void {
    this.#stopped ??= {
      reason: "callback",
      message,
      epoch: this.#epoch,
      step: this.#step,
    };
  }

  async train(): Promise<History> {
    for (const callback of this.#callbacks) await callback.onTrainBegin?.(this);
    for (this.#epoch = this.#first; this.#epoch <= this.epochs; this.#epoch++) {
      for (const callback of this.#callbacks) await callback.onEpochBegin?.(this.#epoch, this);
      if (!await this.#trainEpoch()) break;
      await this.#endEpoch();
      if (this.#stopped) break;
    }
    for (const callback of this.#callbacks) await callback.onTrainEnd?.(this.#stopped, this);
    const history = Object.fromEntries(this.#history);
    return { epochs: this.#ended, history, stopped: this.#stopped };
  }

  async #endEpoch(): Promise<void> {
    const { passes, validate, options } = this.#training;
    const { loss, metrics } = passes.scores;
    const validated = validate && this.#epoch % (options.validationFreq ?? 1) === 0;
    this.#logs = { loss, ...metrics, ...validated ? await validate() : {} };
    for (const callback of this.#callbacks) {
      await callback.onEpochEnd?.(this.#epoch, this.#logs, this);
    }
    this.#ended.push(this.#epoch);
    for (const [name, value] of Object.entries(this.#logs)) {
      const values = this.#history.get(name);
      if (values) values.push(value);
      else this.#history.set(name, [value]);
    }
  }

  /** Whether the epoch came to its end. */
  async #trainEpoch(): Promise<boolean> {
    const { model, optimizer, batches, passes, order, options } = this.#training;
    const recovery = this.#recovery;
    const examples = order();
    let unread = 0;
    passes.begin();
    for (this.#step = 0; this.#step < this.stepsPerEpoch;) {
      if (options.signal?.aborted) {
        if (!recovery || await this.#isSound(recovery, unread > 0)) this.#abort();
        return false;
      }
      const from = this.#step * this.#batchSize;
      const rows = examples.slice(from, from + this.#batchSize);
      passes.learn(batches.take(rows));
      this.#step++;
      unread++;
      const logged: LoggedStep = {
        rows,
        learningRate: optimizer.learningRate,
        epoch: this.#epoch,
        step: this.#step,
      };
      // Weights that a callback has changed are no result of the steps before.
      const changed = recovery !== null && this.#versionsNow() !== this.#versions;
      if (unread === stepsPerReading || this.#step === this.stepsPerEpoch || changed) {
        const finite = await passes.read(recovery === null);
        unread = 0;
        if (!finite && recovery) {
          recovery.note(logged);
          this.#tell(await recovery.recover(this.#replay), "loss is");
          return false;
        }
        if (recovery && (changed || recovery.logged >= stepsPerReading)) recovery.take();
      }
      recovery?.note(logged);
      optimizer.apply(model.kernel, model.variables);
      this.#versions = this.#versionsNow();
      this.#stepsMade++;
      if (unread === 0) this.#report();
      await this.#pace.rest();
    }
    // The losses of the epoch say nothing of its last update.
    return !recovery || await this.#isSound(recovery, false);
  }

  get #replay(): Replay {
    const { passes, batches } = this.#training;
    return {
      learn: (rows) => passes.learn(batches.take(rows)),
      read: () => passes.read(false),
    };
  }

  /** Whether all losses so far and the weights are finite; if not, the weights of the last good step are back. */
  async #isSound(recovery: Recovery, unread: boolean): Promise<boolean> {
    if (unread && !await this.#training.passes.read(false)) {
      this.#tell(await recovery.recover(this.#replay), "loss is");
      return false;
    }
    // Weights that a callback has set are its own.
    if (this.#versionsNow() !== this.#versions || recovery.logged === 0) return true;
    const undone = await recovery.undo(this.#replay);
    if (undone) this.#tell(undone, "weights are");
    return undone === null;
  }

  /** Those of what a training changes alone: statistics are changed by looking. */
  #versionsNow(): number {
    let sum = 0;
    for (const { tensor, trainable } of this.#training.model.variables) {
      if (trainable) sum += tensor.version;
    }
    return sum;
  }

  #report(): void {
    const { loss, metrics } = this.#training.passes.scores;
    const secondsPassed = (performance.now() - this.#begun) / 1e3;
    const whole = (this.epochs - this.#first + 1) * this.stepsPerEpoch;
    const progress = {
      epoch: this.#epoch,
      epochs: this.epochs,
      step: this.#step,
      stepsPerEpoch: this.stepsPerEpoch,
      logs: { loss, ...metrics },
      secondsPassed,
      secondsLeft: secondsPassed / this.#stepsMade * (whole - this.#stepsMade),
    };
    for (const callback of this.#callbacks) callback.onProgress?.(progress);
  }

  #abort(): void {
    this.#stopped ??= {
      reason: "aborted",
      message:
        `training was aborted in epoch ${this.#epoch} after step ${this.#step} of ${this.stepsPerEpoch}; the model keeps what it has learned`,
      epoch: this.#epoch,
      step: this.#step,
    };
  }

  #tell({ good, bad }: Recovered, what: "loss is" | "weights are"): void {
    const kept = good
      ? `after epoch ${good.epoch}, step ${good.step}`
      : "from before the first step";
    this.#stopped = {
      reason: "not finite",
      message:
        `the ${what} not finite at epoch ${bad.epoch}, step ${bad.step}: training stopped with the weights ${kept}; a smaller learning rate or clipnorm may help, and inputs must be finite`,
      epoch: bad.epoch,
      step: bad.step,
    };
  }
}

/** Trains until the last epoch, or an end before it. */
export async function trainEpochs(training: Training): Promise<History> {
  const { model, optimizer, passes, options } = training;
  using recovery = options.terminateOnNaN ?? true
    ? new Recovery(passes.kernel, model, optimizer)
    : null;
  return await new Run(training, recovery).train();
}

/**
 * Callbacks with Keras's names, arguments and defaults: early stopping,
 * checkpoints, learning rates, and a log as CSV
 * (keras/src/callbacks/*.py).
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { boolean, checkOptions, type OptionCheck, wholeNumber } from "../../common/options.ts";
import { formatList, quote } from "../../common/text.ts";
import type { Callback, Logs, TrainingRun } from "./callback.ts";
import { callable, decay, notNegative } from "../numbers.ts";
import { rateAt } from "./schedules.ts";

/** Whether a number is better when it is smaller or larger; `auto` says larger for accuracies and the like. */
export type MonitorMode = "auto" | "min" | "max";

const text: OptionCheck = (value) =>
  typeof value === "string" && value !== "" ? null : "the name of a loss or metric";
const mode: OptionCheck = (value) =>
  value === "auto" || value === "min" || value === "max" ? null : 'one of "auto", "min" and "max"';
const patience = wholeNumber(0, 2 ** 32);

/** The best value so far of what is watched. */
class Watched {
  best: number | null = null;
  #rises = false;

  constructor(
    readonly owner: string,
    readonly monitor: string,
    readonly mode: MonitorMode,
  ) {}

  /**
   * Begins anew with a training.
   *
   * @throws {ArgumentError} where it has no number of this name, or nothing says which way is better.
   */
  begin({ numbers }: TrainingRun, best: number | null = null): void {
    const { owner, monitor, mode } = this;
    const direction = numbers.get(monitor);
    if (direction === undefined) {
      const hint = monitor.startsWith("val_") && !numbers.has("val_loss")
        ? "; for those with val_ fit() needs validationData or validationSplit"
        : "";
      throw new ArgumentError(
        `${owner} watches ${quote(monitor)}, but there is ${
          formatList([...numbers.keys()])
        }${hint}`,
      );
    }
    if (mode === "auto" && direction === null) {
      throw new ArgumentError(
        `${owner} cannot know whether more or less of ${
          quote(monitor)
        } is better; its option mode says so, "max" or "min"`,
      );
    }
    this.#rises = mode === "max" || mode === "auto" && direction === "up";
    this.best = best;
  }

  /** What is watched; null after an epoch that has none, without validation for example. */
  valueOf(logs: Logs): number | null {
    return Object.hasOwn(logs, this.monitor) ? logs[this.monitor]! : null;
  }

  /** Whether a value is better than the best so far by more than `least`. */
  improves(value: number, least = 0): boolean {
    if (Number.isNaN(value)) return false;
    return this.best === null ||
      (this.#rises ? value > this.best + least : value < this.best - least);
  }
}

/** The options of {@linkcode earlyStopping}. */
export interface EarlyStoppingOptions {
  /** What is watched; default `val_loss`. */
  readonly monitor?: string;
  /** By how much a value must be better to count; default 0. */
  readonly minDelta?: number;
  /** After how many epochs that were no better training ends; default 0, as soon as one is not. */
  readonly patience?: number;
  /** Whether smaller or larger values are better; default `auto`. */
  readonly mode?: MonitorMode;
  /** A value that must be reached first for an epoch to count as better; default none. */
  readonly baseline?: number | null;
  /** Whether the model gets back the weights of its best epoch; default false. */
  readonly restoreBestWeights?: boolean;
  /** How many epochs are not watched; default 0. */
  readonly startFromEpoch?: number;
}

const numberOrNull: OptionCheck = (value) =>
  value === null || typeof value === "number" && !Number.isNaN(value) ? null : "a number or null";

/**
 * Ends training when a value gets no better: Keras's `EarlyStopping`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const owner = "earlyStopping()";
  const {
    monitor = "val_loss",
    minDelta = 0,
    patience: most = 0,
    mode: given = "auto",
    baseline = null,
    restoreBestWeights = false,
    startFromEpoch = 0,
  } = checkOptions<EarlyStoppingOptions>(owner, options, {
    monitor: text,
    minDelta: notNegative,
    patience,
    mode,
    baseline: numberOrNull,
    restoreBestWeights: boolean,
    startFromEpoch: patience,
  });
  const watched = new Watched(owner, monitor, given);
  const aimed = new Watched(owner, monitor, given);
  let waited = 0;
  let best: { readonly epoch: number; readonly weights: Float32Array[] } | null = null;
  return {
    onTrainBegin(run) {
      watched.begin(run);
      aimed.begin(run, baseline);
      [waited, best] = [0, null];
    },
    async onEpochEnd(epoch, logs, run) {
      if (epoch <= startFromEpoch) return;
      const value = watched.valueOf(logs);
      if (value === null) return;
      if (restoreBestWeights && best === null) best = { epoch, weights: await run.getWeights() };
      waited++;
      if (watched.improves(value, minDelta)) {
        watched.best = value;
        if (restoreBestWeights) best = { epoch, weights: await run.getWeights() };
        // Only what beats the baseline too begins the wait anew.
        if (aimed.improves(value, minDelta)) waited = 0;
        return;
      }
      if (waited >= most && epoch > 1) {
        run.stop(`${monitor} got no better for ${waited} epochs`);
      }
    },
    onTrainEnd(_stopped, run) {
      if (best) run.setWeights(best.weights);
    },
  };
}

/** A checkpoint that {@linkcode modelCheckpoint} saves. */
export interface Checkpoint {
  /** From 1. */
  readonly epoch: number;
  /** Losses and metrics of the epoch. */
  readonly logs: Logs;
  /** Copies of the model's weights, in the order of `getWeights()`. */
  readonly weights: readonly Float32Array[];
}

/** The options of {@linkcode modelCheckpoint}. */
export interface CheckpointOptions {
  /** Called with each checkpoint, to write it to a file for example. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>;
  /** What is watched; default `val_loss`. */
  readonly monitor?: string;
  /** Whether smaller or larger values are better; default `auto`. */
  readonly mode?: MonitorMode;
  /** Whether only what is better than all before is saved; default false. */
  readonly saveBestOnly?: boolean;
}

/**
 * Hands the weights to a function after each epoch, or after each that was
 * better than all before: Keras's `ModelCheckpoint`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed.
 */
export function modelCheckpoint(options: CheckpointOptions): Callback {
  const owner = "modelCheckpoint()";
  const { save, monitor = "val_loss", mode: given = "auto", saveBestOnly = false } = checkOptions<
    CheckpointOptions
  >(owner, options, { save: callable, monitor: text, mode, saveBestOnly: boolean });
  if (save === undefined) throw new ArgumentError(`${owner} needs the option save`);
  const watched = new Watched(owner, monitor, given);
  return {
    onTrainBegin(run) {
      // As in Keras the best of one training is to be beaten in the next.
      if (saveBestOnly) watched.begin(run, watched.best);
    },
    async onEpochEnd(epoch, logs, run) {
      if (saveBestOnly) {
        const value = watched.valueOf(logs);
        if (value === null || !watched.improves(value)) return;
        watched.best = value;
      }
      await save({ epoch, logs, weights: await run.getWeights() });
    },
  };
}

/**
 * Sets the learning rate before each epoch: Keras's `LearningRateScheduler`.
 *
 * @param schedule The rate of an epoch, counted from 0 as in Keras, given the rate before it.
 * @throws {ArgumentError} where it is no function, or gives no rate.
 */
export function learningRateScheduler(
  schedule: (epoch: number, learningRate: number) => number,
): Callback {
  if (typeof schedule !== "function") {
    throw new ArgumentError(
      `learningRateScheduler() takes a function of the epoch; got ${describe(schedule)}`,
    );
  }
  return {
    logs: ["learning_rate"],
    onEpochEnd(_epoch, _logs, run) {
      run.log("learning_rate", run.optimizer.currentLearningRate);
    },
    onEpochBegin(epoch, { optimizer }) {
      const rate = schedule(epoch - 1, optimizer.currentLearningRate);
      optimizer.learningRate = rateAt(() => rate, optimizer.steps);
    },
  };
}

/** The options of {@linkcode reduceLROnPlateau}. */
export interface PlateauOptions {
  /** What is watched; default `val_loss`. */
  readonly monitor?: string;
  /** By what the rate is multiplied, below 1; default 0.1. */
  readonly factor?: number;
  /** After how many epochs that were no better; default 10. */
  readonly patience?: number;
  /** Whether smaller or larger values are better; default `auto`. */
  readonly mode?: MonitorMode;
  /** By how much a value must be better to count; default 1e-4. */
  readonly minDelta?: number;
  /** How many epochs are not counted after a change; default 0. */
  readonly cooldown?: number;
  /** The smallest rate; default 0. */
  readonly minLR?: number;
}

/**
 * Lowers the learning rate when a value gets no better: Keras's `ReduceLROnPlateau`.
 *
 * @throws {ArgumentError} where an option is unknown or not allowed, or the learning rate is a schedule.
 */
export function reduceLROnPlateau(options: PlateauOptions = {}): Callback {
  const owner = "reduceLROnPlateau()";
  const {
    monitor = "val_loss",
    factor = 0.1,
    patience: most = 10,
    mode: given = "auto",
    minDelta = 1e-4,
    cooldown = 0,
    minLR = 0,
  } = checkOptions<PlateauOptions>(owner, options, {
    monitor: text,
    factor: decay,
    patience,
    mode,
    minDelta: notNegative,
    cooldown: patience,
    minLR: notNegative,
  });
  const watched = new Watched(owner, monitor, given);
  let waited = 0;
  let cooling = 0;
  const lower = ({ optimizer }: TrainingRun) => {
    const rate = optimizer.learningRate;
    if (typeof rate !== "number") {
      throw new ArgumentError(`${owner} needs a number as learning rate; it is a schedule`);
    }
    if (rate <= minLR) return;
    optimizer.learningRate = Math.max(rate * factor, minLR);
    [cooling, waited] = [cooldown, 0];
  };
  return {
    logs: ["learning_rate"],
    onTrainBegin(run) {
      watched.begin(run);
      [waited, cooling] = [0, 0];
    },
    onEpochEnd(_epoch, logs, run) {
      run.log("learning_rate", run.optimizer.currentLearningRate);
      const value = watched.valueOf(logs);
      if (value === null) return;
      if (cooling > 0) cooling--;
      if (watched.improves(value, minDelta)) {
        watched.best = value;
        waited = 0;
      } else if (cooling === 0 && ++waited >= most) lower(run);
    },
  };
}

/** A cell as RFC 4180 has it: in quotes, which are doubled, where it could end before its end. */
const csvCell = (text: string) => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * Hands a line of comma-separated values to a function after each epoch, the
 * names before the first: Keras's `CSVLogger`. What an epoch does not have is NA.
 *
 * @param write Called with each line, without its end.
 * @throws {ArgumentError} where it is no function.
 */
export function csvLogger(write: (line: string) => void | Promise<void>): Callback {
  if (typeof write !== "function") {
    throw new ArgumentError(`csvLogger() takes a function of a line; got ${describe(write)}`);
  }
  let names: readonly string[] | null = null;
  return {
    onTrainBegin() {
      names = null;
    },
    async onEpochEnd(epoch, logs, run) {
      if (!names) {
        names = Object.keys(logs);
        // Validation may come after later epochs alone.
        const later = [...run.numbers.keys()].filter((name) =>
          name.startsWith("val_") && !names!.includes(name)
        );
        names = [...names, ...later];
        await write(["epoch", ...names].map(csvCell).join(","));
      }
      await write(
        [epoch, ...names.map((name) => Object.hasOwn(logs, name) ? logs[name] : "NA")].join(","),
      );
    },
  };
}

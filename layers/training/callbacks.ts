/**
 * Callbacks with Keras's names, arguments and defaults: early stopping,
 * checkpoints, and a log as CSV (keras/src/callbacks/*.py).
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { boolean, checkOptions, type OptionCheck } from "../../common/options.ts";
import { callable, notNegative } from "../numbers.ts";
import type { Callback, Logs } from "./callback.ts";
import { epochCount, monitored, type MonitorMode, monitorMode, Watched } from "./watched.ts";

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
 *
 * @example Until the loss falls by less than a hundredth
 * ```ts
 * import { createKernel, Dense, earlyStopping, Sequential, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
 * const stop = earlyStopping({ monitor: "loss", minDelta: 0.01, patience: 2 });
 * const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 500, callbacks: [stop] });
 * if (history.loss!.length === 500) throw new Error("it went on");
 * ```
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
    monitor: monitored,
    minDelta: notNegative,
    patience: epochCount,
    mode: monitorMode,
    baseline: numberOrNull,
    restoreBestWeights: boolean,
    startFromEpoch: epochCount,
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
 *
 * @example The weights of the best epoch so far
 * ```ts
 * import { createKernel, Dense, modelCheckpoint, Sequential, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
 * let best: readonly Float32Array[] = [];
 * const keep = modelCheckpoint({
 *   monitor: "loss",
 *   saveBestOnly: true,
 *   save: ({ weights }) => void (best = weights),
 * });
 * const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 3, callbacks: [keep] });
 * if (history.loss!.length !== 3 || best.length !== 2) throw new Error("weight and bias");
 * ```
 */
export function modelCheckpoint(options: CheckpointOptions): Callback {
  const owner = "modelCheckpoint()";
  const { save, monitor = "val_loss", mode: given = "auto", saveBestOnly = false } = checkOptions<
    CheckpointOptions
  >(owner, options, {
    save: callable,
    monitor: monitored,
    mode: monitorMode,
    saveBestOnly: boolean,
  });
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

/** A cell as RFC 4180 has it: in quotes, which are doubled, where it could end before its end. */
const csvCell = (text: string) => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * Hands a line of comma-separated values to a function after each epoch, the
 * names before the first: Keras's `CSVLogger`. What an epoch does not have is NA.
 *
 * @param write Called with each line, without its end.
 * @throws {ArgumentError} where it is no function.
 *
 * @example Lines of a table
 * ```ts
 * import { createKernel, csvLogger, Dense, Sequential, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
 * const lines: string[] = [];
 * const log = csvLogger((line) => void lines.push(line));
 * const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 3, callbacks: [log] });
 * if (lines[0] !== "epoch,loss" || lines.length !== 4) throw new Error(`${lines}`);
 * if (lines[3] !== `3,${history.loss![2]}`) throw new Error(lines[3]);
 * ```
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
        // Validation, and what a callback logs, may come after later epochs alone.
        const later = [...run.numbers.keys()].filter((name) => !names!.includes(name));
        names = [...names, ...later];
        await write(["epoch", ...names].map(csvCell).join(","));
      }
      await write(
        [epoch, ...names.map((name) => Object.hasOwn(logs, name) ? logs[name] : "NA")].join(","),
      );
    },
  };
}

/**
 * Callbacks that set the learning rate, with Keras's names, arguments and
 * defaults (keras/src/callbacks/*.py).
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { checkOptions } from "../../common/options.ts";
import { notNegative, share } from "../numbers.ts";
import type { Callback, TrainingRun } from "./callback.ts";
import { rateAt } from "./schedules.ts";
import { epochCount, monitored, type MonitorMode, monitorMode, Watched } from "./watched.ts";

/** @throws {ArgumentError} where the rate is a schedule, before the first epoch rather than when it is to be changed. */
function expectNumber(owner: string, { optimizer }: TrainingRun): void {
  if (typeof optimizer.learningRate === "number") return;
  throw new ArgumentError(
    `${owner} needs a number as the optimizer's learningRate; it is a schedule`,
  );
}

/**
 * Sets the learning rate before each epoch: Keras's `LearningRateScheduler`.
 *
 * @param schedule The rate of an epoch, counted from 0 as in Keras, given the rate before it.
 * @throws {ArgumentError} where it is no function, or gives no rate, or the optimizer has a schedule of its own.
 *
 * @example Half the rate in each epoch
 * ```ts
 * import { createKernel, Dense, learningRateScheduler, Sequential, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
 * const halve = learningRateScheduler((epoch, rate) => epoch === 0 ? rate : rate / 2);
 * const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 3, callbacks: [halve] });
 * if (`${history.learning_rate}` !== "0.1,0.05,0.025") throw new Error(`${history.learning_rate}`);
 * ```
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
    onTrainBegin: (run) => expectNumber("learningRateScheduler()", run),
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
 *
 * @example A tenth of the rate where the loss does not fall by 100
 * ```ts
 * import { createKernel, Dense, reduceLROnPlateau, Sequential, sgd } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
 * model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
 * const lower = reduceLROnPlateau({ monitor: "loss", minDelta: 100, patience: 1, minLR: 0.01 });
 * const { history } = await model.fit([[1], [2]], [1, 2], { epochs: 3, callbacks: [lower] });
 * const rates = history.learning_rate!.map((rate) => +rate.toFixed(4));
 * if (`${rates}` !== "0.1,0.1,0.01") throw new Error(`${rates}`);
 * ```
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
    monitor: monitored,
    factor: share,
    patience: epochCount,
    mode: monitorMode,
    minDelta: notNegative,
    cooldown: epochCount,
    minLR: notNegative,
  });
  const watched = new Watched(owner, monitor, given);
  let waited = 0;
  let cooling = 0;
  const lower = ({ optimizer }: TrainingRun) => {
    const rate = optimizer.currentLearningRate;
    if (rate <= minLR) return;
    optimizer.learningRate = Math.max(rate * factor, minLR);
    [cooling, waited] = [cooldown, 0];
  };
  return {
    logs: ["learning_rate"],
    onTrainBegin(run) {
      expectNumber(owner, run);
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

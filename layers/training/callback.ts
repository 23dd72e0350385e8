/**
 * What is called while a model is trained: the interface of callbacks, and what
 * they are told.
 *
 * @module
 */
import type { Optimizer } from "./optimizer.ts";

/** Losses and metrics by their names, as Keras has them: `loss`, `accuracy`, `val_loss`. */
export type Logs = Readonly<Record<string, number>>;

/** Why training ended before its last epoch. */
export interface Stopped {
  /** A callback, `AbortSignal`, or a loss that was not finite. */
  readonly reason: "callback" | "aborted" | "not finite";
  /** One line for people. */
  readonly message: string;
  /** In which epoch, from 1. */
  readonly epoch: number;
  /** After how many steps of it, or for a loss that was not finite, at which step, from 1. */
  readonly step: number;
}

/** A training that runs, as callbacks see it. */
export interface TrainingRun {
  /** The model's weights in the order of `getWeights()`: copies. */
  getWeights(): Promise<Float32Array[]>;
  /** Sets the weights that {@linkcode TrainingRun.getWeights} gave. */
  setWeights(values: readonly Float32Array[]): void;
  /** What changes the weights; its learning rate may be set. */
  readonly optimizer: Optimizer;
  /** How many epochs there are to be. */
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Whether there is validation, be it not after each epoch. */
  readonly validates: boolean;
  /** The numbers that epochs are known to have, by their names, with whether more of them is better, `up`, or less; null where that is not known. */
  readonly numbers: ReadonlyMap<string, "up" | "down" | null>;
  /** Adds a number to those of the epoch that ends, for the callbacks behind and the history. */
  log(name: string, value: number): void;
  /** Ends the training after this epoch. */
  stop(message: string): void;
}

/** How far a training is. */
export interface Progress {
  /** The epoch that runs, from 1. */
  readonly epoch: number;
  /** How many epochs there are to be. */
  readonly epochs: number;
  /** How many steps of it are made. */
  readonly step: number;
  /** How many steps an epoch has. */
  readonly stepsPerEpoch: number;
  /** Losses and metrics of the epoch so far. */
  readonly logs: Logs;
  /** Since training began. */
  readonly secondsPassed: number;
  /** As long as the steps that remain take at the speed so far; validation included once there was one. */
  readonly secondsLeft: number;
}

/** What is called while a model is trained. All methods may be absent, and may be asynchronous, but for `onProgress`. */
export interface Callback {
  /** The names of the numbers that it adds by {@linkcode TrainingRun.log}, so that others can watch them. */
  readonly logs?: readonly string[];
  /** Before the first epoch. */
  onTrainBegin?(run: TrainingRun): void | Promise<void>;
  /** Before each epoch, which is counted from 1. */
  onEpochBegin?(epoch: number, run: TrainingRun): void | Promise<void>;
  /** Every few steps, when losses were read: at least at the end of each epoch. */
  onProgress?(progress: Progress): void;
  /** After each epoch, which is counted from 1, with what came out of it: names of validation begin with `val_`. */
  onEpochEnd?(epoch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
  /** At the end, which may have come before the last epoch. */
  onTrainEnd?(stopped: Stopped | null, run: TrainingRun): void | Promise<void>;
}

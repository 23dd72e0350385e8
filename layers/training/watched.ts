/**
 * What callbacks watch: a number of each epoch by its name, which way is better,
 * and the best so far (keras/src/callbacks/monitor_callback.py).
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { oneOf, type OptionCheck, wholeNumber } from "../../common/options.ts";
import { formatList, quote } from "../../common/text.ts";
import type { Logs, TrainingRun } from "./callback.ts";

/** Whether a number is better when it is smaller or larger; `auto` says larger for accuracies and the like. */
export type MonitorMode = "auto" | "min" | "max";

/** Allows names of what can be watched. */
export const monitored: OptionCheck = (value) =>
  typeof value === "string" && value !== "" ? null : "the name of a loss or metric";
/** Allows modes. */
export const monitorMode: OptionCheck = oneOf("auto", "min", "max");
/** Allows numbers of epochs. */
export const epochCount = wholeNumber(0, 2 ** 32);

/** The best value so far of what is watched. */
export class Watched {
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

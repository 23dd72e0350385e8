/**
 * Losses by Keras's names, in any of its spellings: `mse`, `MSE`,
 * `mean_squared_error`, `MeanSquaredError`.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError } from "../../common/errors.ts";
import { formatList } from "../../common/text.ts";
import { spelled } from "../names.ts";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "./crossentropy.ts";
import {
  binaryCrossentropy,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
} from "./elementwise_losses.ts";
import type { Loss } from "./loss.ts";

/** The name of a loss, as Keras has it. */
export type LossName = LongName | ShortName;

/** The name of a loss in full. */
export type LongName =
  | "mean_squared_error"
  | "mean_absolute_error"
  | "mean_absolute_percentage_error"
  | "mean_squared_logarithmic_error"
  | "huber"
  | "log_cosh"
  | "poisson"
  | "kl_divergence"
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy";

/** The name of a loss in short. */
export type ShortName = "mse" | "mae" | "mape" | "msle" | "bce" | "kld";

const makers: Readonly<Record<LongName, () => Loss>> = {
  mean_squared_error: meanSquaredError,
  mean_absolute_error: meanAbsoluteError,
  mean_absolute_percentage_error: meanAbsolutePercentageError,
  mean_squared_logarithmic_error: meanSquaredLogarithmicError,
  huber,
  log_cosh: logCosh,
  poisson,
  kl_divergence: klDivergence,
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
};

const shortNames: Readonly<Record<ShortName, LongName>> = {
  mse: "mean_squared_error",
  mae: "mean_absolute_error",
  mape: "mean_absolute_percentage_error",
  msle: "mean_squared_logarithmic_error",
  bce: "binary_crossentropy",
  kld: "kl_divergence",
};

/** All names of losses, without other spellings. */
export const lossNames: readonly LossName[] = [
  ...Object.keys(makers) as LongName[],
  ...Object.keys(shortNames) as ShortName[],
];

/** What makes the loss of a name; undefined where there is none. */
export function lossOfName(name: string): (() => Loss) | undefined {
  const found = spelled(lossNames, name);
  if (found === undefined) return undefined;
  return makers[shortNames[found as ShortName] ?? found as LongName];
}

/** Whether a value is a loss. */
export function isLoss(value: unknown): value is Loss {
  const { name, compute, targets } = (value ?? {}) as Partial<Record<keyof Loss, unknown>>;
  return typeof name === "string" && typeof compute === "function" &&
    (targets === "values" || targets === "labels");
}

/**
 * The loss that was given, or is called so.
 *
 * @throws {ArgumentError} where there is none of that name.
 */
export function readLoss(given: unknown): Loss {
  if (isLoss(given)) return given;
  const make = typeof given === "string" ? lossOfName(given) : undefined;
  if (make) return make();
  throw new ArgumentError(
    `a loss is made by functions such as meanSquaredError(), or one of ${
      formatList(lossNames)
    }; got ${describe(given)}`,
  );
}

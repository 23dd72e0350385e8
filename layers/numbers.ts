/**
 * Checks of numbers among options, besides those of `common/options.ts`.
 *
 * @module
 */
import type { OptionCheck } from "../../common/options.ts";

const numberThat = (allowed: (value: number) => boolean, wanted: string): OptionCheck => (value) =>
  typeof value === "number" && Number.isFinite(value) && allowed(value) ? null : wanted;

/** Allows finite numbers. */
export const finite: OptionCheck = numberThat(() => true, "a finite number");
/** Allows finite numbers above 0. */
export const positive: OptionCheck = numberThat((value) => value > 0, "a number above 0");
/** Allows finite numbers of at least 0. */
export const notNegative: OptionCheck = numberThat((value) => value >= 0, "a number of at least 0");
/** Allows numbers in [0, 1]. */
export const fraction: OptionCheck = numberThat(
  (value) => value >= 0 && value <= 1,
  "a number from 0 to 1",
);
/** Allows numbers in [0, 1). */
export const decay: OptionCheck = numberThat(
  (value) => value >= 0 && value < 1,
  "a number from 0 to below 1",
);
/** Allows functions. */
export const callable: OptionCheck = (value) => typeof value === "function" ? null : "a function";

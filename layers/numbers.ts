/**
 * Checks of numbers among options, besides those of `common/options.ts`.
 *
 * @module
 */
import type { OptionCheck } from "../common/options.ts";

/** Whether a value is a number that float32 has as a finite one. */
export function isFloat(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

const numberThat = (allowed: (value: number) => boolean, wanted: string): OptionCheck => (value) =>
  typeof value === "number" && Number.isFinite(value) && allowed(value) ? null : wanted;

/** The same of what kernels compute with: a number that float32 rounds to 0, or to an infinity, is that. */
function float32That(allowed: (value: number) => boolean, wanted: string): OptionCheck {
  const check = numberThat(allowed, wanted);
  return (value) => {
    const refused = check(value);
    if (refused !== null) return refused;
    return check(Math.fround(value as number)) === null ? null : `${wanted} in float32`;
  };
}

const isShare = (value: number) => value >= 0 && value < 1;

/** Allows finite numbers. */
export const finite: OptionCheck = float32That(() => true, "a finite number");
/** Allows finite numbers above 0. */
export const positive: OptionCheck = float32That((value) => value > 0, "a number above 0");
/** Allows finite numbers of at least 0. */
export const notNegative: OptionCheck = float32That(
  (value) => value >= 0,
  "a number of at least 0",
);
/** Allows numbers in [0, 1]. */
export const fraction: OptionCheck = numberThat(
  (value) => value >= 0 && value <= 1,
  "a number from 0 to 1",
);
/** Allows numbers in [0, 1). */
export const share: OptionCheck = numberThat(isShare, "a number from 0 to below 1");
/** The same of what kernels compute with. */
export const decay: OptionCheck = float32That(isShare, "a number from 0 to below 1");
/** Allows functions. */
export const callable: OptionCheck = (value) => typeof value === "function" ? null : "a function";

/**
 * How many rows of an input are verified where the user does not say how many.
 *
 * @module
 */
import type { Model } from "../../models/model.ts";

// The float64 reference takes some nanoseconds for a multiply-add: so many take seconds.
const work = 2 ** 29;
// An activation and its bounds take about as long as so many multiply-adds.
const activationWork = 32;
// 512 MiB of float32.
const mostValues = 2 ** 27;

/** How many rows are verified in some seconds. */
export function affordableRows({ layers, inputs }: Model): number {
  const each = layers.reduce(
    (sum, { inputs, units, weight, rows = 1 }) =>
      sum + rows * units * ((weight ? inputs : 0) + activationWork),
    0,
  );
  return Math.max(1, Math.min(Math.floor(work / each), Math.floor(mostValues / inputs)));
}

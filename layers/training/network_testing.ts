/**
 * For tests: a small network of dense layers in float64, its loss, and the
 * gradient by every weight by central differences; nothing is shared with layers
 * or kernels.
 *
 * @module
 */
import { references } from "../../verify/reference_activations.ts";
import type { Activation } from "../../kernels/activation.ts";
import { centralDifferences } from "./training_testing.ts";

type Row = readonly number[];
type Rows = readonly Row[];

/** A dense layer as numbers. */
export interface Part {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
}

function activate(activation: Activation, z: Row): Row {
  if (activation !== "softmax") return z.map((value) => references[activation].value(value));
  const most = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The network's result for a row; `weights` are those of all layers in a row, weight before bias. */
function resultOf(parts: readonly Part[], weights: Row, x: Row): Row {
  let at = 0;
  let row = x;
  for (const { inputs, units, activation } of parts) {
    const from = row;
    const w = at;
    const b = at += inputs * units;
    const z = Array.from({ length: units }, (_, j) => {
      let sum = weights[b + j]!;
      for (let i = 0; i < inputs; i++) sum += from[i]! * weights[w + i * units + j]!;
      return sum;
    });
    at += units;
    row = activate(activation, z);
  }
  return row;
}

/** The mean of a loss over rows. */
export function lossOf(
  parts: readonly Part[],
  weights: Row,
  x: Rows,
  t: Rows,
  loss: (y: Row, t: Row) => number,
): number {
  const costs = x.map((row, i) => loss(resultOf(parts, weights, row), t[i]!));
  return costs.reduce((a, b) => a + b, 0) / costs.length;
}

/** Its gradient by every weight. */
export function gradientOf(
  parts: readonly Part[],
  weights: Row,
  x: Rows,
  t: Rows,
  loss: (y: Row, t: Row) => number,
): number[] {
  return centralDifferences((at) => lossOf(parts, at, x, t, loss), weights);
}

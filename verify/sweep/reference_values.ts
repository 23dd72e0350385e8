/**
 * The right results of a stretch of inputs, by the float64 reference or the
 * line that equals it there. Each activation has a loop of its own: one loop for
 * all would call its function through a pointer, where an engine inlines it
 * into a loop that has only ever called one.
 *
 * @module
 */
import { references } from "../reference_activations.ts";
import { asymptote } from "./asymptotes.ts";
import type { Pointwise } from "./findings.ts";

/** Fills want[i] for from <= i < to. */
type Fill = (z: Float32Array, want: Float64Array, from: number, to: number) => void;

/**
 * A loop around an activation's function. It is compiled from a source of its
 * own, since an engine keeps its type feedback, and so what it inlines, by
 * source: closures made by one function would share it.
 */
function loopAround(activation: Pointwise): Fill {
  const makeLoop = new Function(
    "value",
    `return function ${activation}(z, want, from, to) {
      for (let i = from; i < to; i++) want[i] = value(z[i]);
    }`,
  ) as (value: (z: number) => number) => Fill;
  return makeLoop(references[activation].value);
}

const fills = new Map<Pointwise, Fill>();

/** want[i] = activation(z[i]) for from <= i < to, all of whose z are finite and in one bin. */
export function fillReference(
  activation: Pointwise,
  bin: number,
  z: Float32Array,
  want: Float64Array,
  from: number,
  to: number,
): void {
  const line = asymptote(activation, bin);
  if (line !== null) {
    const { offset, slope } = line;
    for (let i = from; i < to; i++) want[i] = offset + slope * z[i]!;
    return;
  }
  let fill = fills.get(activation);
  if (fill === undefined) fills.set(activation, fill = loopAround(activation));
  fill(z, want, from, to);
}

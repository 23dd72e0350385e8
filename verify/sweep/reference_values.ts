/**
 * The right results of a stretch of inputs, by the float64 reference or the
 * line that equals it there. Each activation has a loop of its own: one loop for
 * all would call its function through a pointer, where an engine inlines it
 * into a loop that has only ever called one.
 *
 * @module
 */
import type { GradientSize } from "../reference_gradients.ts";
import type { SweptName } from "./findings.ts";
import { sweptFunctions } from "./functions.ts";

/** A name as JavaScript has them. */
const identifier = (name: string) => name.replaceAll("-", "_");

/** Fills want[i] for from <= i < to. */
type Fill = (z: Float32Array, want: Float64Array, from: number, to: number) => void;

/**
 * A loop around an activation's function. It is compiled from a source of its
 * own, since an engine keeps its type feedback, and so what it inlines, by
 * source: closures made by one function would share it. A page's policy allows
 * no source that is made there, and its sweeps are short enough without.
 */
function loopAround(name: string, value: (x: number) => number): Fill {
  if (!("Deno" in globalThis)) {
    return (z, want, from, to) => {
      for (let i = from; i < to; i++) want[i] = value(z[i]!);
    };
  }
  const makeLoop = new Function(
    "value",
    `return function ${identifier(name)}(z, want, from, to) {
      for (let i = from; i < to; i++) want[i] = value(z[i]);
    }`,
  ) as (value: (z: number) => number) => Fill;
  return makeLoop(value);
}

const fills = new Map<string, Fill>();

/** The loop around a function, which is compiled once for each name. */
function fillOf(name: string, value: (x: number) => number): Fill {
  let fill = fills.get(name);
  if (fill === undefined) fills.set(name, fill = loopAround(name, value));
  return fill;
}

/** sizes[i] = the size by which the error at z[i] is measured, for from <= i < to; `want` is filled. */
export function fillSize(
  size: GradientSize,
  z: Float32Array,
  want: Float64Array,
  sizes: Float64Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) sizes[i] = size(z[i]!, want[i]!);
}

/** want[i] = the function of z[i] for from <= i < to, all of whose z are finite and in one bin. */
export function fillReference(
  name: SweptName,
  bin: number,
  z: Float32Array,
  want: Float64Array,
  from: number,
  to: number,
): void {
  const { line: lineOf, value } = sweptFunctions[name];
  const line = lineOf(bin);
  if (line !== null) {
    const { offset, slope } = line;
    for (let i = from; i < to; i++) want[i] = offset + slope * z[i]!;
    return;
  }
  fillOf(name, value)(z, want, from, to);
}

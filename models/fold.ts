/**
 * Scales and shifts of columns folded into the Dense layers beside them: into
 * the one before where its activation is linear, else into the one behind, as
 * converters for inference do it. Computed in double precision; each weight is
 * rounded once, at the end.
 *
 * @module
 */
import type { Affine } from "./affine.ts";
import type { ModelLayer } from "./model.ts";

type Array64 = Float32Array | Float64Array;

/** A layer whose weights may still be in double precision. */
export interface Folding extends Omit<ModelLayer, "weight" | "bias"> {
  readonly weight: Array64 | null;
  readonly bias: Array64 | null;
}

// A diagonal matrix of so many columns takes 16 MiB.
const mostDiagonal = 2048;

const at = (list: Float64Array, i: number) => list[i % list.length]!;

/** Dense, then an affine map: both as one Dense. */
export function foldBehind(layer: Folding, { scale, shift }: Affine): Folding {
  const { inputs, units, weight, bias } = layer;
  const folded = new Float64Array(inputs * units);
  for (let i = 0; i < folded.length; i++) folded[i] = weight![i]! * at(scale, i % units);
  const sum = new Float64Array(units);
  for (let j = 0; j < units; j++) sum[j] = (bias?.[j] ?? 0) * at(scale, j) + at(shift, j);
  return { ...layer, weight: folded, bias: sum };
}

/** An affine map, then Dense: both as one Dense. */
export function foldBefore(layer: Folding, { scale, shift }: Affine): Folding {
  const { inputs, units, weight, bias } = layer;
  const folded = new Float64Array(inputs * units);
  const sum = new Float64Array(units);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < units; j++) {
      const w = weight![i * units + j]!;
      folded[i * units + j] = w * at(scale, i);
      sum[j]! += w * at(shift, i);
    }
  }
  for (let j = 0; j < units; j++) sum[j]! += bias?.[j] ?? 0;
  return { ...layer, weight: folded, bias: sum };
}

/** Two affine maps, one after the other, as one. */
export function compose(first: Affine, second: Affine): Affine {
  const length = Math.max(first.scale.length, second.scale.length);
  const scale = new Float64Array(length);
  const shift = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    scale[i] = at(first.scale, i) * at(second.scale, i);
    shift[i] = at(first.shift, i) * at(second.scale, i) + at(second.shift, i);
  }
  return { scale, shift };
}

/** An affine map by itself, as a Dense of a diagonal matrix; null where that would be too large. */
export function diagonal(name: string, { scale, shift }: Affine, width: number): Folding | null {
  if (width > mostDiagonal) return null;
  const weight = new Float64Array(width * width);
  for (let i = 0; i < width; i++) weight[i * width + i] = at(scale, i);
  const bias = Float64Array.from({ length: width }, (_, i) => at(shift, i));
  return { name, activation: "linear", inputs: width, units: width, weight, bias };
}

/** An affine map by itself, of each column. */
export function columns(name: string, { scale, shift }: Affine, width: number): Folding {
  const spread = (list: Float64Array) =>
    Float32Array.from({ length: width }, (_, i) => at(list, i));
  const activation = { name: "affine", scale: spread(scale), shift: spread(shift) } as const;
  return { name, activation, inputs: width, units: width, weight: null, bias: null };
}

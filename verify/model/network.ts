/**
 * A network in float64, layer by layer, and how far a float32 kernel may be from
 * it: errors of the layers before go through |W|, the layer's own rounding is
 * added, and the activation maps the interval (forward error analysis, Higham,
 * Accuracy and Stability, §3.1).
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { transpose } from "../../common/matrix.ts";
import { formatShort } from "../../common/numbers.ts";
import { quote } from "../../common/text.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { ActivationBounds } from "../activation_bounds.ts";
import { productBound } from "../bounds.ts";
import { referenceProduct, type ReferenceSums } from "../reference.ts";
import type { Model, ModelLayer } from "../../models/model.ts";
import { columnsOf, layerBounds, referenceOf } from "./layer_activation.ts";

// Half of float32's range: a kernel's sums then cannot overflow on the way, in any order.
const largest = 2 ** 127;

/** The dimensions of a layer for so many rows of the network's input; k is 0 where nothing is multiplied. */
export function dimensionsOf(
  { inputs, units, weight, rows = 1 }: ModelLayer,
  m: number,
): Dimensions {
  return { m: m * rows, n: units, k: weight ? inputs : 0 };
}

/** A network of one layer, on rows of its own. */
export function aloneOf({ rows: _, ...layer }: ModelLayer): Model {
  const { name, inputs } = layer;
  return { name, layers: [layer], inputs, flatten: false, notes: [] };
}

/** A layer of the float64 network. */
export interface ExactLayer {
  readonly terms: ReferenceSums;
  readonly y: Float64Array;
}

/** A network's layers in float64. */
export class ExactNetwork {
  /** The weights as [units, inputs]: the reference goes along k, where memory is then contiguous. */
  readonly #transposed: readonly (Float32Array | null)[];

  constructor(readonly layers: readonly ModelLayer[]) {
    const once = new Map<Float32Array, Float32Array>();
    this.#transposed = layers.map(({ weight, inputs, units }) => {
      if (!weight) return null;
      const transposed = once.get(weight) ?? transpose(weight, inputs, units);
      once.set(weight, transposed);
      return transposed;
    });
  }

  /** x · weight + bias of layer i, or x itself where it is an Activation. */
  terms(i: number, x: Float64Array | Float32Array, rows: number): ReferenceSums {
    const layer = this.layers[i]!;
    const weight = this.#transposed[i];
    if (weight) {
      const options = { bias: layer.bias, transposeB: true };
      return referenceProduct(dimensionsOf(layer, rows), x, weight, options);
    }
    const value = Float64Array.from(x);
    return { value, gauge: value.map(Math.abs) };
  }

  /**
   * The results of layer i.
   *
   * @param firstRow The number of the first row, for messages.
   * @throws {ArgumentError} where its values leave the range of float32, in which no bound holds.
   */
  layer(i: number, x: Float64Array | Float32Array, rows: number, firstRow = 0): ExactLayer {
    const own = this.layers[i]!;
    const terms = this.terms(i, x, rows);
    const y = referenceOf(own, terms.value);
    const per = own.rows ?? 1;
    const expectSmall = (at: number, columns: number, result: number | null) => {
      const gauge = terms.gauge[at] as number;
      if (Math.abs(result ?? 0) <= largest && (result !== null || gauge <= largest)) return;
      const shown = result ?? y[Math.min(at, y.length - 1)] as number;
      throw new ArgumentError(
        `layer ${quote(own.name)} leaves float32's range in row ${
          firstRow + Math.floor(at / columns / per)
        }: its terms add up to ${formatShort(gauge)}, its result is ${
          formatShort(shown)
        }; at most 2^127 can be verified`,
      );
    };
    for (let at = 0; at < terms.gauge.length; at++) expectSmall(at, columnsOf(own), null);
    for (let at = 0; at < y.length; at++) expectSmall(at, own.units, y[at] as number);
    return { terms, y };
  }
}

/** Bounds of a layer's results where its inputs are exactly what the terms were made of. */
export function stageBounds(
  layer: ModelLayer,
  { value, gauge }: ReferenceSums,
  traits: KernelTraits,
): ActivationBounds {
  const { units, weight, bias, inputs } = layer;
  const deltaZ = weight
    ? gauge.map((total, i) =>
      productBound(
        traits,
        inputs,
        { value: value[i] as number, gauge: total },
        bias ? bias[i % units] as number : null,
      )
    )
    : new Float64Array(value.length);
  return layerBounds(layer, value, deltaZ, traits);
}

/** delta · |weight|: how far a product moves where its left operand is known to delta. */
function spreadOf(
  { m, n, k }: Dimensions,
  delta: Float64Array,
  weight: Float32Array,
): Float64Array {
  const spread = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const row = spread.subarray(i * n, (i + 1) * n);
    for (let p = 0; p < k; p++) {
      // The sums' own rounding is below k·2^-53, and k below 2^23.
      const each = (delta[i * k + p] as number) * (1 + 2 ** -29);
      if (each === 0) continue;
      const at = p * n;
      for (let j = 0; j < n; j++) row[j]! += each * Math.abs(weight[at + j] as number);
    }
  }
  return spread;
}

/**
 * How far a kernel's results of a layer may lie from the float64 network's,
 * where its inputs may lie as far as `delta`; Infinity, or as far as float32 goes,
 * where nothing is known.
 */
export function propagate(
  layer: ModelLayer,
  { terms: { value, gauge } }: ExactLayer,
  delta: Float64Array,
  traits: KernelTraits,
  rows: number,
): Float64Array {
  const { units, weight, bias, inputs } = layer;
  let deltaZ = delta;
  if (weight) {
    const spread = spreadOf(dimensionsOf(layer, rows), delta, weight);
    deltaZ = spread.map((far, i) => {
      const terms = {
        value: Math.abs(value[i] as number) + far,
        gauge: (gauge[i] as number) + far,
      };
      const addend = bias ? bias[i % units] as number : null;
      return far + productBound(traits, inputs, terms, addend);
    });
  }
  const { want, edges } = layerBounds(layer, value, deltaZ, traits);
  return want.map((_, i) => {
    const { below, above } = edges(i);
    const most = Math.max(below, above);
    return Number.isNaN(most) ? Infinity : most;
  });
}

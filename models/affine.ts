/**
 * The layers of Keras that scale and shift each column, as numbers in double
 * precision: what BatchNormalization, Normalization and Rescaling do when a
 * model is run (keras/src/layers/normalization and preprocessing).
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";

/** y = x · scale + shift; each of one number, or of one for each column. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** What Keras divides by at least where it normalises by a variance in the configuration. */
const smallest = 1e-7;

/** A number, or a list of them however deep it is nested, as Keras takes both. */
function numbersOf(fields: JsonFields, key: string, otherwise: number): number[] {
  const value = fields.maybe(key, () => fields.any(key)) ?? otherwise;
  const numbers = Array.isArray(value) ? (value as unknown[]).flat(100) : [value];
  const fits = (each: unknown): each is number => typeof each === "number" && Number.isFinite(each);
  // Keras computes with them as float32.
  if (numbers.length > 0 && numbers.every(fits)) return numbers.map(Math.fround);
  return fields.fail(key, "must be a number or a list of numbers");
}

/** The same where Keras broadcasts what is nested: a list within lists that hold nothing else is one for the columns. */
function columnsOf(fields: JsonFields, key: string, otherwise: number): number[] {
  const numbers = numbersOf(fields, key, otherwise);
  let inner: unknown = fields.maybe(key, () => fields.any(key));
  while (Array.isArray(inner) && inner.length === 1) inner = inner[0];
  const isRow = !Array.isArray(inner) || !inner.some(Array.isArray);
  return isRow
    ? numbers
    : fields.fail(key, "is nested; one number, or a list of one for each column, is run");
}

/** The longer of several lists; others may have a single number for all columns. */
function lengthOf(fields: JsonFields, lists: readonly ArrayLike<number>[]): number {
  const length = Math.max(...lists.map((list) => list.length));
  if (lists.every((list) => list.length === length || list.length === 1)) return length;
  return fields.fail(
    "name",
    `is of a layer whose lists have ${lists.map((list) => list.length)} numbers`,
  );
}

const at = (list: ArrayLike<number>, i: number) => list.length === 1 ? list[0]! : list[i]!;

function make(length: number, of: (i: number) => readonly [scale: number, shift: number]): Affine {
  const [scale, shift] = [new Float64Array(length), new Float64Array(length)];
  for (let i = 0; i < length; i++) [scale[i], shift[i]] = of(i) as [number, number];
  return { scale, shift };
}

/** What a layer of one of the three classes does. */
export function affineOf(
  className: string,
  fields: JsonFields,
  weights: ReadonlyMap<string, Float32Array>,
): Affine {
  const weight = (name: string) => weights.get(name);
  if (className === "Rescaling") {
    const [scale, offset] = [columnsOf(fields, "scale", 1), columnsOf(fields, "offset", 0)];
    return make(lengthOf(fields, [scale, offset]), (i) => [at(scale, i), at(offset, i)]);
  }
  if (className === "Normalization") {
    const mean = weight("mean") ?? numbersOf(fields, "mean", 0);
    const variance = weight("variance") ?? numbersOf(fields, "variance", 1);
    const invert = fields.maybe("invert", () => fields.flag("invert")) ?? false;
    return make(lengthOf(fields, [mean, variance]), (i) => {
      const deviation = Math.max(Math.sqrt(at(variance, i)), smallest);
      return invert ? [deviation, at(mean, i)] : [1 / deviation, -at(mean, i) / deviation];
    });
  }
  const one = new Float32Array([1]);
  const zero = new Float32Array(1);
  const [gamma, beta] = [weight("gamma") ?? one, weight("beta") ?? zero];
  const [mean, variance] = [weight("moving_mean") ?? zero, weight("moving_variance") ?? one];
  const epsilon = fields.has("epsilon") ? fields.number("epsilon", 0) : 1e-3;
  return make(lengthOf(fields, [gamma, beta, mean, variance]), (i) => {
    const scale = at(gamma, i) / Math.sqrt(at(variance, i) + epsilon);
    return [scale, at(beta, i) - at(mean, i) * scale];
  });
}

/**
 * The shape of one example, without the batch's axis, as layers change it: how
 * many numbers it has, what a Reshape makes of it, and an array repeated to it.
 *
 * @module
 */

/** The length of each axis; null for one that is open. */
export type Axes = readonly (number | null)[];

/** How many numbers a shape has; null where that is not known. */
export function sizeOf(shape: Axes | null): number | null {
  if (shape === null || shape.includes(null)) return null;
  return shape.reduce<number>((product, axis) => product * axis!, 1);
}

/**
 * The shape that a Reshape gives, of which one axis may be −1 for what is left;
 * null where it does not fit.
 */
export function withTarget(shape: Axes | null, target: readonly unknown[]): Axes | null {
  const isAxis = (axis: unknown): axis is number => Number.isSafeInteger(axis) && Number(axis) > 0;
  if (target.length === 0 || !target.every((axis) => axis === -1 || isAxis(axis))) return null;
  const open = target.filter((axis) => axis === -1).length;
  if (open > 1) return null;
  const rest = target.filter(isAxis).reduce((product, axis) => product * axis, 1);
  const size = sizeOf(shape);
  // Of an open shape what is left is open too.
  if (size === null) return target.map((axis) => axis === -1 ? null : axis as number);
  if (open === 0 ? rest !== size : size % rest !== 0) return null;
  return target.map((axis) => axis === -1 ? size / rest : axis as number);
}

/** An array repeated along the axes in which it has one number; null where it does not fit. */
export function tiled(
  values: Float32Array,
  from: readonly number[],
  to: Axes | null,
): Float32Array | null {
  const size = sizeOf(to);
  if (size === null || from.length === 0) return null;
  const shape = to as readonly number[];
  // Leading axes of 1 may be there that the shape has not.
  const own = from.slice(-shape.length);
  const extra = from.slice(0, from.length - own.length);
  const aligned = own.length === shape.length &&
    own.every((axis, i) => axis === 1 || axis === shape[i]) && extra.every((axis) => axis === 1);
  if (!aligned) return null;
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const place = rest % shape[axis]!;
      rest = (rest - place) / shape[axis]!;
      if (own[axis] !== 1) at += place * stride;
      stride *= own[axis]!;
    }
    result[i] = values[at]!;
  }
  return result;
}

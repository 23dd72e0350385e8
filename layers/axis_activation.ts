/**
 * Row activations along other axes than the last: elements are put so that these
 * axes come last and are one, and back afterwards.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { describe } from "../common/describe.ts";
import { formatShape } from "../kernels/checks.ts";
import type { Tensor } from "../kernels/kernel.ts";
import type { Rowwise } from "./row_activations.ts";
import {
  type FormulaKernel,
  invertedIndex,
  takeElements,
  transposedIndex,
  withTemporaries,
} from "./temporaries.ts";

/** An axis, several that count as one, or null for all. */
export type Axis = number | readonly number[] | null;

/**
 * Checks what may be an axis.
 *
 * @throws {ArgumentError} where it is none.
 */
export function checkAxis(owner: string, axis: unknown): Axis {
  const isWhole = (value: unknown) => Number.isSafeInteger(value);
  if (axis === null || isWhole(axis) || Array.isArray(axis) && axis.every(isWhole)) {
    return axis as Axis;
  }
  throw new ArgumentError(
    `the axis of ${owner} is a whole number, an array of them or null for all; got ${
      describe(axis)
    }`,
  );
}

/**
 * The axes of a shape that are meant, in order, counted from the first.
 *
 * @throws {ShapeError} where the shape lacks one, or one is given twice.
 */
function axesOf(owner: string, axis: Axis, shape: readonly (number | null)[]): number[] {
  const rank = shape.length;
  if (axis === null) return shape.map((_, i) => i);
  const axes = (typeof axis === "number" ? [axis] : axis).map((each) => {
    if (each >= -rank && each < rank) return each < 0 ? each + rank : each;
    throw new ShapeError(
      `${owner} has no axis ${each} of a shape of ${rank} axes, ${
        formatShape(shape as readonly number[])
      }`,
    );
  }).sort((a, b) => a - b);
  if (axes.length === 0 || new Set(axes).size < axes.length) {
    throw new ShapeError(`${owner} needs axes that differ, at least one; got [${axes.join(", ")}]`);
  }
  return axes;
}

/** The same activation along an axis; that of the last one alone is itself. */
export function alongAxis(owner: string, how: Rowwise, axis: Axis): Rowwise {
  if (axis === -1) return how;
  const isLast = ({ shape }: Tensor) => {
    const axes = axesOf(owner, axis, shape);
    return axes.length === 1 && axes[0] === shape.length - 1;
  };
  const arranged = (
    kernel: FormulaKernel,
    of: Tensor,
    action: (
      arrange: (tensor: Tensor) => Tensor,
      create: () => Tensor,
      back: (from: Tensor, to: Tensor) => void,
    ) => void,
  ) =>
    withTemporaries(kernel, (create) => {
      const { shape } = of;
      const axes = axesOf(owner, axis, shape);
      const others = shape.map((_, i) => i).filter((i) => !axes.includes(i));
      const inner = axes.reduce((product, i) => product * shape[i]!, 1);
      const outer = others.reduce((product, i) => product * shape[i]!, 1);
      const index = transposedIndex(shape, [...others, ...axes]);
      const make = () => create([outer, inner]);
      action(
        (tensor) => {
          const to = make();
          takeElements(kernel, tensor, index, to);
          return to;
        },
        make,
        (from, to) => takeElements(kernel, from, invertedIndex(index), to),
      );
    });
  return {
    needsZ: how.needsZ,
    apply: (kernel, z, y) => {
      if (isLast(z)) return how.apply(kernel, z, y);
      arranged(kernel, z, (arrange, create, back) => {
        const result = create();
        how.apply(kernel, arrange(z), result);
        back(result, y);
      });
    },
    gradient: (kernel, operands) => {
      const { z, y, dy, dz } = operands;
      if (isLast(y)) return how.gradient(kernel, operands);
      arranged(kernel, y, (arrange, create, back) => {
        const result = create();
        how.gradient(kernel, {
          z: z && arrange(z),
          y: arrange(y),
          dy: arrange(dy),
          dz: result,
        });
        back(result, dz);
      });
    },
  };
}

/**
 * Results as plain data: a shape, the numbers in a row, and nested arrays of them.
 *
 * @module
 */
import { showAs } from "../../common/inspection.ts";
import { formatShape } from "../../kernels/checks.ts";
import { formatWithValues } from "../../kernels/tensor_text.ts";

/** Numbers as deep as there are axes. */
export type Nested = readonly (number | Nested)[];

/** Float32 numbers of any shape on the JavaScript heap. */
export interface NumberArray {
  /** The length of each axis. */
  readonly shape: readonly number[];
  /** The numbers, row-major. */
  readonly data: Float32Array;
  /** Nested arrays of the numbers, as deep as there are axes: of two rows of numbers, of others what is asked for, as `toArray<number[][][]>()`. */
  toArray<T extends Nested = number[][]>(): T;
}

class Numbers implements NumberArray {
  constructor(readonly shape: readonly number[], readonly data: Float32Array) {}

  toArray<T extends Nested = number[][]>(): T {
    let parts: Nested = [...this.data];
    for (const axis of this.shape.slice(1).reverse()) {
      const whole = parts;
      parts = Array.from(
        { length: axis === 0 ? 0 : whole.length / axis },
        (_, i) => whole.slice(i * axis, (i + 1) * axis),
      );
    }
    return parts as T;
  }

  static {
    showAs(
      this.prototype,
      "NumberArray",
      ({ shape, data }, how) => formatWithValues(`Array ${formatShape(shape)}`, shape, data, how),
    );
  }
}

/** Numbers with their shape. */
export function numberArray(shape: readonly number[], data: Float32Array): NumberArray {
  return new Numbers(shape, data);
}

/**
 * The weight of a layer in int4 numbers, two in a byte, as Keras 3 has them
 * (keras/src/quantizers): with one scale of each column, or with a scale and a
 * zero of each group of its rows. A variable has the bytes, as Keras's does; what
 * they stand for is made of them once, and anew where a variable was changed.
 * Each step is rounded to float32 as Keras rounds it.
 *
 * @module
 */
import type { Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import type { ActivationFunction, DenseOperands } from "./activation_function.ts";
import { Int8Product } from "./int8.ts";
import {
  decodeGroups,
  encodeColumns,
  encodeGroups,
  packColumns,
  unpackColumns,
} from "./int4_formulas.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import type { Quantization } from "./quantization.ts";
import type { QuantizedProduct } from "./quantized_product.ts";
import { type FormulaKernel, withTemporaries } from "./temporaries.ts";

/** The variables of a layer of int4 numbers. */
export interface Int4Variables<T> {
  /** The bytes, [k, ⌈n/2⌉]: of two columns, the first in the lower half. */
  readonly packed: T;
  /** [n], which numbers are divided by; or [groups, n], which they are multiplied by. */
  readonly scale: T;
  /** Of groups: the number that stands for 0, [groups, n]. */
  readonly zero: T | null;
  /** Of groups: that of each row, [k]. */
  readonly groups: T | null;
}

/** Holds that a variable's new values are whole numbers in a range. */
const wholeIn = (low: number, high: number) => (values: Float32Array): string | null => {
  const at = values.findIndex((value) =>
    !(Number.isInteger(value) && low <= value && value <= high)
  );
  return at < 0 ? null : `takes whole numbers from ${low} to ${high}; got ${values[at]} at ${at}`;
};

/** Holds that rows are in groups of so many, one after the other, as Keras's are. */
export function groupsProblem(values: ArrayLike<number>, block: number): string | null {
  for (let i = 0; i < values.length; i++) {
    if (values[i] === Math.floor(i / block)) continue;
    return `has groups of ${block} rows one after the other; got ${values[i]} at ${i}`;
  }
  return null;
}

/** How the variables of a layer [k, n] are made, all of them zeros. */
export function int4Options(
  k: number,
  n: number,
  blockSize: number | null,
): Int4Variables<VariableOptions> {
  const fixed = { seed: 0, learns: false } as const;
  const shape = blockSize === null ? [n] : [Math.ceil(k / blockSize), n];
  const grouped = blockSize !== null;
  return {
    packed: {
      ...fixed,
      name: "kernel",
      part: "weight",
      shape: [k, Math.ceil(n / 2)],
      initializer: "zeros",
      problem: wholeIn(-128, 127),
    },
    scale: { ...fixed, name: "kernel_scale", shape, initializer: "ones" },
    zero: grouped
      ? { ...fixed, name: "kernel_zero", shape, initializer: "zeros", problem: wholeIn(-8, 7) }
      : null,
    groups: grouped
      ? {
        ...fixed,
        name: "g_idx",
        shape: [k],
        initializer: ([rows = 0]) =>
          new Float32Array(rows).map((_, i) => Math.floor(i / blockSize)),
        problem: (values) => groupsProblem(values, blockSize),
      }
      : null,
  };
}

/** The weight of a layer in int4 numbers. */
export class Int4Product implements QuantizedProduct {
  readonly #scale: Tensor;
  readonly #zero: Tensor | null;
  /** The whole numbers, made of these bytes. */
  #numbers: Tensor | null = null;
  #numbersOf = -1;
  /** Of groups: what the numbers stand for, made of these versions. */
  #decoded: Tensor | null = null;
  #decodedOf = "";
  /** Of whole columns: products as of int8. */
  #byColumn: Int8Product | null = null;

  /** @param shape Of the weight, [k, n]. */
  constructor(
    readonly kernel: FormulaKernel,
    readonly variables: Int4Variables<LayerVariable>,
    readonly shape: readonly [number, number],
    readonly settings: Quantization,
  ) {
    this.#scale = variables.scale.tensor;
    this.#zero = variables.zero?.tensor ?? null;
  }

  get others(): readonly Tensor[] {
    return [this.#scale, ...(this.#zero ? [this.#zero] : [])];
  }

  numbers(): Tensor {
    const { kernel, shape, variables: { packed: { tensor: packed } } } = this;
    const numbers = this.#numbers ??= keep(kernel.tensor(shape));
    if (packed.version !== this.#numbersOf) {
      unpackColumns(kernel, packed, numbers);
      this.#numbersOf = packed.version;
    }
    return numbers;
  }

  encode(weight: Tensor): void {
    const { kernel, shape, settings: { blockSize } } = this;
    const packed = this.variables.packed.tensor;
    withTemporaries(kernel, (create) => {
      const numbers = create(shape);
      if (blockSize === null) encodeColumns(kernel, weight, this.#scale, numbers);
      else encodeGroups(kernel, weight, blockSize, this.#scale, this.#zero!, numbers);
      packColumns(kernel, numbers, packed);
    });
  }

  decode(out: Tensor): void {
    if (this.settings.blockSize === null) this.#columns().decode(out);
    else this.kernel.copy(this.#groups(), out);
  }

  dense(f: ActivationFunction, operands: Omit<DenseOperands, "weight">): void {
    if (this.settings.blockSize === null) this.#columns().dense(f, operands);
    else f.dense(this.kernel, { ...operands, weight: this.#groups() });
  }

  multiplyBack(dz: Tensor, dx: Tensor): void {
    if (this.settings.blockSize === null) this.#columns().multiplyBack(dz, dx);
    else this.kernel.matmul(dz, this.#groups(), dx, { transposeB: true });
  }

  [Symbol.dispose](): void {
    this.#byColumn?.[Symbol.dispose]();
    this.#numbers?.[Symbol.dispose]();
    this.#decoded?.[Symbol.dispose]();
    this.#byColumn = this.#numbers = this.#decoded = null;
    this.#numbersOf = -1;
    this.#decodedOf = "";
  }

  /** Products with numbers that have one scale of each column. */
  #columns(): Int8Product {
    const numbers = this.numbers();
    return this.#byColumn ??= new Int8Product(this.kernel, numbers, this.#scale, this.settings);
  }

  /** The weight that the numbers of groups stand for; it belongs to this object. */
  #groups(): Tensor {
    const { kernel, shape, settings: { blockSize } } = this;
    const packed = this.variables.packed.tensor;
    const versions = [packed, this.#scale, this.#zero!].map(({ version }) => version).join();
    const decoded = this.#decoded ??= keep(kernel.tensor(shape));
    if (versions !== this.#decodedOf) {
      withTemporaries(kernel, (create) => {
        const numbers = create(shape);
        unpackColumns(kernel, packed, numbers);
        decodeGroups(kernel, numbers, blockSize!, this.#scale, this.#zero!, decoded);
      });
      this.#decodedOf = versions;
    }
    return decoded;
  }
}

/**
 * Tensors that one computation needs besides its result, freed at its end
 * however it ends; and elements put into another order by `copy` and `gather`,
 * which no operation that sees a tensor as a matrix can do by itself.
 *
 * @module
 */
import { ArgumentError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { disposeAll } from "./pending_forwards.ts";

/** A kernel that computes formulas. */
export type FormulaKernel =
  & Kernel
  & Required<Pick<Kernel, "map" | "denseMap" | "reduce" | "gather" | "copy">>;

/**
 * Checks whether a kernel computes formulas.
 *
 * @param what What needs them, as the end of the message.
 * @throws {ArgumentError} where it does not.
 */
export function checkFormulaKernel(what: string, kernel: Kernel): asserts kernel is FormulaKernel {
  const { map, denseMap, reduce, gather, copy } = kernel;
  // A kernel that checks another one has the methods of what that one may lack.
  if (kernel.traits.formulas && map && denseMap && reduce && gather && copy) return;
  throw new ArgumentError(
    `the kernel ${quote(kernel.name)} computes no formulas, which ${what} needs`,
  );
}

/** What is freed together, the last first: of `DisposableStack`, which Node 20 lacks, what is needed. */
export class Owned implements Disposable {
  readonly #all: Disposable[] = [];

  /** The same value, which is freed with the others. */
  use<T extends Disposable>(value: T): T {
    this.#all.push(value);
    return value;
  }

  [Symbol.dispose](): void {
    disposeAll(this.#all.splice(0).reverse());
  }
}

/** What `action` gives; the tensors that it made by its argument are freed. */
export function withTemporaries<T>(
  kernel: Kernel,
  action: (create: (shape: readonly number[]) => Tensor) => T,
): T {
  using own = new Owned();
  return action((shape) => own.use(kernel.tensor(shape)));
}

/** Where each element of a transposed array comes from: the axes of the result are those of `shape` in the order of `axes`. */
export function transposedIndex(shape: readonly number[], axes: readonly number[]): Uint32Array {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
  let index = new Uint32Array(1);
  for (const axis of axes) {
    const [length, stride] = [shape[axis]!, strides[axis]!];
    const next = new Uint32Array(index.length * length);
    for (const [i, start] of index.entries()) {
      for (let j = 0; j < length; j++) next[i * length + j] = start + j * stride;
    }
    index = next;
  }
  return index;
}

/** The index that undoes another one. */
export function invertedIndex(index: Uint32Array): Uint32Array {
  const inverse = new Uint32Array(index.length);
  for (const [to, from] of index.entries()) inverse[from] = to;
  return inverse;
}

/** out = the elements of a with these numbers. */
export function takeElements(kernel: FormulaKernel, a: Tensor, index: Uint32Array, out: Tensor) {
  withTemporaries(kernel, (create) => {
    const [column, taken] = [create([a.size, 1]), create([index.length, 1])];
    kernel.copy(a, column);
    kernel.gather(column, index, taken);
    kernel.copy(taken, out);
  });
}

/**
 * Batches, gathered on the kernel from examples that lie there as a whole.
 *
 * @module
 */
import { looksLikeTensor } from "../../kernels/checks.ts";
import type { Tensor } from "../../kernels/kernel.ts";
import { keep } from "../../kernels/scope.ts";
import type { Examples } from "./examples.ts";
import type { FormulaKernel } from "./formula_kernel.ts";
import type { TargetKind } from "./loss.ts";

/** What a model learns from, or is judged by: all examples. */
export interface DataSet {
  readonly inputs: Examples;
  /** As the loss takes them. */
  readonly targets: Float32Array;
  readonly kind: TargetKind;
  /** Of the results for all examples. */
  readonly shape: readonly number[];
  /** What each row of the results counts; null where all count 1. */
  readonly weights: Float32Array | null;
}

/** A batch in the kernel's memory; the next one is written to the same tensors. */
export interface Batch {
  readonly x: Tensor;
  readonly target: Tensor;
  readonly weights: Tensor | null;
}

/** Something of which each example has so many rows. */
interface Source {
  readonly tensor: Tensor;
  readonly own: boolean;
  readonly rowsOfExample: number;
  /** Of a batch of so many examples. */
  readonly shapeOf: (count: number) => readonly number[];
  /** Whether it is one number a row, which formulas read as a vector. */
  readonly vector: boolean;
}

const product = (list: readonly number[]) => list.reduce((a, b) => a * b, 1);

/** Examples in the kernel's memory, and the batches made of them. */
export class Batches implements Disposable {
  /** How many examples there are. */
  readonly count: number;
  readonly #sources: readonly Source[];
  readonly #weighted: boolean;
  /** The tensors of batches by their number of examples: that of all, and of the last one. */
  readonly #made = new Map<number, readonly Tensor[]>();

  constructor(readonly kernel: FormulaKernel, data: DataSet) {
    this.count = data.shape[0]!;
    const made: Source[] = [];
    this.#sources = made;
    this.#weighted = data.weights !== null;
    try {
      made.push(this.#source(data.inputs.shape, data.inputs.from));
      if (data.kind === "labels") made.push(this.#vector(data.targets));
      else made.push(this.#source(data.shape, data.targets));
      if (data.weights) made.push(this.#vector(data.weights));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #source(shape: readonly number[], from: Float32Array | Tensor): Source {
    const own = !looksLikeTensor(from);
    return {
      tensor: own ? keep(this.kernel.tensor(shape, from)) : from,
      own,
      rowsOfExample: product(shape.slice(1, -1)),
      shapeOf: (count) => [count, ...shape.slice(1)],
      vector: false,
    };
  }

  #vector(values: Float32Array): Source {
    const rowsOfExample = values.length / this.count;
    return {
      tensor: keep(this.kernel.tensor([values.length, 1], values)),
      own: true,
      rowsOfExample,
      shapeOf: (count) => [count * rowsOfExample, 1],
      vector: true,
    };
  }

  /** The batch of these examples. */
  take(numbers: Uint32Array): Batch {
    let tensors = this.#made.get(numbers.length);
    if (!tensors) this.#made.set(numbers.length, tensors = this.#make(numbers.length));
    let at = 0;
    const taken = this.#sources.map(({ tensor, rowsOfExample, vector }) => {
      const out = tensors[at++]!;
      this.kernel.gather(tensor, expand(numbers, rowsOfExample), out);
      if (!vector) return out;
      const flat = tensors[at++]!;
      this.kernel.copy(out, flat);
      return flat;
    });
    return { x: taken[0]!, target: taken[1]!, weights: this.#weighted ? taken[2]! : null };
  }

  #make(count: number): Tensor[] {
    return this.#sources.flatMap(({ shapeOf, vector }) => {
      const shape = shapeOf(count);
      const out = keep(this.kernel.tensor(shape));
      return vector ? [out, keep(this.kernel.tensor([shape[0]!]))] : [out];
    });
  }

  [Symbol.dispose](): void {
    for (const { tensor, own } of this.#sources) if (own) tensor[Symbol.dispose]();
    for (const tensors of this.#made.values()) {
      for (const tensor of tensors) tensor[Symbol.dispose]();
    }
    this.#made.clear();
  }
}

/** The rows of these examples, each of which has several. */
function expand(numbers: Uint32Array, each: number): Uint32Array {
  if (each === 1) return numbers;
  const rows = new Uint32Array(numbers.length * each);
  for (const [i, number] of numbers.entries()) {
    for (let j = 0; j < each; j++) rows[i * each + j] = number * each + j;
  }
  return rows;
}

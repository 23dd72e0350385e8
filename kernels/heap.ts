/**
 * The base of the kernels that compute in plain JavaScript on its heap. They
 * differ only in the matrix product; tensors, bias, activations and row sums are
 * here, in float64 arithmetic that is rounded once to float32.
 *
 * @module
 */
import { type Activation, float64ActivationUlp, float64GradientUlp } from "./activation.ts";
import { CheckedKernel, CheckedTensor } from "./checked_kernel.ts";
import {
  checkKernelAlive,
  checkTensorAlive,
  type Dimensions,
  formatShape,
  type MatrixSize,
} from "./checks.ts";
import { copyFloats, newFloats } from "./data.ts";
import { type BlockMemory, HeldBlocks } from "./held_blocks.ts";
import { heapFormulas, mapFormula, reduceFormula } from "./formula/evaluate.ts";
import type { Formula } from "./formula/formula.ts";
import { checkDenseInt8, checkInt8Weight } from "./int8/checks.ts";
import { type ExactProduct, HeapInt8Weight, multiplyInt8 } from "./int8/heap_int8.ts";
import type { Int8Weight, KernelTraits, Reduced, Reduction, Tensor } from "./kernel.ts";
import { activate, activateGradient } from "./scalar_activations.ts";

/** A matrix in an array: element (row, column) is at row·rowStride + column·columnStride. */
export interface View {
  readonly data: Float32Array;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** out[m,n] = a[m,k] · b[k,n], or out += a · b; out is row-major without gaps. */
export type Product = (
  dimensions: Dimensions,
  a: View,
  b: View,
  out: Float32Array,
  accumulate: boolean,
) => void;

/** Counts the bytes of a kernel's tensors, also of those that the garbage collector found forgotten. */
class ByteCount implements BlockMemory<number> {
  used = 0;

  free(bytes: number): void {
    this.used -= bytes;
  }
}

/** A tensor on the JavaScript heap. */
export class HeapTensor extends CheckedTensor {
  declare readonly kernel: HeapKernel;
  #data: Float32Array;
  readonly #counted: HeldBlocks<number>;

  constructor(kernel: HeapKernel, shape: readonly number[], data: Float32Array | undefined) {
    super(kernel, shape, data);
    const purpose = () => `a tensor ${formatShape(this.shape)}`;
    this.#data = data ? copyFloats(data, purpose) : newFloats(this.size, purpose);
    kernel.bytes.used += this.#data.byteLength;
    this.#counted = new HeldBlocks(kernel.bytes, this, this.#data.byteLength);
  }

  /** The elements themselves, for the kernel's operations. */
  get data(): Float32Array {
    checkTensorAlive(this);
    return this.#data;
  }

  protected store(data: Float32Array): void {
    this.#data.set(data);
  }

  protected load(): Float32Array {
    return copyFloats(this.#data, () => `reading a tensor ${formatShape(this.shape)}`);
  }

  protected override peek(): Float32Array {
    return this.#data;
  }

  protected free(): void {
    this.#counted.freeAll();
    this.#data = new Float32Array(0);
  }
}

/** A kernel on the JavaScript heap, made of a name, its traits and a matrix product. */
export class HeapKernel extends CheckedKernel<HeapTensor> {
  readonly traits: KernelTraits;
  /** Bytes of its tensors. */
  readonly bytes = new ByteCount();
  /** Its product, row by row, where whole numbers below 2^53 are summed without a rounding; else int8 has loops of its own. */
  readonly #exactProduct: ExactProduct | null;

  constructor(
    readonly name: string,
    own: Pick<KernelTraits, "tile" | "accumulator" | "summation">,
    readonly product: Product,
    { exactSums = false }: {
      /** Whether each sum is float64 until its end, however long; default false. */
      readonly exactSums?: boolean;
    } = {},
  ) {
    super();
    this.#exactProduct = exactSums
      ? (dimensions, a, b, out) => {
        const { m, n, k } = dimensions;
        product(dimensions, view(a, false, m, k), view(b, false, k, n), out, false);
      }
      : null;
    // What all of them have in common: JavaScript's arithmetic, on the caller's thread.
    this.traits = {
      ...own,
      fused: false,
      rounding: "nearest",
      threads: 1,
      device: "JavaScript",
      nan: "propagates",
      denormals: "kept",
      activationUlp: float64ActivationUlp,
      gradientUlp: float64GradientUlp,
      formulas: heapFormulas,
    };
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): HeapTensor {
    return new HeapTensor(this, shape, data);
  }

  protected computeDense(
    dimensions: Dimensions,
    x: HeapTensor,
    weight: HeapTensor,
    bias: HeapTensor | null,
    activation: Activation,
    y: HeapTensor,
    z: HeapTensor | null,
  ): void {
    const { n, k } = dimensions;
    const sum = (z ?? y).data;
    this.product(
      dimensions,
      { data: x.data, rowStride: k, columnStride: 1 },
      { data: weight.data, rowStride: n, columnStride: 1 },
      sum,
      false,
    );
    if (bias) addBias(sum, bias.data);
    // Without z the activation works in place: each element, or row, is read before it is written.
    activate(activation, sum, y.data, n);
  }

  protected computeMatmul(
    dimensions: Dimensions,
    a: HeapTensor,
    transposeA: boolean,
    b: HeapTensor,
    transposeB: boolean,
    out: HeapTensor,
    accumulate: boolean,
  ): void {
    const { m, n, k } = dimensions;
    const viewA = view(a.data, transposeA, m, k);
    const viewB = view(b.data, transposeB, k, n);
    this.product(dimensions, viewA, viewB, out.data, accumulate);
  }

  protected computeActivation(
    { columns }: MatrixSize,
    activation: Activation,
    z: HeapTensor,
    y: HeapTensor,
  ): void {
    activate(activation, z.data, y.data, columns);
  }

  protected computeGradient(
    { columns }: MatrixSize,
    activation: Activation,
    x: HeapTensor,
    dy: HeapTensor,
    dz: HeapTensor,
  ): void {
    activateGradient(activation, x.data, dy.data, dz.data, columns);
  }

  protected computeRowSum(
    { rows, columns }: MatrixSize,
    a: HeapTensor,
    out: HeapTensor,
    accumulate: boolean,
  ): void {
    const { data } = a;
    const total = out.data;
    const sums = accumulate ? new Float64Array(total) : new Float64Array(columns);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) sums[column]! += data[i++]!;
    }
    total.set(sums);
  }

  protected override computeMap(
    size: MatrixSize,
    formula: Formula,
    inputs: readonly HeapTensor[],
    outputs: readonly HeapTensor[],
    parameters: readonly number[],
  ): void {
    mapFormula(size, formula, inputs.map(dataOf), outputs.map(dataOf), parameters);
  }

  protected override computeReduction(
    size: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly HeapTensor[],
    out: HeapTensor,
    parameters: readonly number[],
  ): void {
    reduceFormula(size, reduction, reduced, formula, inputs.map(dataOf), out.data, parameters);
  }

  protected override computeGather(
    columns: number,
    a: HeapTensor,
    rows: Uint32Array,
    out: HeapTensor,
  ): void {
    for (const [to, row] of rows.entries()) {
      out.data.set(a.data.subarray(row * columns, (row + 1) * columns), to * columns);
    }
  }

  int8Weight(
    shape: readonly [number, number],
    values: Int8Array | Tensor,
    scale: Float32Array | Tensor,
  ): HeapInt8Weight {
    checkKernelAlive(this);
    const weight = checkInt8Weight(
      this,
      shape,
      values,
      scale,
      (tensor) => dataOf(tensor as HeapTensor),
    );
    return new HeapInt8Weight(this, shape, weight, this.#exactProduct !== null);
  }

  denseInt8(
    x: Tensor,
    weight: Int8Weight,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
  ): void {
    const dimensions = checkDenseInt8(this, x, weight, bias, activation, y);
    const to = y as HeapTensor;
    const added = bias ? dataOf(bias as HeapTensor) : null;
    multiplyInt8(
      dimensions,
      dataOf(x as HeapTensor),
      (weight as HeapInt8Weight).weight,
      added,
      to.data,
      this.#exactProduct,
    );
    activate(activation, to.data, to.data, dimensions.n);
    to.version++;
  }

  protected bytesInUse(): number {
    return this.bytes.used;
  }

  protected release(): void {}
}

const dataOf = ({ data }: HeapTensor): Float32Array => data;

/** A matrix of rows x columns that is stored as it is or transposed. */
export function view(data: Float32Array, transposed: boolean, rows: number, columns: number): View {
  return transposed
    ? { data, rowStride: 1, columnStride: rows }
    : { data, rowStride: columns, columnStride: 1 };
}

/** Adds the bias [n] to each row of z, after the sum over k, as Keras does. */
function addBias(z: Float32Array, bias: Float32Array): void {
  const n = bias.length;
  for (let i = 0; i < z.length; i += n) {
    for (let j = 0; j < n; j++) z[i + j]! += bias[j]!;
  }
}

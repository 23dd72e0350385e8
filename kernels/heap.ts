/**
 * The base of the kernels that compute in plain JavaScript on the heap. They
 * differ in the matrix product alone; tensors, bias, activations and row sums
 * are written once here, in float64 arithmetic rounded once to float32.
 *
 * @module
 */
import type { Activation } from "./activation.ts";
import {
  checkActivate,
  checkActivateGradient,
  checkData,
  checkDense,
  checkKernelAlive,
  checkMatmul,
  checkSumRows,
  checkTensorAlive,
  type Dimensions,
  sizeOf,
} from "./checks.ts";
import type { Kernel, KernelTraits, MatmulOptions, Tensor } from "./kernel.ts";
import { activate, activateGradient, scalarActivationUlp } from "./scalar_activations.ts";

/** A matrix in an array: element (row, column) stands at row·rowStride + column·columnStride. */
export interface View {
  readonly data: Float32Array;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** out[m,n] = a[m,k] · b[k,n], or out += it; out is row-major without gaps. */
export type Product = (
  dimensions: Dimensions,
  a: View,
  b: View,
  out: Float32Array,
  accumulate: boolean,
) => void;

class HeapTensor implements Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  version = 0;
  #data: Float32Array | null;

  constructor(readonly kernel: HeapKernel, shape: readonly number[], data?: Float32Array) {
    this.size = sizeOf(shape);
    this.shape = Object.freeze([...shape]);
    checkData(this, data);
    this.#data = data ? Float32Array.from(data) : new Float32Array(this.size);
    kernel.bytes += this.#data.byteLength;
  }

  get disposed(): boolean {
    return this.#data === null || this.kernel.disposed;
  }

  /** The elements themselves, for the kernel's operations. */
  get data(): Float32Array {
    checkTensorAlive(this);
    return this.#data!;
  }

  write(data: Float32Array): void {
    const own = this.data;
    checkData(this, data);
    own.set(data);
    this.version++;
  }

  // deno-lint-ignore require-await -- async, so that a disposed tensor rejects as on every kernel
  async read(): Promise<Float32Array> {
    return this.data.slice();
  }

  [Symbol.dispose](): void {
    this.kernel.bytes -= this.#data?.byteLength ?? 0;
    this.#data = null;
  }
}

/** The elements of a tensor that the checks have found to be of this kernel. */
function elements(tensor: Tensor): Float32Array {
  return (tensor as HeapTensor).data;
}

/** Marks a tensor as written to. */
function touch(tensor: Tensor): void {
  (tensor as HeapTensor).version++;
}

/** A kernel on the JavaScript heap, made of a name, its traits and a matrix product. */
export class HeapKernel implements Kernel {
  readonly traits: KernelTraits;
  disposed = false;
  /** What its tensors take. */
  bytes = 0;

  constructor(
    readonly name: string,
    own: Pick<KernelTraits, "tile" | "accumulator" | "summation">,
    readonly product: Product,
  ) {
    // The rest is the same for all of them: JavaScript's arithmetic, on the caller's thread.
    this.traits = {
      ...own,
      fused: false,
      rounding: "nearest",
      threads: 1,
      device: "JavaScript",
      nan: "propagates",
      denormals: "kept",
      activationUlp: scalarActivationUlp,
    };
  }

  tensor(shape: readonly number[], data?: Float32Array): Tensor {
    checkKernelAlive(this);
    return new HeapTensor(this, shape, data);
  }

  dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
    z?: Tensor,
  ): void {
    const { m, n, k } = checkDense(this, x, weight, bias, activation, y, z);
    const sum = elements(z ?? y);
    this.product(
      { m, n, k },
      { data: elements(x), rowStride: k, columnStride: 1 },
      { data: elements(weight), rowStride: n, columnStride: 1 },
      sum,
      false,
    );
    if (bias) addBias(sum, elements(bias));
    // Without z the activation works in place: each element, or row, is read before it is written.
    activate(activation, sum, elements(y), n);
    touch(y);
    if (z) touch(z);
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = {}): void {
    const { m, n, k } = checkMatmul(this, a, b, out, options);
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    this.product(
      { m, n, k },
      view(elements(a), transposeA, m, k),
      view(elements(b), transposeB, k, n),
      elements(out),
      accumulate,
    );
    touch(out);
  }

  activate(activation: Activation, z: Tensor, y: Tensor): void {
    const { columns } = checkActivate(this, activation, z, y);
    activate(activation, elements(z), elements(y), columns);
    touch(y);
  }

  activateGradient(
    activation: Activation,
    z: Tensor | null,
    y: Tensor,
    dy: Tensor,
    dz: Tensor,
  ): void {
    const { columns } = checkActivateGradient(this, activation, z, y, dy, dz);
    activateGradient(
      activation,
      elements(z ?? y),
      elements(y),
      elements(dy),
      elements(dz),
      columns,
    );
    touch(dz);
  }

  sumRows(a: Tensor, out: Tensor, { accumulate = false } = {}): void {
    const { rows, columns } = checkSumRows(this, a, out);
    const data = elements(a);
    const total = elements(out);
    const sums = accumulate ? Float64Array.from(total) : new Float64Array(columns);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) sums[column]! += data[i++]!;
    }
    total.set(sums);
    touch(out);
  }

  finished(): Promise<void> {
    return Promise.resolve();
  }

  memory(): number {
    return this.disposed ? 0 : this.bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}

/** A matrix of rows x columns whose array holds it as it is or transposed. */
function view(data: Float32Array, transposed: boolean, rows: number, columns: number): View {
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

/**
 * What the kernels of this project have in common: a kernel and a tensor that
 * fulfil the contract of `kernel.ts`, check every argument before anything is
 * computed, and count the versions of tensors. A family of kernels extends both
 * and writes the computations alone, so that none can forget a check. A kernel
 * from elsewhere need not extend them: the checks are functions in `checks.ts`.
 *
 * @module
 */
import { type Activation, gradientNeedsZ } from "./activation.ts";
import {
  checkActivate,
  checkActivateGradient,
  checkAffine,
  checkData,
  checkDense,
  checkKernelAlive,
  checkMatmul,
  checkSumRows,
  checkTensorAlive,
  type Dimensions,
  matrixOf,
  type MatrixSize,
  sizeOf,
} from "./checks.ts";
import { ArgumentError } from "../common/errors.ts";
import { showAs } from "../common/inspection.ts";
import { quote } from "../common/text.ts";
import { isFloat32, isFloat32Of, type TensorData } from "./data.ts";
import { checkCopy, checkGather, checkMap, checkPointwise, checkReduce } from "./formula/checks.ts";
import { type Formula, identity } from "./formula/formula.ts";
import type { Kernel, KernelTraits, MatmulOptions, Reduced, Reduction, Tensor } from "./kernel.ts";
import { formatKernel } from "./kernel_text.ts";
import { isPlainActivate, isPlainDense, type SizedTensor } from "./plain_dense.ts";
import { formatTensor } from "./tensor_text.ts";

/** A copy of a shape that cannot be changed; what is no shape is left to `sizeOf`. */
function ownShape(shape: readonly number[]): readonly number[] {
  return Array.isArray(shape) ? Object.freeze([...shape]) : shape;
}

const noOptions: MatmulOptions = Object.freeze({});

/** A tensor whose arguments are checked; the family decides where its elements are. */
export abstract class CheckedTensor implements SizedTensor {
  readonly shape: readonly number[];
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  version = 0;
  #disposed = false;

  /**
   * Checks the shape, and the length of `data`, which the family copies; the
   * kernel has converted it.
   *
   * @throws {ShapeError} where the shape is none, or `data` does not fit it.
   */
  constructor(
    readonly kernel: Kernel & { readonly disposed: boolean },
    shape: readonly number[],
    data: Float32Array | undefined,
  ) {
    // Sizes first: V8 takes 3 ns for each element of a frozen array.
    const own = Array.isArray(shape) ? [...shape] : shape;
    this.size = sizeOf(own);
    ({ rows: this.rows, columns: this.columns } = matrixOf(own));
    this.shape = Object.freeze(own);
    if (data !== undefined && !isFloat32Of(data, this.size)) checkData(this, data);
  }

  get disposed(): boolean {
    return this.#disposed || this.kernel.disposed;
  }

  write(data: TensorData): void {
    checkTensorAlive(this);
    if (isFloat32Of(data, this.size)) this.store(data);
    else {
      const values = checkData(this, data);
      // What is converted may have getters, which can do anything.
      checkTensorAlive(this);
      this.store(values);
    }
    this.version++;
  }

  async read(): Promise<Float32Array> {
    checkTensorAlive(this);
    return await this.load();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.free();
  }

  /** The shape, the kernel and the first values, where they can be read without waiting, as `console.log` shows them. */
  toString(): string {
    return formatTensor(this, () => this.peek());
  }

  static {
    showAs(
      this.prototype,
      "Tensor",
      (tensor, how) => formatTensor(tensor, () => tensor.peek(), how),
    );
  }

  /** The elements themselves, to be looked at now, where no work on them is left to wait for; null where not. */
  protected peek(): Float32Array | null {
    return null;
  }

  /** Copies `size` elements in, after all queued work is done. */
  protected abstract store(data: Float32Array): void;

  /** A copy of the elements as the work that is queued by now leaves them. */
  protected abstract load(): Float32Array | Promise<Float32Array>;

  /** Gives the memory back; called once. */
  protected abstract free(): void;
}

/**
 * A kernel whose arguments are checked. The computations of a family are called
 * with the dimensions that the checks found, and with outputs that are distinct
 * from all inputs.
 */
export abstract class CheckedKernel<T extends CheckedTensor> implements Kernel {
  abstract readonly name: string;
  abstract readonly traits: KernelTraits;
  /** Whether the kernel was disposed. */
  disposed = false;

  tensor(shape: readonly number[], data?: TensorData): Tensor {
    checkKernelAlive(this);
    // The tensor itself checks whether there is as much as it holds.
    if (data === undefined) return this.createTensor(shape);
    if (isFloat32(data)) return this.createTensor(shape, data);
    const own = ownShape(shape);
    const values = checkData({ shape: own, size: sizeOf(own) }, data);
    // What was converted may have getters, which can do anything.
    checkKernelAlive(this);
    return this.createTensor(own, values);
  }

  dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
    z?: Tensor,
  ): void {
    const [a, b, v, to] = [x as T, weight as T, bias as T | null, y as T];
    const dimensions = (z ?? null) === null && isPlainDense(this, a, b, v, activation, to)
      ? { m: a.rows, n: b.columns, k: b.rows }
      : checkDense(this, x, weight, bias, activation, y, z);
    this.computeDense(dimensions, a, b, v, activation, to, z ? z as T : null);
    to.version++;
    if (z) (z as T).version++;
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = noOptions): void {
    const [left, right, to] = [a as T, b as T, out as T];
    const plain = options === noOptions && isPlainDense(this, left, right, null, "linear", to);
    const dimensions = plain
      ? { m: left.rows, n: right.columns, k: right.rows }
      : checkMatmul(this, a, b, out, options);
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    this.computeMatmul(dimensions, left, transposeA, right, transposeB, to, accumulate);
    to.version++;
  }

  activate(activation: Activation, z: Tensor, y: Tensor): void {
    const [from, to] = [z as T, y as T];
    const size = isPlainActivate(this, activation, from, to)
      ? { rows: from.rows, columns: from.columns }
      : checkActivate(this, activation, z, y);
    this.computeActivation(size, activation, from, to);
    (y as T).version++;
  }

  activateGradient(
    activation: Activation,
    z: Tensor | null,
    y: Tensor,
    dy: Tensor,
    dz: Tensor,
  ): void {
    const size = checkActivateGradient(this, activation, z, y, dy, dz);
    const x = gradientNeedsZ(activation) ? z : y;
    this.computeGradient(size, activation, x as T, dy as T, dz as T);
    (dz as T).version++;
  }

  sumRows(a: Tensor, out: Tensor, options: { readonly accumulate?: boolean } = {}): void {
    const size = checkSumRows(this, a, out, options);
    this.computeRowSum(size, a as T, out as T, options.accumulate ?? false);
    (out as T).version++;
  }

  map(
    formula: Formula,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    parameters: readonly number[] = [],
  ): void {
    this.#checkFormulas();
    const size = checkMap(this, formula, inputs, outputs, parameters);
    this.computeMap(size, formula, inputs as readonly T[], outputs as readonly T[], parameters);
    for (const output of outputs) (output as T).version++;
  }

  denseMap(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    formula: Formula,
    y: Tensor,
    z?: Tensor,
  ): void {
    this.#checkFormulas();
    checkPointwise(formula);
    const dimensions = checkAffine(this, x, weight, bias, y, z);
    this.computeDenseMap(
      dimensions,
      x as T,
      weight as T,
      bias as T | null,
      formula,
      y as T,
      (z ?? null) as T | null,
    );
    (y as T).version++;
    if (z) (z as T).version++;
  }

  reduce(
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly Tensor[],
    out: Tensor,
    parameters: readonly number[] = [],
  ): void {
    this.#checkFormulas();
    const size = checkReduce(this, reduction, reduced, formula, inputs, out, parameters);
    const own = inputs as readonly T[];
    this.computeReduction(size, reduction, reduced, formula, own, out as T, parameters);
    (out as T).version++;
  }

  gather(a: Tensor, rows: readonly number[] | Uint32Array | Int32Array, out: Tensor): void {
    this.#checkFormulas();
    const { columns, rows: numbers } = checkGather(this, a, rows, out);
    this.computeGather(columns, a as T, numbers, out as T);
    (out as T).version++;
  }

  copy(a: Tensor, out: Tensor): void {
    this.#checkFormulas();
    checkCopy(this, a, out);
    // In one row, so that the two shapes do not matter.
    this.computeMap({ rows: 1, columns: a.size }, identity, [a as T], [out as T], []);
    (out as T).version++;
  }

  /** The error of a family that claims formulas and does not compute this. */
  #missing(operation: string): ArgumentError {
    return new ArgumentError(
      `the kernel ${quote(this.name)} claims formulas, and has no ${operation}`,
    );
  }

  /** A kernel whose traits have no formulas computes none. */
  #checkFormulas(): void {
    checkKernelAlive(this);
    if (this.traits.formulas) return;
    throw new ArgumentError(`the kernel ${quote(this.name)} takes no formulas`);
  }

  /** Kernels that compute before an operation returns have nothing to wait for. */
  finished(): Promise<void> {
    return Promise.resolve();
  }

  memory(): number {
    return this.disposed ? 0 : this.bytesInUse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.release();
  }

  static {
    showAs(this.prototype, "Kernel", (kernel) => formatKernel(kernel));
  }

  /** Makes a tensor with a copy of `data`, or zeros. */
  protected abstract createTensor(shape: readonly number[], data?: Float32Array): T;

  /** y = activation(z) with z = x · weight + bias, which is stored only where z is not null. */
  protected abstract computeDense(
    dimensions: Dimensions,
    x: T,
    weight: T,
    bias: T | null,
    activation: Activation,
    y: T,
    z: T | null,
  ): void;

  /** The same with a formula as activation: by default in a pass of its own. */
  protected computeDenseMap(
    dimensions: Dimensions,
    x: T,
    weight: T,
    bias: T | null,
    formula: Formula,
    y: T,
    z: T | null,
  ): void {
    const sum = z ?? y;
    this.computeDense(dimensions, x, weight, bias, "linear", sum, null);
    this.computeMap({ rows: dimensions.m, columns: dimensions.n }, formula, [sum], [y], []);
  }

  /** Writes the formula's values to the outputs, which may be inputs that are read by element. */
  protected computeMap(
    _size: MatrixSize,
    _formula: Formula,
    _inputs: readonly T[],
    _outputs: readonly T[],
    _parameters: readonly number[],
  ): void {
    throw this.#missing("map()");
  }

  /** out = the sum or the largest of the formula's values of each row or column. */
  protected computeReduction(
    _size: MatrixSize,
    _reduction: Reduction,
    _reduced: Reduced,
    _formula: Formula,
    _inputs: readonly T[],
    _out: T,
    _parameters: readonly number[],
  ): void {
    throw this.#missing("reduce()");
  }

  /** out = the rows of a with these numbers. */
  protected computeGather(_columns: number, _a: T, _rows: Uint32Array, _out: T): void {
    throw this.#missing("gather()");
  }

  /** out = a · b, or out += a · b; `transposeA` and `transposeB` say what is stored transposed. */
  protected abstract computeMatmul(
    dimensions: Dimensions,
    a: T,
    transposeA: boolean,
    b: T,
    transposeB: boolean,
    out: T,
    accumulate: boolean,
  ): void;

  /** y = activation(z), elementwise or by rows. */
  protected abstract computeActivation(
    size: MatrixSize,
    activation: Activation,
    z: T,
    y: T,
  ): void;

  /** dz = dy · activation'(x), where x is z for the activations of `gradientNeedsZ`, else y. */
  protected abstract computeGradient(
    size: MatrixSize,
    activation: Activation,
    x: T,
    dy: T,
    dz: T,
  ): void;

  /** out = the sum of the rows of a, or out += that sum. */
  protected abstract computeRowSum(size: MatrixSize, a: T, out: T, accumulate: boolean): void;

  /** The result of {@linkcode Kernel.memory} before disposal. */
  protected abstract bytesInUse(): number;

  /** Gives everything back; called once. */
  protected abstract release(): void | Promise<void>;
}

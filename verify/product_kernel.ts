/**
 * A kernel made of a matrix product that was written elsewhere: bias,
 * activations and tensors are Densemark's own, on the JavaScript heap. The
 * shortest way to have such a product verified. A product may take its time:
 * where it returns a promise, what is called afterwards is queued behind it.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import { CheckedKernel, CheckedTensor } from "../kernels/checked_kernel.ts";
import type { Dimensions, MatrixSize } from "../kernels/checks.ts";
import { HeapKernel, type HeapTensor, type View, view } from "../kernels/heap.ts";
import { type Formula, identity } from "../kernels/formula/formula.ts";
import type { Kernel, KernelTraits, Reduced, Reduction } from "../kernels/kernel.ts";
import { formatDimensions } from "./dimensions.ts";
import { withClaims } from "./made_claims.ts";
import { Queue } from "./queue.ts";

/**
 * A product a [m, k] · b [k, n], both row-major without gaps; returns [m, n]
 * likewise, or a promise of it. It is called once at a time: the next call waits
 * for the promise.
 */
export type Multiply = (
  shape: Dimensions,
  a: Float32Array,
  b: Float32Array,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** The elements of a view, row-major without gaps: the array itself where that is its layout. */
function rowMajor(
  { data, rowStride, columnStride }: View,
  rows: number,
  columns: number,
): Float32Array {
  if (columnStride === 1 && rowStride === columns) return data;
  const copy = new Float32Array(rows * columns);
  for (let i = 0, to = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) copy[to++] = data[i * rowStride + j * columnStride]!;
  }
  return copy;
}

/** What a product must return for these dimensions; the error says what it returned instead. */
function checkSums(sums: ArrayLike<number>, shape: Dimensions): void {
  const want = `the product must have ${shape.m * shape.n} elements for ${formatDimensions(shape)}`;
  const { length } = sums as ArrayLike<number> | undefined ?? {};
  if (typeof sums !== "object" || typeof length !== "number") {
    throw new TypeError(`${want}; it is ${sums === null ? "null" : typeof sums}, no array`);
  }
  if (length !== shape.m * shape.n) throw new RangeError(`${want}; it has ${length}`);
}

/** A tensor that is a heap tensor once its turn has come. */
class ProductTensor extends CheckedTensor {
  declare readonly kernel: ProductKernel;
  readonly inner: HeapTensor;

  constructor(kernel: ProductKernel, shape: readonly number[], data: Float32Array | undefined) {
    super(kernel, shape, data);
    this.inner = kernel.inner.tensor(this.shape, data) as HeapTensor;
    kernel.bytes += 4 * this.size;
  }

  protected store(data: Float32Array): void {
    const { queue } = this.kernel;
    // The caller may change the array as soon as this returns.
    const values = queue.idle ? data : data.slice();
    queue.write([], [this], () => this.inner.write(values));
  }

  protected load(): Float32Array | Promise<Float32Array> {
    return this.kernel.queue.read(this, () => this.inner.data.slice());
  }

  protected override peek(): Float32Array | null {
    return this.kernel.queue.idle ? this.inner.data : null;
  }

  protected free(): void {
    this.kernel.bytes -= 4 * this.size;
    // Work that was called before still needs it.
    this.kernel.queue.then(() => this.inner[Symbol.dispose]());
  }
}

/** Checks arguments at once, and computes in turn, by a heap kernel that is given the products. */
class ProductKernel extends CheckedKernel<ProductTensor> {
  readonly traits: KernelTraits;
  readonly queue = new Queue<ProductTensor>();
  readonly inner: HeapKernel;
  /** Bytes of the tensors that are not disposed, whether their turn has come or not. */
  bytes = 0;
  #sums: ArrayLike<number> = [];

  constructor(
    readonly name: string,
    readonly multiply: Multiply,
    claims: Partial<KernelTraits>,
  ) {
    super();
    const own = {
      tile: { mr: 1, nr: 1, mc: 1, nc: 1, kc: 1 },
      accumulator: "float32",
      summation: { order: "unspecified" },
    } as const;
    this.inner = new HeapKernel(name, own, (_shape, _a, _b, out, accumulate) => {
      const sums = this.#sums;
      if (!accumulate) out.set(sums);
      else for (let i = 0; i < out.length; i++) out[i] = out[i]! + sums[i]!;
    });
    this.traits = withClaims(this.inner.traits, claims);
  }

  protected createTensor(shape: readonly number[], data?: Float32Array): ProductTensor {
    return new ProductTensor(this, shape, data);
  }

  /** Has a · b computed, and then `use` what the inner kernel makes of it. */
  #product(
    shape: Dimensions,
    a: View,
    b: View,
    use: () => void,
  ): void | Promise<void> {
    const { m, n, k } = shape;
    const accept = (sums: ArrayLike<number>) => {
      checkSums(sums, shape);
      this.#sums = sums;
      use();
    };
    if (m * n * k === 0) return accept(new Float32Array(m * n));
    const sums = this.multiply({ m, n, k }, rowMajor(a, m, k), rowMajor(b, k, n));
    // Any object with a then() is waited for; the queue knows real promises alone.
    return isPromise(sums) ? Promise.resolve(sums).then(accept) : accept(sums);
  }

  protected computeDense(
    shape: Dimensions,
    x: ProductTensor,
    weight: ProductTensor,
    bias: ProductTensor | null,
    activation: Activation,
    y: ProductTensor,
    z: ProductTensor | null,
  ): void {
    const inputs = bias ? [x, weight, bias] : [x, weight];
    const { m, n, k } = shape;
    this.queue.write(inputs, z ? [y, z] : [y], () =>
      this.#product(
        shape,
        view(x.inner.data, false, m, k),
        view(weight.inner.data, false, k, n),
        () =>
          this.inner.dense(
            x.inner,
            weight.inner,
            bias && bias.inner,
            activation,
            y.inner,
            z?.inner,
          ),
      ));
  }

  protected computeMatmul(
    shape: Dimensions,
    a: ProductTensor,
    transposeA: boolean,
    b: ProductTensor,
    transposeB: boolean,
    out: ProductTensor,
    accumulate: boolean,
  ): void {
    const { m, n, k } = shape;
    const options = { transposeA, transposeB, accumulate };
    this.queue.write(accumulate ? [a, b, out] : [a, b], [out], () =>
      this.#product(
        shape,
        view(a.inner.data, transposeA, m, k),
        view(b.inner.data, transposeB, k, n),
        () => this.inner.matmul(a.inner, b.inner, out.inner, options),
      ));
  }

  protected computeActivation(
    _size: MatrixSize,
    activation: Activation,
    z: ProductTensor,
    y: ProductTensor,
  ): void {
    this.queue.write([z], [y], () => this.inner.activate(activation, z.inner, y.inner));
  }

  protected computeGradient(
    _size: MatrixSize,
    activation: Activation,
    x: ProductTensor,
    dy: ProductTensor,
    dz: ProductTensor,
  ): void {
    // The one of z and y that it needs stands for both, of which the inner kernel takes the same.
    this.queue.write(
      [x, dy],
      [dz],
      () => this.inner.activateGradient(activation, x.inner, x.inner, dy.inner, dz.inner),
    );
  }

  protected computeRowSum(
    _size: MatrixSize,
    a: ProductTensor,
    out: ProductTensor,
    accumulate: boolean,
  ): void {
    const inputs = accumulate ? [a, out] : [a];
    this.queue.write(
      inputs,
      [out],
      () => this.inner.sumRows(a.inner, out.inner, { accumulate }),
    );
  }

  protected override computeMap(
    _size: MatrixSize,
    formula: Formula,
    inputs: readonly ProductTensor[],
    outputs: readonly ProductTensor[],
    parameters: readonly number[],
  ): void {
    const [operands, results, numbers] = [inputs.map(innerOf), outputs.map(innerOf), [
      ...parameters,
    ]];
    this.queue.write(inputs, outputs, () => {
      // A copy may be of another shape, which a map is not, and a map in place, which a copy is not.
      if (formula === identity && operands[0] !== results[0]) {
        this.inner.copy(operands[0]!, results[0]!);
      } else this.inner.map(formula, operands, results, numbers);
    });
  }

  protected override computeReduction(
    _size: MatrixSize,
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly ProductTensor[],
    out: ProductTensor,
    parameters: readonly number[],
  ): void {
    const [operands, numbers] = [inputs.map(innerOf), [...parameters]];
    this.queue.write(
      inputs,
      [out],
      () => this.inner.reduce(reduction, reduced, formula, operands, out.inner, numbers),
    );
  }

  protected override computeGather(
    _columns: number,
    a: ProductTensor,
    rows: Uint32Array,
    out: ProductTensor,
  ): void {
    this.queue.write([a], [out], () => this.inner.gather(a.inner, rows, out.inner));
  }

  override finished(): Promise<void> {
    return this.queue.finished();
  }

  protected bytesInUse(): number {
    return this.bytes;
  }

  protected async release(): Promise<void> {
    await this.queue.settled();
    await this.inner[Symbol.asyncDispose]();
  }
}

const innerOf = ({ inner }: ProductTensor): HeapTensor => inner;

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/**
 * A kernel that multiplies by `multiply` and makes these claims: the verifier
 * derives its shapes from the tile and its bounds from the order of summation,
 * by default an unspecified one.
 *
 * @param multiply a [m, k] · b [k, n], or a promise of it; not called where m, n or k is 0.
 *
 * @example
 * ```ts
 * import { kernelOfProduct } from "./product_kernel.ts";
 * import { verifyKernel } from "./verify.ts";
 * import { assert } from "@std/assert";
 *
 * const kernel = kernelOfProduct("forgetful", ({ m, n, k }, a, b) =>
 *   Float32Array.from({ length: m * n }, (_, at) => {
 *     let sum = 0;
 *     for (let p = 1; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
 *     return sum;
 *   }));
 * const { passed } = await verifyKernel(kernel, { effort: "smoke", firstFailure: true });
 * assert(!passed, "the first product of every sum is left out");
 * ```
 */
export function kernelOfProduct(
  name: string,
  multiply: Multiply,
  claims: Partial<KernelTraits> = {},
): Kernel {
  return new ProductKernel(name, multiply, claims);
}

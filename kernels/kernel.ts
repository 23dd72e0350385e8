/**
 * The contract of a kernel: what an implementation of the arithmetic offers.
 * Read this first. A kernel owns memory and has a handful of operations on it;
 * layers, verifier, bench and reports stand on this interface alone.
 *
 * Dimensions are named as in BLAS: y[m,n] = x[m,k] · w[k,n]. For a Dense layer
 * m is the number of rows of the batch, k the inputs, n the units.
 *
 * @module
 */
import type { Activation } from "./activation.ts";
import type { TensorData } from "./data.ts";

/**
 * The order in which a kernel adds the k products of one output. The verifier
 * derives its error bound from it (Higham, Accuracy and Stability, §4.2), probes
 * it from outside, and holds the kernel to its claim, down to the bits.
 *
 * - `sequential`: one after the other, k = 0, 1, 2…
 * - `blocked`: sequentially within blocks of `block(k)` products, the last one
 *   shorter, and then the sums of the blocks sequentially.
 * - `unspecified`: in any order; the verifier assumes the worst.
 */
export type Summation =
  | { readonly order: "sequential" }
  | { readonly order: "blocked"; readonly block: (k: number) => number }
  | { readonly order: "unspecified" };

/**
 * What a kernel claims of itself. The verifier derives shapes and bounds from
 * it, and reports show it.
 */
export interface KernelTraits {
  /**
   * The blocks into which a product is cut, in elements and by BLIS's names, 1
   * where there are none: the register tile is mr x nr, a block of a mc x kc, a
   * block of b kc x nc.
   */
  readonly tile: {
    readonly mr: number;
    readonly nr: number;
    readonly mc: number;
    readonly nc: number;
    readonly kc: number;
  };
  /** The precision in which products are summed. */
  readonly accumulator: "float32" | "float64";
  /** Whether a product and its addition are rounded once (true) or twice (false). */
  readonly fused: boolean;
  /** In which order products are added. */
  readonly summation: Summation;
  /** How one operation rounds: to the nearest float32, or to either of the two adjacent ones, as WGSL permits. */
  readonly rounding: "nearest" | "either";
  /** How many threads compute, the caller included. */
  readonly threads: number;
  /** Where it computes, as text to show: `JavaScript`, `WebAssembly SIMD`, an adapter's name. */
  readonly device: string;
  /** Whether NaN and infinities in the inputs reach the outputs as IEEE 754 says. */
  readonly nan: "propagates" | "unspecified";
  /** Whether subnormal numbers are kept or may be taken for zero. */
  readonly denormals: "kept" | "flushed";
  /** The largest error of each activation over all float32 inputs, in units in the last place (ULP); for softmax, of its exponentials. */
  readonly activationUlp: Readonly<Record<Activation, number>>;
}

/**
 * A float32 array of any rank, row-major, in the memory of its kernel.
 * Operations see it as a matrix: the last axis counts the columns, all others
 * together the rows. Dispose it to give the memory back.
 */
export interface Tensor extends Disposable {
  /** The length of each axis, whole numbers >= 0; at least one axis. */
  readonly shape: readonly number[];
  /** The number of elements: the product of `shape`. */
  readonly size: number;
  /** The kernel that made it: no other one takes it as an operand. */
  readonly kernel: Kernel;
  /** Whether the tensor, or its kernel, was disposed. */
  readonly disposed: boolean;
  /** Raised by every write and every operation that writes here, so that what is derived from the content can be kept until it changes. */
  readonly version: number;
  /**
   * Copies `data` in, row-major, after all queued work. A Float32Array is what
   * every kernel takes; those that extend `CheckedKernel` convert other numbers,
   * as {@linkcode TensorData} says.
   *
   * @throws {ShapeError} where `data.length` is not `size`.
   * @throws {ArgumentError} where `data` is neither a typed array of numbers nor a flat array of numbers.
   * @throws {OwnershipError} after disposal.
   */
  write(data: TensorData): void;
  /**
   * A copy of the content, row-major, as all work that was queued before leaves it.
   *
   * @throws {OwnershipError} after disposal.
   * @throws {DeviceError} where a GPU failed at the work that the content depends on.
   */
  read(): Promise<Float32Array>;
}

/** How {@linkcode Kernel.matmul} reads its operands and writes its output. */
export interface MatmulOptions {
  /** Whether a is stored as [k, m] rather than [m, k]; default false. */
  readonly transposeA?: boolean;
  /** Whether b is stored as [n, k] rather than [k, n]; default false. */
  readonly transposeB?: boolean;
  /** Whether the product is added to `out` rather than replacing it; default false. */
  readonly accumulate?: boolean;
}

/**
 * One implementation of the arithmetic.
 *
 * Operations queue their work and return at once; `read` and `finished` wait.
 * Outputs are write-only: their old content is never read unless `accumulate`
 * says so, not even where k is 0. No output may be an input of the same call.
 *
 * Arguments that do not fit throw before anything is written: a
 * {@linkcode ShapeError} for shapes, an {@linkcode OwnershipError} for a
 * tensor that is disposed, of another kernel, or both output and input, an
 * {@linkcode ArgumentError} for what is no tensor, an unknown activation or
 * option. A kernel may also throw a
 * {@linkcode MemoryError} for want of memory, and a {@linkcode WorkerError} or
 * {@linkcode DeviceError} once its threads or its device failed.
 */
export interface Kernel extends AsyncDisposable {
  /** Its name in the registry, or any other name for a kernel from elsewhere. */
  readonly name: string;
  /** What it claims of itself. */
  readonly traits: KernelTraits;

  /**
   * A tensor in this kernel's memory, filled with a copy of `data` (row-major,
   * of the kinds that {@linkcode Tensor.write} takes) or zeros.
   *
   * @throws {ShapeError} where `shape` is not of whole numbers >= 0 or `data` does not fit it.
   * @throws {ArgumentError} where `data` is neither a typed array of numbers nor a flat array of numbers.
   * @throws {OwnershipError} after the kernel was disposed.
   * @throws {MemoryError} where there is no room for it.
   */
  tensor(shape: readonly number[], data?: TensorData): Tensor;

  /**
   * y = activation(x · weight + bias), fused: x [m, k], weight [k, n], bias
   * [n] or null, y [m, n]. Where z [m, n] is given, it receives x · weight +
   * bias. The bias is added after the sum over k.
   */
  dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
    z?: Tensor,
  ): void;

  /** out = a · b or out += a · b, where a is [m, k], b is [k, n] and out is [m, n]; see {@linkcode MatmulOptions}. */
  matmul(a: Tensor, b: Tensor, out: Tensor, options?: MatmulOptions): void;

  /** y = activation(z) for z and y [m, n], elementwise; softmax by rows. */
  activate(activation: Activation, z: Tensor, y: Tensor): void;

  /**
   * dz = dy · activation'(z), all [m, n], where y = activation(z). The gradient
   * is computed from y, and z may be null, but for gelu, gelu_tanh, silu and
   * mish, which need z.
   */
  activateGradient(
    activation: Activation,
    z: Tensor | null,
    y: Tensor,
    dy: Tensor,
    dz: Tensor,
  ): void;

  /** out[n] = the sum of the rows of a [m, n], or out += that sum: the gradient of a bias. */
  sumRows(a: Tensor, out: Tensor, options?: { readonly accumulate?: boolean }): void;

  /**
   * Resolves when all queued work is done.
   *
   * @throws {DeviceError} for the first failure of a GPU that no `read` has thrown yet.
   */
  finished(): Promise<void>;

  /** Bytes taken by the tensors that are not disposed, and by what was derived from them (packed weights); absent where a kernel does not know. */
  memory?(): number;
}

/** What may be asked of a kernel when it is made. */
export interface KernelOptions {
  /** How many threads compute, the caller included, from 1 to 64; by default as many as there are processors, at most 64. Kernels of one thread ignore it. */
  readonly threads?: number;
  /** Multiply-adds of a product below which one thread works alone; by default where waking the others begins to pay. */
  readonly serialBelow?: number;
}

/** What a file or folder under kernels/ exports as `factory`: how the registry makes its kernel. */
export interface KernelFactory {
  /**
   * Makes the kernel.
   *
   * @throws {KernelUnavailableError} where this machine cannot run it, with the reason.
   * @throws {ArgumentError} where an option is out of range.
   */
  create(options?: KernelOptions): Promise<Kernel>;
}

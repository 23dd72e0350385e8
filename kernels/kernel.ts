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
import type { SumTree } from "../common/sum_tree.ts";
import type { Activation, Pointwise } from "./activation.ts";
import type { TensorData } from "./data.ts";
import type { BinaryFunction, UnaryFunction } from "./formula/expression.ts";
import type { Formula } from "./formula/formula.ts";

/**
 * The order in which a kernel adds the k products of one output. The verifier
 * derives its error bound from it (Higham, Accuracy and Stability, §4.2), probes
 * it from outside, and holds the kernel to its claim: to the bit for the first
 * four, to the depth or the bound for the others.
 *
 * - `sequential`: one after the other, k = 0, 1, 2…, or from the last to the
 *   first where `reversed`.
 * - `blocked`: sequentially within blocks of `block(k)` products, the last one
 *   shorter, and then the sums of the blocks sequentially.
 * - `interleaved`: product p in accumulator p mod `accumulators`, and then the
 *   accumulators: one after the other, neighbours in `pairs`, or by `halves`,
 *   the second half on the first, until one is left.
 * - `tree`: as `tree(k)` says, whose leaves are the products 0 to k − 1.
 * - `pairwise`: by halves, or from neighbours upwards, with at most `base`
 *   (default 1) products one after the other where the halving ends: at most
 *   base + ⌈log₂(k/base)⌉ additions deep.
 * - `compensated`: the roundings of the sum are computed and added as well
 *   (Kahan, Neumaier, Sum2 and Dot2). `products` says whether those of the
 *   products are too. Where `parts(k)` sums are made so and then added as they
 *   are, it says how many. An infinity among the inputs may become NaN.
 * - `unspecified`: in any order; the verifier assumes the worst, or that no
 *   product passes through more than `depth(k)` additions where that is claimed.
 *   It may depend on m and n too, not on the call: the same call gives the same bits.
 */
export type Summation =
  | { readonly order: "sequential"; readonly reversed?: boolean }
  | { readonly order: "blocked"; readonly block: (k: number) => number }
  | {
    readonly order: "interleaved";
    readonly accumulators: number;
    readonly combine: "sequential" | "pairs" | "halves";
  }
  | { readonly order: "tree"; readonly tree: (k: number) => SumTree }
  | { readonly order: "pairwise"; readonly base?: number }
  | {
    readonly order: "compensated";
    readonly products: "rounded" | "exact";
    readonly parts?: (k: number) => number;
  }
  | { readonly order: "unspecified"; readonly depth?: (k: number) => number };

/**
 * Where something is added to a sum of products, a bias or what the output held:
 * `after` the sum was rounded to float32, to the `unrounded` sum in the
 * accumulator's precision, or `first`, as what the sum begins with.
 */
export type AddendPosition = "after" | "unrounded" | "first";

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
  /** A wider sum is rounded to float32 after so many products, and goes on from there; absent where it is rounded once, at the end. Of blocks, each is rounded at its end too, and added in float32. */
  readonly storedEvery?: (k: number) => number;
  /** Whether a product and its addition are rounded once (true) or twice (false), or once here and twice there (`either`). */
  readonly fused: boolean | "either";
  /** In which order products are added. */
  readonly summation: Summation;
  /** Where the bias is added; absent is `after`. */
  readonly bias?: AddendPosition;
  /** Where the old content of an output is added that a product accumulates on; absent is `after`. */
  readonly accumulation?: AddendPosition;
  /** How one operation rounds: to the nearest float32, or to either of the two adjacent ones, as WGSL permits. */
  readonly rounding: "nearest" | "either";
  /** How many threads compute, the caller included. */
  readonly threads: number;
  /** Where it computes, as text to show: `JavaScript`, `WebAssembly SIMD`, `WebGPU` and an adapter's name. */
  readonly device: string;
  /** Whether NaN and infinities in the inputs reach the outputs as IEEE 754 says. */
  readonly nan: "propagates" | "unspecified";
  /**
   * Whether subnormal numbers are kept or may be taken for zero: inputs, results and what is
   * between them, an addend or the gate g(z) of z·g(z), with all that it is multiplied into.
   */
  readonly denormals: "kept" | "flushed";
  /** The largest error of each activation over all float32 inputs, in units in the last place (ULP); for softmax, of its exponentials. */
  readonly activationUlp: Readonly<Record<Activation, number>>;
  /**
   * The largest error of each gradient for dy = 1 over all inputs that it is a function of, in
   * units in the last place of the derivative; for gelu, gelu_tanh, silu and mish, whose derivative
   * g(z) + z·g'(z) crosses 0, of the sum of these two terms' magnitudes. Of those that are absent
   * nothing is claimed: what a few roundings of float32 make of a usual formula is allowed.
   */
  readonly gradientUlp?: Readonly<Partial<Record<Pointwise, number>>>;
  /** An absolute error that an activation may have besides, for one that is clamped or approximated where its results are small; absent is 0. */
  readonly activationAbsolute?: Readonly<Partial<Record<Activation, number>>>;
  /** An absolute error that a gradient may have besides, for dy = 1: what cancellation leaves, in y − y² for example; of softmax for the largest |dy| of its row; absent is 0. */
  readonly gradientAbsolute?: Readonly<Partial<Record<Activation, number>>>;
  /** How it computes formulas; absent where it takes none, and has neither `map`, `denseMap`, `reduce` nor `gather`. */
  readonly formulas?: FormulaTraits;
}

/** How a kernel computes {@linkcode Formula}s. What is stored is rounded to float32 besides. */
export interface FormulaTraits {
  /** The precision of every step, at least: a kernel may compute some formulas, or some steps, in float64 where it claims float32. Sums of `reduce` are float64. */
  readonly arithmetic: "float32" | "float64";
  /** The largest relative errors of functions that are not correctly rounded, of derivatives relative to g(z) + |z·g'(z)| as in `gradientUlp`; of the others that of `arithmetic`, 2⁻²⁴ or 2⁻⁵³. */
  readonly errors: Readonly<Partial<Record<UnaryFunction | BinaryFunction, number>>>;
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

/** A weight of 8-bit whole numbers in the memory of its kernel. Dispose it to give the memory back. */
export interface Int8Weight extends Disposable {
  /** Inputs and units: k and n. */
  readonly shape: readonly [number, number];
  /** The kernel that made it: no other one takes it. */
  readonly kernel: Kernel;
  /** Whether the weight, or its kernel, was disposed. */
  readonly disposed: boolean;
}

/** A layer of a {@linkcode Kernel.network}: `dense` without its input and output. */
export interface NetworkLayer {
  /** [k, n]. */
  readonly weight: Tensor;
  /** [n], or null. */
  readonly bias: Tensor | null;
  /** What is applied to x · weight + bias. */
  readonly activation: Activation;
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

/** What {@linkcode Kernel.reduce} makes one value of: each row of the matrix, or each column. */
export type Reduced = "rows" | "columns";

/** How {@linkcode Kernel.reduce} makes one value of many. The sum of nothing is 0, the largest −Infinity; it is NaN where a value is. */
export type Reduction = "sum" | "max";

/**
 * One implementation of the arithmetic.
 *
 * Operations queue their work and return at once; `read` and `finished` wait.
 * Outputs are write-only: their old content is never read unless `accumulate`
 * says so, not even where k is 0. No output may be an input of the same call.
 *
 * Arguments that do not fit throw before anything is written: a {@linkcode ShapeError} for shapes,
 * an {@linkcode OwnershipError} for a tensor that is disposed, of another kernel, or both output and
 * input, an {@linkcode ArgumentError} for what is no tensor, an unknown activation or option. A
 * kernel may also throw a {@linkcode MemoryError} for want of memory, and a {@linkcode WorkerError}
 * or {@linkcode DeviceError} once its threads or its device failed.
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
   * bias. The bias is added after the sum over k, unless the traits claim otherwise.
   */
  dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
    z?: Tensor,
  ): void;

  /**
   * y = the result of the layers one after the other, of which there is at least one, from x
   * [m, inputs] to y [m, units of the last]: the same bits as by `dense` of each on the result of
   * the one before, which is not kept. May be absent. Faster with the same array again and again.
   */
  network?(x: Tensor, layers: readonly NetworkLayer[], y: Tensor): void;

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
   * Computes a formula for every element: its operands are `inputs`, its outputs
   * are written to `outputs`, all [m, n]; an operand read by row is [m], one read
   * by column [n]. Unlike in other operations an output may be an input that is
   * read by element. `parameters` are the numbers that the formula takes.
   */
  map?(
    formula: Formula,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    parameters?: readonly number[],
  ): void;

  /** y = formula(x · weight + bias) as of `dense`, for a formula of one operand, one output and no parameter. */
  denseMap?(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    formula: Formula,
    y: Tensor,
    z?: Tensor,
  ): void;

  /** out = the sum or the largest of a formula's value, of each row (out [m]) or of each column (out [n]); operands as of `map`. */
  reduce?(
    reduction: Reduction,
    reduced: Reduced,
    formula: Formula,
    inputs: readonly Tensor[],
    out: Tensor,
    parameters?: readonly number[],
  ): void;

  /** out [rows.length, n] = the rows of a [m, n] with these numbers, in this order; a row may be taken again. */
  gather?(a: Tensor, rows: readonly number[] | Uint32Array | Int32Array, out: Tensor): void;

  /** out = the elements of a in row-major order, for shapes of one size: what reshapes a tensor. There where the traits have `formulas`. */
  copy?(a: Tensor, out: Tensor): void;

  /**
   * A weight [k, n] of whole numbers from −127 to 127, packed once for `denseInt8`. What it
   * stands for is each number divided by the multiplier in `scale` of its column. Both are copied,
   * from arrays or from tensors of this kernel, as all work that was queued before leaves these.
   *
   * @throws {ShapeError} where `values` or `scale` do not fit the shape, or k is above 133144, where sums may exceed 32 bits.
   * @throws {ArgumentError} where they are no Int8Array and no Float32Array and no tensors, or a value is not whole or not from −127 to 127.
   * @throws {OwnershipError} where a tensor is disposed or of another kernel.
   * @throws {MemoryError} where there is no room for it.
   */
  int8Weight?(
    shape: readonly [number, number],
    values: Int8Array | Tensor,
    scale: Float32Array | Tensor,
  ): Int8Weight;

  /**
   * y = activation(q · weight/(s·scale) + bias), as Keras computes a Dense layer that is quantized
   * to int8: each row of x is rounded to whole numbers q by its own multiplier s = 127/(largest
   * magnitude + 1e-7), sums of products are exact, all else is float32. A row of x with NaN or an
   * infinity becomes NaN.
   */
  denseInt8?(
    x: Tensor,
    weight: Int8Weight,
    bias: Tensor | null,
    activation: Activation,
    y: Tensor,
  ): void;

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
  /** The name or path of the library whose product the kernel `native` calls; by default the first of MKL, OpenBLAS and BLIS that is found, or Accelerate. */
  readonly blas?: string;
  /** How many threads compute, the caller included, from 1 to 64; by default as many as there are processors, at most 64; in Deno those that were not asked for start once there has been as much to compute as takes one thread as long as they take to start. Kernels of one thread ignore it. */
  readonly threads?: number;
  /** Multiply-adds of a product below which one thread works alone; by default where waking the others pays, by size and by the load of other processes; with 0 all share every task. */
  readonly serialBelow?: number;
  /**
   * Makes a worker for each thread of `wasm-threads` but the caller's, of the module `worker.js` of
   * the package (`kernels/wasm/worker.ts` of the source). Needed only where a Content-Security-Policy
   * forbids workers of `blob:` URLs, of which they are made by default:
   * `() => new Worker(new URL("densemark-worker.js", location.href), { type: "module" })`.
   */
  readonly createWorker?: () => ThreadWorker;
}

/** A worker of the web platform, or of `node:worker_threads`: what {@linkcode KernelOptions.createWorker} makes. */
export interface ThreadWorker {
  /** Sends it a message. */
  postMessage(message: unknown): void;
  /** Ends it. */
  terminate(): unknown;
}

/** What a file or folder under kernels/ exports as `factory`: how the registry makes its kernel. */
export interface KernelFactory {
  /**
   * Makes the kernel.
   *
   * @throws {KernelUnavailableError} where this machine cannot run it, with the reason.
   * @throws {ArgumentError} where an option is out of range.
   * @throws {MemoryError} where there is no room for its memory.
   */
  create(options?: KernelOptions): Promise<Kernel>;
  /**
   * Makes the kernel for a program that asked for none by name, where it can be
   * expected to be faster than those before it and the user is not asked for a
   * permission; absent is `create`.
   *
   * @throws {KernelUnavailableError} where not, with the reason.
   */
  createByDefault?(options?: KernelOptions): Promise<Kernel>;
}

/**
 * A Wasm kernel whose products are those of a native BLAS: it gets addresses
 * within the Wasm memory, so that no number is copied, and bias and activation are
 * applied by the Wasm code, block by block while the sums are in the cache.
 *
 * @module
 */
import type { Dimensions } from "../checks.ts";
import type { KernelTraits } from "../kernel.ts";
import type { CoreOptions } from "../wasm/core.ts";
import { SingleThread } from "../wasm/executor.ts";
import { writeBlock } from "../wasm/finish.ts";
import type { Heap } from "../wasm/memory.ts";
import type { Performer } from "../wasm/performer.ts";
import { methodOf } from "../wasm/product.ts";
import { linear } from "../wasm/tasks.ts";
import { type Epilogue, WasmKernel } from "../wasm/wasm_kernel.ts";
import type { WasmTensor } from "../wasm/wasm_tensor.ts";
import {
  type Blas,
  cblas,
  type NativeRuntime,
  type Pointer,
  type Sgemm,
  type Sgemv,
} from "./blas.ts";
import type { SharedBlas } from "./shared_blas.ts";

/** Sums of a block that are finished while they are in the cache: half a megabyte. */
const blockSize = 2 ** 17;
/** Where each sum is of more products than this, finishing is too small a part to divide a product for it. */
const longSum = 512;
/** A weight of fewer elements the Wasm code has passed over before a library is called. */
const fewestOfRow = 2 ** 13;
/** OpenBLAS's code for small matrices takes products of up to so many elements of the weight. */
const mostOfSmall = 1e6;
/** With fewer the library's threads wake for longer than they compute. */
const fewestOfThreads = 2 ** 20;
/** To make an address takes longer than a small product; so many are kept. */
const mostPointers = 4096;

/** What a kernel of a BLAS claims: another library and another shape add in another order. */
function claims(
  { device }: Blas,
  threads: number,
  probed: Pick<KernelTraits, "nan" | "denormals">,
): Partial<KernelTraits> {
  return {
    ...probed,
    fused: "either",
    summation: { order: "unspecified" },
    // Its blocks of k are added to the output one after the other, the first to the old content.
    accumulation: "first",
    threads,
    device,
  };
}

/** A kernel whose products are native. */
export class NativeKernel extends WasmKernel {
  readonly #performer: Performer;
  readonly #addresses: Addresses;
  /** The library's products of a vector and a matrix, and of a matrix of one row; null where they do not keep to what is claimed of all. */
  readonly #byVector: RowProduct | null;
  readonly #bySmallMatrix: RowProduct | null;

  constructor(
    heap: Heap,
    performer: Performer,
    options: CoreOptions,
    runtime: NativeRuntime,
    readonly shared: SharedBlas,
    readonly threads: number,
  ) {
    const addresses = new Addresses(runtime, heap.memory);
    const { sgemm, sgemv, hasSmallProducts } = shared.blas;
    const probed = probe(byMatrices(sgemm), probes, heap, addresses);
    const own = claims(shared.blas, threads, probed);
    super("native", heap, new SingleThread(performer), options, own);
    this.#performer = performer;
    this.#addresses = addresses;
    const ifAlike = (multiply: RowProduct): RowProduct | null => {
      const isAlike = [false, true].every((transposeB) => {
        const { nan, denormals } = probe(ofRow(multiply, transposeB), rowProbes, heap, addresses);
        return nan === probed.nan && denormals === probed.denormals;
      });
      return isAlike ? multiply : null;
    };
    this.#byVector = sgemv && ifAlike(byVector(sgemv));
    this.#bySmallMatrix = hasSmallProducts ? ifAlike(bySmallMatrix(sgemm)) : null;
  }

  protected override multiply(
    dimensions: Dimensions,
    a: WasmTensor,
    transposeA: boolean,
    b: WasmTensor,
    transposeB: boolean,
    epilogue: Epilogue,
  ): void {
    const { m, n, k } = dimensions;
    const row = m === 1 && n > 1 && k * n >= fewestOfRow
      ? this.#rowProduct(n, k, transposeB)
      : null;
    // An empty sum is no product. One row or column libraries compute by other code, which may leave
    // out a zero times NaN, as BLIS does: a row is left to it where the probe finds that it does not,
    // and to the Wasm code else, as are a column and few rows.
    const thin = m === 1 || n === 1 || methodOf(dimensions, this.options) !== "tiles";
    if (thin && row === null || m === 0 || n === 0 || k === 0) {
      return super.multiply(dimensions, a, transposeA, b, transposeB, epilogue);
    }
    const task = { n, ...epilogue };
    const finished = isFinished(epilogue);
    if (row) return this.#multiplyRow(row, task, k, a, b, transposeB, finished);
    const rows = finished || k > longSum ? m : Math.max(64, Math.ceil(blockSize / n));
    const of = this.#addresses;
    const { sgemm } = this.shared.useThreads(this.threads);
    const lda = transposeA ? m : k;
    for (let first = 0; first < m; first += rows) {
      const count = Math.min(rows, m - first);
      const y = epilogue.y + 4 * first * n;
      sgemm(
        rowMajor,
        transposeA ? transposed : untransposed,
        transposeB ? transposed : untransposed,
        count,
        n,
        k,
        1,
        of.pointer(a.address + 4 * first * (transposeA ? 1 : k)),
        lda,
        of.pointer(b.address),
        transposeB ? k : n,
        epilogue.accumulate,
        of.pointer(y),
        n,
      );
      if (!finished) {
        const finish = this.#performer.core.finishOf(task);
        writeBlock(finish, task, y, 4 * n, first, count, { start: 0, columns: n });
      }
    }
  }

  /** What is the fastest for one row; null where the Wasm code is to do it. */
  #rowProduct(n: number, k: number, transposeB: boolean): RowProduct | null {
    const isSmall = k * n <= mostOfSmall &&
      (transposeB ? k >= 32 && n <= 1200 : n >= 32 && n <= 192);
    return isSmall && this.#bySmallMatrix || this.#byVector;
  }

  /** One row, by the library. */
  #multiplyRow(
    multiply: RowProduct,
    task: Epilogue & { readonly n: number },
    k: number,
    a: WasmTensor,
    b: WasmTensor,
    transposeB: boolean,
    finished: boolean,
  ): void {
    const { n, y, accumulate } = task;
    const of = this.#addresses;
    this.shared.useThreads(k * n < fewestOfThreads ? 1 : this.threads);
    const [x, weight, sums] = [of.pointer(a.address), of.pointer(b.address), of.pointer(y)];
    multiply(transposeB, n, k, x, weight, accumulate, sums);
    if (finished) return;
    const finish = this.#performer.core.finishOf(task);
    writeBlock(finish, task, y, 4 * n, 0, 1, { start: 0, columns: n });
  }

  /** Its own products are those of single layers. */
  protected override computeNetwork(): boolean {
    return false;
  }

  protected override async release(): Promise<void> {
    await super.release();
    this.shared.release();
  }
}

/** y = x·op(b) + beta·y for x of k elements and y of n. */
type RowProduct = (
  transposeB: boolean,
  n: number,
  k: number,
  x: Pointer,
  b: Pointer,
  beta: number,
  y: Pointer,
) => void;

const { rowMajor, untransposed, transposed } = cblas;

const byVector = (sgemv: Sgemv): RowProduct => (transposeB, n, k, x, b, beta, y) => {
  if (transposeB) sgemv(rowMajor, untransposed, n, k, 1, b, k, x, 1, beta, y, 1);
  else sgemv(rowMajor, transposed, k, n, 1, b, n, x, 1, beta, y, 1);
};

const bySmallMatrix = (sgemm: Sgemm): RowProduct => (transposeB, n, k, x, b, beta, y) => {
  const [form, ldb] = transposeB ? [transposed, k] : [untransposed, n];
  sgemm(rowMajor, untransposed, form, 1, n, k, 1, x, k, b, ldb, beta, y, n);
};

/** c = a·b of plain matrices, for the probes. */
type Probed = (m: number, n: number, k: number, a: Pointer, b: Pointer, c: Pointer) => void;

const byMatrices = (sgemm: Sgemm): Probed => (m, n, k, a, b, c) =>
  sgemm(rowMajor, untransposed, untransposed, m, n, k, 1, a, k, b, n, 0, c, n);

/** Of one row, in one of the two ways; the numbers of b are all alike in the probes, so that it is its transpose too. */
const ofRow = (multiply: RowProduct, transposeB: boolean): Probed => (_, n, k, a, b, y) =>
  multiply(transposeB, n, k, a, b, 0, y);

/** Shapes on both sides of what libraries compute by special code. */
const probes = [[2, 2, 2], [3, 9, 17], [40, 48, 33]] as const;
const rowProbes = [[1, 2, 2], [1, 9, 17], [1, 48, 33], [1, 333, 130]] as const;

/** Whether a library's products pass NaN on where the other factor is 0, and keep subnormal numbers. */
function probe(
  multiply: Probed,
  shapes: readonly (readonly [m: number, n: number, k: number])[],
  heap: Heap,
  of: Addresses,
): Pick<KernelTraits, "nan" | "denormals"> {
  const products = (m: number, n: number, k: number, inA: number, inB: number): Float32Array => {
    const lengths = [m * k, k * n, m * n];
    const blocks = lengths.map((length) => heap.allocate(4 * length));
    const views = blocks.map((at, i) => new Float32Array(heap.memory.buffer, at, lengths[i]!));
    views[0]!.fill(inA);
    views[1]!.fill(inB);
    // What is there already must not be seen.
    views[2]!.fill(Infinity);
    const [a, b, c] = blocks.map((at) => of.pointer(at)) as [Pointer, Pointer, Pointer];
    multiply(m, n, k, a, b, c);
    const result = views[2]!.slice();
    for (const block of blocks) heap.free(block);
    return result;
  };
  const always = (inA: number, inB: number, right: (value: number) => boolean) =>
    shapes.every(([m, n, k]) => products(m, n, k, inA, inB).every(right));
  const propagates = always(0, NaN, Number.isNaN) && always(NaN, 0, Number.isNaN);
  const tiny = 2 ** -140;
  const keeps = always(tiny, 1, (value) => value >= tiny && value < 1) &&
    always(1, tiny, (value) => value >= tiny && value < 1);
  return {
    nan: propagates ? "propagates" : "unspecified",
    denormals: keeps ? "kept" : "flushed",
  };
}

/** Whether a product's sums are the result already. */
function isFinished({ bias, activation, formula, z, accumulate }: Epilogue): boolean {
  return accumulate !== 0 || bias === 0 && activation === linear && formula === 0 && z === 0;
}

/** The addresses of a Wasm memory as the library takes them. */
class Addresses {
  readonly #pointers = new Map<number, Pointer>();
  #buffer: ArrayBufferLike | null = null;
  #base = 0n;

  constructor(readonly runtime: NativeRuntime, readonly memory: WebAssembly.Memory) {}

  pointer(address: number): Pointer {
    if (this.memory.buffer !== this.#buffer) this.#locate();
    let pointer = this.#pointers.get(address);
    if (pointer === undefined) {
      if (this.#pointers.size === mostPointers) this.#pointers.clear();
      pointer = this.runtime.UnsafePointer.create(this.#base + BigInt(address));
      this.#pointers.set(address, pointer);
    }
    return pointer;
  }

  /** Finds the memory again, which may have been moved when it grew. */
  #locate(): void {
    const { UnsafePointer } = this.runtime;
    this.#buffer = this.memory.buffer;
    const base = BigInt(UnsafePointer.value(UnsafePointer.of(new Uint8Array(this.#buffer))));
    if (base !== this.#base) this.#pointers.clear();
    this.#base = base;
  }
}

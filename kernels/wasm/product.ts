/**
 * The share of one thread in a matrix product: by which of three methods it is
 * computed, which rows and columns it is, and where A is read.
 *
 * @module
 */
import type { Core, CoreOptions } from "./core.ts";
import { partOf, type Share, shareOf, type Span } from "./geometry.ts";
import type { PreparedRun } from "./prepared_runs.ts";
import type { PlacedA, ProductTask } from "./tasks.ts";
import { ThinProducts } from "./thin_product.ts";
import { TiledProducts } from "./tiled_product.ts";

/** How many columns of a transposed A are transposed in one call. */
const transposeWidth = 64;

/** The rows to which a transposed A is transposed are whole vectors, since whole blocks of 4 x 4 are written. */
function strideOfScratch(k: number): number {
  return 16 * Math.ceil(k / 4);
}

/** Bytes of `scratch` for an A that is stored as [k, m]. */
export function scratchBytes(m: number, k: number): number {
  return (m + 3) * strideOfScratch(k);
}

/** By a pass over B for few rows, by a pass over A for one column, or by the register tile. */
export type Method = "rows" | "column" | "tiles";

/**
 * How a product is computed. Only tiles read B more than once, so only for them
 * packing pays. One or two rows are computed by a pass over B, three or four only
 * where B is so large that the calls do not count; where the tile is wide, only
 * if B is larger than the L2 cache.
 */
export function methodOf(
  { m, n, k }: Pick<ProductTask, "m" | "n" | "k">,
  options: Pick<CoreOptions, "lanes">,
): Method {
  if (n === 1) return "column";
  if (m <= 2) return "rows";
  return m <= 4 && n * k > (options.lanes === 8 ? 2 ** 19 : 2 ** 12) ? "rows" : "tiles";
}

/** The products of one thread. */
export class Products {
  readonly #thin: ThinProducts;
  readonly tiled: TiledProducts;

  constructor(readonly core: Core) {
    this.#thin = new ThinProducts(core);
    this.tiled = new TiledProducts(core);
  }

  /** Computes the share of thread i of `threads`, where panels are those for `even` threads. */
  multiply(task: ProductTask, i = 0, threads = 1, even = this.core.options.threads): void {
    const method = methodOf(task, this.core.options);
    // One thread's products may be small, and objects would take a good part of their time.
    if (threads === 1 && method === "tiles" && task.scratch === 0) {
      return this.tiled.multiply(task, even, task.a, 4 * task.k, 0, task.m, 0, task.n);
    }
    const share = this.#shareOf(task, method, i, threads, even);
    const { rows, columns } = share;
    if (rows.length === 0 || columns.length === 0) return;
    const placed = this.#placeA(task, rows);
    if (method === "column") this.#thin.multiplyColumn(task, placed, rows);
    else if (method === "rows") this.#thin.multiplyRows(task, placed, share);
    else {
      const { a, strideA } = placed;
      const { start, length } = columns;
      this.tiled.multiply(task, even, a, strideA, rows.start, rows.length, start, length);
    }
  }

  /** A small product by one thread, prepared; null for one that is not computed in a few calls. */
  prepare(task: ProductTask): PreparedRun | null {
    const { options } = this.core;
    const method = methodOf(task, options);
    if (method === "tiles") return this.tiled.prepare(task, options.threads);
    return method === "rows" ? this.#thin.prepareRows(task) : this.#thin.prepareColumn(task);
  }

  #shareOf(
    { m, n, k, scratch }: ProductTask,
    method: Method,
    i: number,
    threads: number,
    even: number,
  ): Share {
    const all = { rows: { start: 0, length: m }, columns: { start: 0, length: n } };
    if (threads === 1) return all;
    // Each thread transposes the rows of its own share, which is not worth it for few rows.
    if (scratch && method === "rows") {
      return i === 0 ? all : { ...all, rows: { start: 0, length: 0 } };
    }
    if (scratch || method === "column") return { ...all, rows: partOf(m, 16, i, threads) };
    if (method === "rows") return { ...all, columns: partOf(n, 16, i, threads) };
    return shareOf({ m, n }, this.tiled.partitionOf(n, k, even).panels, threads, i);
  }

  /** Where the rows of A are read, after transposing them where they are stored transposed. */
  #placeA({ m, k, a, scratch }: ProductTask, { start, length }: Span): PlacedA {
    if (scratch === 0) return { a, strideA: 4 * k };
    const strideA = strideOfScratch(k);
    // By few columns at a time, whose cache lines stay in L1.
    for (let i = start; i < start + length; i += transposeWidth) {
      const width = Math.min(transposeWidth, start + length - i);
      this.core.copy.transpose(a + 4 * i, 4 * m, k, width, scratch + i * strideA, strideA);
      this.core.onProgress?.();
    }
    return { a: scratch, strideA };
  }
}

/**
 * The matrix product around the register tile, in BLIS's loops: blocks of B's
 * columns and A's rows, chunks of k, panels. A is read where it lies; a panel
 * of B is copied to its slot once for a block; sums stay in the cache until
 * the epilogue writes them, once, to where they belong.
 * Method: Van Zee & van de Geijn, "BLIS", ACM TOMS 2015.
 *
 * @module
 */
import { activations } from "../activation.ts";
import type { Core, CoreOptions } from "./core.ts";
import type { FinishExports } from "./finish.ts";
import {
  blockPanels,
  bytesOfPanelSums,
  chunksOf,
  panelsOf,
  partOf,
  rowsOfBlock,
  type Share,
  shareOf,
  type Stretch,
} from "./geometry.ts";
import type { TileExports } from "./microkernel.ts";
import { thinColumns } from "./thin.ts";
import type { Pointwise } from "./vector_activations.ts";

/** How B lies in memory: [k, n], [n, k], or as `packB` leaves it. */
export const layoutB = { rows: 0, transposed: 1, packed: 2 } as const;

const linear = activations.indexOf("linear");

/** A product to compute; a, b, bias, y and z are addresses, 0 for none. */
export interface ProductJob {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** [m, k], or [k, m] where there is `scratch`. */
  readonly a: number;
  /** Room for a transposed A to be transposed to, see `scratchBytes`; 0 where A lies as it should. */
  readonly scratch: number;
  readonly b: number;
  /** One of `layoutB`. */
  readonly layoutB: number;
  readonly bias: number;
  /** The index of a pointwise activation in `activations`. */
  readonly activation: number;
  readonly y: number;
  /** Receives what y is the activation of. */
  readonly z: number;
  /** 1: add to y in place of replacing it. */
  readonly accumulate: number;
}

/** Where A lies, in rows `strideA` bytes apart. */
interface PlacedA {
  readonly a: number;
  readonly strideA: number;
}

/** How many shapes are remembered. */
const mostPlans = 1024;

/** Rows of A so many bytes apart are copied side by side: far apart they crowd few sets of the caches. */
const farStride = 2048;

/** Elements of a transposed B that are multiplied in one call: some milliseconds at most. */
const pieceLength = 2 ** 22;

/** Columns of a transposed A that are transposed at once. */
const transposeWidth = 64;

/** Rows of a transposed A are whole vectors, since whole blocks of 4 x 4 are written. */
function strideOfScratch(k: number): number {
  return 16 * Math.ceil(k / 4);
}

/** Bytes of `scratch` for an A that is stored as [k, m]. */
export function scratchBytes(m: number, k: number): number {
  return (m + 3) * strideOfScratch(k);
}

/** A panel of B's columns and the tiles for its chunks of k. */
interface PanelPlan extends Stretch {
  readonly columns: number;
  /** One for each chunk. */
  readonly tiles: readonly TileExports[];
}

/** What depends on n and k alone. */
interface Plan {
  readonly chunks: readonly Stretch[];
  readonly panels: readonly PanelPlan[];
}

/**
 * Whether B is read where it lies, by a pass for a row or few, in place of the
 * register tile. Up to four rows are thin, unless B is so small that the calls
 * for it tell; where the tile is wide, three or four only with a B beyond the
 * L2 cache.
 */
export function isThin({ m, n, k }: Pick<ProductJob, "m" | "n" | "k">, lanes: 4 | 8): boolean {
  return m <= 4 && n * k > (m > 2 && lanes === 8 ? 2 ** 19 : 2 ** 12);
}

/** The products of one thread, which remembers how it cut up the shapes it has met. */
export class Products {
  readonly #plans = new Map<number, Plan>();
  /** The plan that was last used, and of what. */
  #last: { readonly n: number; readonly k: number; readonly plan: Plan } | null = null;
  readonly #finishes: (FinishExports | undefined)[] = [];

  constructor(readonly core: Core) {}

  /** Computes the share of thread i of `threads`. */
  multiply(job: ProductJob, i = 0, threads = 1): void {
    const { m, n, k, layoutB: layout } = job;
    const column = n === 1 && layout !== layoutB.packed;
    const thin = !column && layout !== layoutB.packed && isThin(job, this.core.options.lanes);
    // A transposed A is shared by rows, which each thread transposes for itself.
    const share = threads === 1
      ? { rows: { start: 0, length: m }, columns: { start: 0, length: n } }
      : job.scratch && thin
      ? { rows: { start: 0, length: i === 0 ? m : 0 }, columns: { start: 0, length: n } }
      : job.scratch
      ? { rows: partOf(m, 16, i, threads), columns: { start: 0, length: n } }
      : column
      ? { rows: partOf(m, 16, i, threads), columns: { start: 0, length: 1 } }
      : thin
      ? { rows: { start: 0, length: m }, columns: partOf(n, 16, i, threads) }
      : shareOf(job, this.#planOf(n, k).panels, threads, i);
    const { rows, columns } = share;
    if (rows.length === 0 || columns.length === 0) return;
    const placed = this.#placeA(job, rows);
    if (column) this.#multiplyColumn(job, placed, rows);
    else if (thin) this.#multiplyThin(job, placed, share);
    else this.#multiplyTiled(job, placed, share);
  }

  /** Where the rows of A are found, having transposed them where need be. */
  #placeA({ m, k, a, scratch }: ProductJob, { start, length }: Stretch): PlacedA {
    if (scratch === 0) return { a, strideA: 4 * k };
    const strideA = strideOfScratch(k);
    // By few columns of it at a time, whose lines stay in the L1 cache.
    for (let i = start; i < start + length; i += transposeWidth) {
      const width = Math.min(transposeWidth, start + length - i);
      this.core.copy.transpose(a + 4 * i, 4 * m, k, width, scratch + i * strideA, strideA);
      this.core.onProgress?.();
    }
    return { a: scratch, strideA };
  }

  #multiplyTiled(job: ProductJob, { a, strideA }: PlacedA, { rows, columns }: Share): void {
    const { n, layoutB: layout, y } = job;
    const { sums, rowsOfA, options: { lanes } } = this.core;
    const most = blockPanels(lanes);
    const bytesOfSums = bytesOfPanelSums(lanes);
    const { chunks, panels } = this.#planOf(n, job.k);
    const finish = this.#finishOf(job);
    const simple = job.bias === 0 && job.activation === linear && job.z === 0 &&
      job.accumulate === 0;
    const end = columns.start + columns.length;
    let jc = 0;
    while (panels[jc]!.start < columns.start) jc++;
    // Loop indices rather than iterators, of which small products would notice the cost.
    for (let next = jc; panels[jc] && panels[jc]!.start < end; jc = next) { // loop 5: columns of B by block
      next = jc + 1;
      while (next < jc + most && panels[next] && panels[next]!.start < end) next++;
      const copied = strideA >= farStride && next - jc > 1;
      for (let ic = rows.start, left = rows.length; left > 0;) { // loop 3: rows of A by block
        const length = rowsOfBlock(left);
        this.core.onProgress?.();
        for (let c = 0; c < chunks.length; c++) { // loop 4: along k
          const chunk = chunks[c]!;
          let from = a + 4 * chunk.start + ic * strideA;
          let strideFrom = strideA;
          if (copied) {
            panels[jc]!.tiles[c]!.rows(from, strideA, length, rowsOfA);
            from = rowsOfA;
            strideFrom = 16 * Math.ceil(chunk.length / 4);
          }
          for (let jr = jc; jr < next; jr++) { // loop 2: columns of B by panel
            const panel = panels[jr]!;
            const nr = panel.length;
            const tile = panel.tiles[c]!;
            this.#fillSlot(job, layout, panel, chunk, tile);
            // One chunk without an epilogue goes straight to the output.
            if (simple && chunks.length === 1 && panel.columns === nr) {
              tile.block(from, strideFrom, length, y + 4 * (ic * n + panel.start), 4 * n);
            } else {
              const to = sums + (jr - jc) * bytesOfSums;
              tile.block(from, strideFrom, length, to, 4 * nr);
              if (c + 1 === chunks.length) write(finish, job, to, 4 * nr, ic, length, panel);
            }
          }
        }
        ic += length;
        left -= length;
      }
    }
  }

  /** Brings a chunk of a panel of B to its slot. */
  #fillSlot(
    { n, k, b }: ProductJob,
    layout: number,
    panel: PanelPlan,
    chunk: Stretch,
    tile: TileExports,
  ): void {
    const nr = panel.length;
    if (layout === layoutB.rows) tile.panel(b + 4 * (chunk.start * n + panel.start), 4 * n);
    else if (layout === layoutB.packed) {
      tile.panel(b + 4 * (k * panel.start + nr * chunk.start), 4 * nr);
    } else {
      const from = b + 4 * (panel.start * k + chunk.start);
      const { copy, slots } = this.core;
      copy.transpose(from, 4 * k, panel.columns, chunk.length, slots.b, 4 * nr);
    }
  }

  /** A few rows of A: B is read where it lies. */
  #multiplyThin(job: ProductJob, { a, strideA }: PlacedA, { rows: all, columns }: Share): void {
    const { k } = job;
    const { thinTotals } = this.core;
    const finish = this.#finishOf(job);
    const end = all.start + all.length;
    const last = columns.start + columns.length;
    for (let start = columns.start; start < last; start += thinColumns) {
      const length = Math.min(thinColumns, last - start);
      // Sums are whole cache lines.
      const vectors = 4 * Math.ceil(length / 16);
      for (let row = all.start, rows = 0; row < end; row += rows) {
        rows = end - row >= 4 ? 4 : end - row >= 2 ? 2 : 1;
        const from = a + row * strideA;
        if (job.layoutB === layoutB.rows) {
          for (const chunk of chunksOf(k)) {
            this.#addThin(job, from + 4 * chunk.start, strideA, rows, chunk, start, vectors);
            this.core.onProgress?.();
          }
        } else {
          this.#sumTransposed(
            rows,
            from,
            strideA,
            job.b + 4 * start * k,
            4 * k,
            k,
            vectors,
            length,
          );
        }
        write(finish, job, thinTotals, 16 * vectors, row, rows, { start, columns: length });
      }
    }
  }

  #addThin(
    { n, b }: ProductJob,
    from: number,
    strideA: number,
    rows: number,
    chunk: Stretch,
    start: number,
    vectors: number,
  ): void {
    const { thin, thinSums, thinTotals } = this.core;
    const run = rows === 4 ? thin.thin4 : rows === 2 ? thin.thin2 : thin.thin1;
    const to = chunk.start === 0 ? thinTotals : thinSums;
    run(from, strideA, b + 4 * (chunk.start * n + start), 4 * n, chunk.length, to, vectors);
    if (chunk.start > 0) thin.add(thinTotals, thinSums, rows * vectors);
  }

  /** Sums of rows of x with rows of b, to where the finished sums are expected. */
  #sumTransposed(
    rows: number,
    x: number,
    strideX: number,
    b: number,
    strideB: number,
    k: number,
    vectors: number,
    columns: number,
  ): void {
    const { thinTransposed: { transposed1, transposed2, transposed4 }, thinTotals } = this.core;
    const run = rows === 4 ? transposed4 : rows === 2 ? transposed2 : transposed1;
    // In pieces, after each of which there is a sign of life.
    const most = 8 * Math.ceil(pieceLength / (8 * Math.max(1, k)));
    const chunk = chunksOf(k)[0]!.length;
    for (let done = 0; done < columns; done += most) {
      const to = thinTotals + 4 * done;
      const length = Math.min(most, columns - done);
      run(x, strideX, b + done * strideB, strideB, k, chunk, to, 16 * vectors, length);
      this.core.onProgress?.();
    }
  }

  /** One column of B, whichever its layout: the product of it as a row with A as a transposed matrix. */
  #multiplyColumn(
    job: ProductJob,
    { a, strideA }: PlacedA,
    { start: first, length }: Stretch,
  ): void {
    const { k, b, bias, y, z } = job;
    const { copy, thinSums, thinTotals } = this.core;
    const { finish } = this.#finishOf(job);
    for (let start = first; start < first + length; start += thinColumns) {
      const columns = Math.min(thinColumns, first + length - start);
      const vectors = 4 * Math.ceil(columns / 16);
      this.#sumTransposed(1, b, 0, a + start * strideA, strideA, k, vectors, columns);
      if (bias) copy.splat(bias, thinSums, vectors);
      finish(thinTotals, 0, y + 4 * start, z && z + 4 * start, 0, bias && thinSums, 1, columns);
    }
  }

  #planOf(n: number, k: number): Plan {
    if (this.#last?.n === n && this.#last.k === k) return this.#last.plan;
    const key = n * 2 ** 26 + k;
    let plan = this.#plans.get(key);
    if (!plan) {
      const { core } = this;
      const chunks = chunksOf(k);
      const panels = panelsOf(n, core.options.lanes, core.options.threads).map((
        { start, length },
      ) => ({
        start,
        length,
        columns: Math.min(length, n - start),
        tiles: chunks.map((chunk, c) => core.tile(length, chunk.length, c > 0)),
      }));
      plan = { chunks, panels };
      // Programs have few shapes; whoever has very many makes them anew.
      if (this.#plans.size >= mostPlans) this.#plans.clear();
      this.#plans.set(key, plan);
    }
    this.#last = { n, k, plan };
    return plan;
  }

  #finishOf({ activation, bias, z, accumulate }: ProductJob): FinishExports {
    const flags = (bias !== 0 ? 1 : 0) + (z !== 0 ? 2 : 0) + 4 * accumulate;
    const key = 8 * activation + flags;
    let finish = this.#finishes[key];
    if (!finish) {
      finish = this.core.finish({
        activation: activations[activation] as Pointwise,
        bias: bias !== 0,
        keepZ: z !== 0,
        accumulate: accumulate !== 0,
      });
      this.#finishes[key] = finish;
    }
    return finish;
  }
}

/** Writes a block of sums to its place in the output. */
function write(
  { finish }: FinishExports,
  { n, bias, y, z }: ProductJob,
  from: number,
  strideFrom: number,
  row: number,
  rows: number,
  { start, columns }: Pick<PanelPlan, "start" | "columns">,
): void {
  const at = 4 * (row * n + start);
  const atBias = bias && bias + 4 * start;
  finish(from, strideFrom, y + at, z && z + at, 4 * n, atBias, rows, columns);
}

/** Bytes that `packB` fills for a weight of n columns and k rows. */
export function packedBytes(
  { n, k }: { readonly n: number; readonly k: number },
  { lanes, threads }: CoreOptions,
): number {
  const last = panelsOf(n, lanes, threads).at(-1);
  // A transposition writes up to 3 rows too many.
  return last ? 4 * ((last.start + last.length) * k + 3 * last.length) : 0;
}

/** Packs B [k, n], or [n, k] where it is transposed, in the order in which the loops read it. */
export function packB(
  { copy, options }: Core,
  { n, k, b, layoutB: layout }: Pick<ProductJob, "n" | "k" | "b" | "layoutB">,
  to: number,
): void {
  for (const { start, length } of panelsOf(n, options.lanes, options.threads)) {
    const at = to + 4 * k * start;
    if (layout === layoutB.rows) copy.gather(b + 4 * start, 4 * n, k, 4 * length, at);
    else copy.transpose(b + 4 * start * k, 4 * k, Math.min(length, n - start), k, at, 4 * length);
  }
}

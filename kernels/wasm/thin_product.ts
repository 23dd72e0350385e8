/**
 * Products of few rows or of one column, which read B, or A, once and without
 * copying it: most of a register tile would be empty, and the copy would take as
 * long as the product.
 *
 * @module
 */
import type { Core } from "./core.ts";
import { writeBlock } from "./finish.ts";
import { chunksOf, type Share, type Span } from "./geometry.ts";
import { PreparedColumn, PreparedRows, type PreparedRun } from "./prepared_runs.ts";
import { layoutOfB, type PlacedA, type ProductTask } from "./tasks.ts";
import { thinColumns } from "./thin.ts";

/** How many elements of a transposed B are multiplied in one call: a few milliseconds at most. */
const pieceLength = 2 ** 22;

/** The thin products of one thread. */
export class ThinProducts {
  constructor(readonly core: Core) {}

  /** Few rows of A. */
  multiplyRows(task: ProductTask, { a, strideA }: PlacedA, { rows: all, columns }: Share): void {
    const { k } = task;
    const { thinTotals } = this.core;
    const finish = this.core.finishOf(task);
    const end = all.start + all.length;
    const last = columns.start + columns.length;
    for (let start = columns.start; start < last; start += thinColumns) {
      const length = Math.min(thinColumns, last - start);
      // Sums are whole cache lines.
      const vectors = 4 * Math.ceil(length / 16);
      for (let row = all.start, rows = 0; row < end; row += rows) {
        rows = end - row >= 4 ? 4 : end - row >= 2 ? 2 : 1;
        const from = a + row * strideA;
        if (task.layoutB === layoutOfB.rows) {
          for (const chunk of chunksOf(k)) {
            this.#addThin(task, from + 4 * chunk.start, strideA, rows, chunk, start, vectors);
            this.core.onProgress?.();
          }
        } else {
          this.#sumTransposed(
            rows,
            from,
            strideA,
            task.b + 4 * start * k,
            4 * k,
            k,
            vectors,
            length,
          );
        }
        writeBlock(finish, task, thinTotals, 16 * vectors, row, rows, { start, columns: length });
      }
    }
  }

  /** One or two rows, prepared; null for what takes more than one piece. */
  prepareRows(task: ProductTask): PreparedRun | null {
    const { m, n, k } = task;
    if (m > 2 || n > thinColumns || task.layoutB !== layoutOfB.rows) return null;
    const { thin, thinSums, thinTotals } = this.core;
    const { finish } = this.core.finishOf(task);
    const run = m === 2 ? thin.thin2 : thin.thin1;
    const chunk = chunksOf(k)[0]!.length;
    return new PreparedRows(task, run, thin.add, finish, chunk, thinTotals, thinSums);
  }

  /** One column, prepared; null for what takes more than one piece. */
  prepareColumn(task: ProductTask): PreparedRun | null {
    const { m, k } = task;
    if (m > thinColumns || m * k > pieceLength) return null;
    const { thinTransposed: { transposed1 }, copy: { splat }, thinSums, thinTotals } = this.core;
    const { finish } = this.core.finishOf(task);
    const chunk = chunksOf(k)[0]!.length;
    return new PreparedColumn(task, transposed1, splat, finish, chunk, thinTotals, thinSums);
  }

  #addThin(
    { n, b }: ProductTask,
    from: number,
    strideA: number,
    rows: number,
    chunk: Span,
    start: number,
    vectors: number,
  ): void {
    const { thin, thinSums, thinTotals } = this.core;
    const run = rows === 4 ? thin.thin4 : rows === 2 ? thin.thin2 : thin.thin1;
    const to = chunk.start === 0 ? thinTotals : thinSums;
    run(from, strideA, b + 4 * (chunk.start * n + start), 4 * n, chunk.length, to, vectors);
    if (chunk.start > 0) thin.add(thinTotals, thinSums, rows * vectors);
  }

  /** The products of rows of x with rows of b, written to the totals. */
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
    // In pieces, after each of which progress is reported.
    const most = 8 * Math.ceil(pieceLength / (8 * Math.max(1, k)));
    const chunk = chunksOf(k)[0]!.length;
    for (let done = 0; done < columns; done += most) {
      const to = thinTotals + 4 * done;
      const length = Math.min(most, columns - done);
      run(x, strideX, b + done * strideB, strideB, k, chunk, to, 16 * vectors, length);
      this.core.onProgress?.();
    }
  }

  /** One column of B, in either layout: the product of that column as a row with A as a transposed matrix. */
  multiplyColumn(
    task: ProductTask,
    { a, strideA }: PlacedA,
    { start: first, length }: Span,
  ): void {
    const { k, b, bias, y, z } = task;
    const { copy, thinSums, thinTotals } = this.core;
    const { finish } = this.core.finishOf(task);
    for (let start = first; start < first + length; start += thinColumns) {
      const columns = Math.min(thinColumns, first + length - start);
      const vectors = 4 * Math.ceil(columns / 16);
      this.#sumTransposed(1, b, 0, a + start * strideA, strideA, k, vectors, columns);
      if (bias) copy.splat(bias, thinSums, vectors);
      finish(thinTotals, 0, y + 4 * start, z && z + 4 * start, 0, bias && thinSums, 1, columns);
    }
  }
}

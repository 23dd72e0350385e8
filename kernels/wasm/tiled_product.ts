/**
 * The matrix product around the register tile, in BLIS's loops: blocks of the
 * columns of B and the rows of A, chunks of k, panels. A is usually read where
 * it is; a panel of B is copied to its slot once for each block, few rows reading the
 * next chunk of it ahead meanwhile; sums stay in the cache until the epilogue writes
 * them to the output, once.
 * Method: Van Zee & van de Geijn, "BLIS", ACM TOMS 2015.
 *
 * @module
 */
import { type Core, endingOf, type TileForm, tileForms } from "./core.ts";
import { writeBlock } from "./finish.ts";
import {
  bytesOfPanelSums,
  chunksOfGroup,
  linesAhead,
  mc,
  panelsOfBlock,
  rowsOfBlock,
  rowsOfTile,
  type Span,
  unitOfLines,
} from "./geometry.ts";
import type { TileExports } from "./microkernel.ts";
import { type Panel, type Partition, Partitions } from "./partitions.ts";
import { type PreparedRun, PreparedTiles } from "./prepared_runs.ts";
import { layoutOfB, type ProductTask } from "./tasks.ts";

/** A tile ends products of so many chunks of k; for more, an epilogue costs little, and a tile more to be made as much as ever. */
const mostChunksOfEnding = 4;

/**
 * So many products of a shape do without the tile that replaces the sums, and add to negative
 * zeros, which change no number: to make a tile takes as long as a dozen products.
 */
const fewCalls = 4;

/** A packed B of so many elements stays in the L2 cache, so that there is nothing to read ahead. */
const mostNear = 2 ** 18;

/** Rows of A that are so many bytes apart are copied without gaps, since they would compete for few sets of the caches. */
export const farStride = 2048;

/** The products of one thread on the register tile, with the partitions of the shapes that it has met. */
export class TiledProducts {
  readonly #partitions: Partitions;

  constructor(readonly core: Core) {
    this.#partitions = new Partitions(core.options);
  }

  /** Computes a share, whose columns are whole panels, with the rows of A `strideA` bytes apart. */
  multiply(
    task: ProductTask,
    even: number,
    a: number,
    strideA: number,
    firstRow: number,
    rows: number,
    firstColumn: number,
    columns: number,
  ): void {
    const { n, layoutB } = task;
    const { sums, rowsOfA, options } = this.core;
    const loops = this.#partitions.loopsOf(n, task.k);
    // A share by columns is by the panels that all threads agree on, and loops on panels of the
    // wide tile would be others than those on panels of the narrow one, and slower.
    const rolled = loops.left > 0 && columns === n &&
      (layoutB !== layoutOfB.packed || options.lanes === 4);
    if (rolled) loops.left -= rows * n * task.k;
    const form = rolled ? tileForms.rolled : this.formOf(layoutB);
    // Which tile is faster takes time to find out, and for these it does not matter.
    const lanes = rolled ? 4 : options.lanes;
    const partition = this.#partitions.partitionOf(n, task.k, even, lanes);
    const { chunks, panels } = partition;
    const ending = chunks.length <= mostChunksOfEnding ? endingOf(task) : null;
    if (panels.length === 1 && chunks.length === 1 && rows <= mc) {
      // All loops but the innermost make one pass: without them a small product takes a fifth less.
      const [panel, chunk] = [panels[0]!, chunks[0]!];
      const nr = panel.length;
      const from = a + firstRow * strideA;
      if (ending !== null && panel.columns === nr) {
        this.#end(task, panel, chunk, ending, form, from, strideA, firstRow, rows);
      } else {
        const tile = this.tileOf(panel, chunks, 0, form);
        this.#fillSlot(task, panel, chunk, tile);
        tile.block(from, strideA, rows, sums, 4 * nr);
        writeBlock(this.core.finishOf(task), task, sums, 4 * nr, firstRow, rows, panel);
      }
      return;
    }
    // All chunks but the last are equal, so that from three on the tile that adds is needed anyway.
    const adds = chunks.length > 2 && (rolled || partition.calls < fewCalls);
    if (adds && !rolled) partition.calls++;
    const end = firstColumn + columns;
    const most = panelsOfBlock(lanes, rows);
    const bytesOfSums = bytesOfPanelSums(lanes, Math.min(rows, mc));
    const strideOfChunk = 16 * Math.ceil(chunks[0]!.length / 4);
    const readsAhead = !rolled && layoutB === layoutOfB.packed &&
      chunks.length > mostChunksOfEnding &&
      (form === tileForms.direct || n * task.k > mostNear);
    let jc = 0;
    while (panels[jc]!.start < firstColumn) jc++;
    // Loop indices rather than iterators, which would slow small products down.
    for (let next = jc; panels[jc] && panels[jc]!.start < end; jc = next) { // loop 5: columns of B by block
      next = jc + 1;
      while (next < jc + most && panels[next] && panels[next]!.start < end) next++;
      const copied = strideA >= farStride && next - jc > 1;
      for (let ic = firstRow, left = rows; left > 0;) { // loop 3: rows of A by block
        const length = rowsOfBlock(left);
        const group = layoutB === layoutOfB.rows ? 1 : chunksOfGroup(length, chunks[0]!.length);
        this.core.onProgress?.();
        const ahead = readsAhead
          ? linesAhead(length, panels[jc]!.length, chunks[0]!.length, lanes)
          : 0;
        for (let pc = 0; pc < chunks.length; pc += group) { // loop 4: along k by group of chunks
          const after = Math.min(pc + group, chunks.length);
          for (let c = pc; copied && c < after; c++) {
            const from = a + 4 * chunks[c]!.start + ic * strideA;
            const to = rowsOfA + (c - pc) * length * strideOfChunk;
            const tile = this.tileOf(panels[jc]!, chunks, adds && c === 0 ? 1 : c, form);
            tile.rows(from, strideA, length, to);
          }
          for (let jr = jc; jr < next; jr++) { // loop 2: columns of B by panel
            const panel = panels[jr]!;
            const nr = panel.length;
            const to = sums + (jr - jc) * bytesOfSums;
            if (ahead > 0) {
              const at = copied ? rowsOfA : a + 4 * chunks[pc]!.start + ic * strideA;
              this.#addChunks(
                task,
                panel,
                chunks,
                pc,
                after,
                at,
                copied ? 0 : strideA,
                length,
                to,
                ahead,
              );
              if (after === chunks.length) {
                writeBlock(this.core.finishOf(task), task, to, 4 * nr, ic, length, panel);
              }
              continue;
            }
            for (let c = pc; c < after; c++) { // by chunk
              const chunk = chunks[c]!;
              const from = copied
                ? rowsOfA + (c - pc) * length * strideOfChunk
                : a + 4 * chunk.start + ic * strideA;
              const strideFrom = copied ? 16 * Math.ceil(chunk.length / 4) : strideA;
              const last = c + 1 === chunks.length;
              if (last && ending !== null && panel.columns === nr) {
                this.#end(task, panel, chunk, ending, form, from, strideFrom, ic, length, to);
                continue;
              }
              if (adds && c === 0) {
                new Float32Array(this.core.memory.buffer, to, length * nr).fill(-0);
              }
              const tile = this.tileOf(panel, chunks, adds && c === 0 ? 1 : c, form);
              this.#fillSlot(task, panel, chunk, tile);
              tile.block(from, strideFrom, length, to, 4 * nr);
              if (last) {
                writeBlock(this.core.finishOf(task), task, to, 4 * nr, ic, length, panel);
              }
            }
          }
        }
        ic += length;
        left -= length;
      }
    }
  }

  /** The product where one call computes each panel: one chunk, which ends in its tile, and a packed B. Else null. */
  prepare(task: ProductTask, even: number): PreparedRun | null {
    const { m, n, k, layoutB } = task;
    const ending = endingOf(task);
    if (m > mc || layoutB !== layoutOfB.packed || ending === null) return null;
    const { chunks, panels } = this.partitionOf(n, k, even);
    if (chunks.length > 1) return null;
    const whole = panels.map((panel) => {
      const { start, length } = panel;
      const { whole } = this.endOf(panel, chunks[0]!, ending, this.formOf(layoutB));
      return { start, length, whole: whole! };
    });
    return new PreparedTiles(task, whole);
  }

  /** The form of tiles that read a B of this layout. */
  formOf(layoutB: number): TileForm {
    return layoutB === layoutOfB.packed && this.core.options.unchecked === true
      ? tileForms.direct
      : tileForms.unrolled;
  }

  /** The tile of a panel that ends the product. */
  endOf(panel: Panel, { start, length }: Span, ending: number, form: TileForm): TileExports {
    return panel.ends[3 * ending + form] ??= this.core.tile(
      panel.length,
      length,
      start > 0,
      ending,
      0,
      form,
      panel.lanes,
    );
  }

  /** The tile of a panel for a chunk, which reads so many lines ahead. */
  tileOf(
    panel: Panel,
    chunks: readonly Span[],
    c: number,
    form: TileForm,
    ahead = 0,
  ): TileExports {
    const i = 3 * (c + ahead / unitOfLines * chunks.length) + form;
    const found = panel.tiles[i];
    if (found) return found;
    const { length } = chunks[c]!;
    return panel.tiles[i] = this.core.tile(
      panel.length,
      length,
      c > 0,
      null,
      ahead,
      form,
      panel.lanes,
    );
  }

  /** The last chunk of a panel, by a tile that writes to the output what it adds to `sums`. */
  #end(
    task: ProductTask,
    panel: Panel,
    chunk: Span,
    ending: number,
    form: TileForm,
    from: number,
    strideFrom: number,
    row: number,
    rows: number,
    sums = 0,
  ): void {
    const { n, y, bias } = task;
    const { start, length: nr } = panel;
    const first = chunk.start === 0;
    const tile = this.endOf(panel, chunk, ending, form);
    this.#fillSlot(task, panel, chunk, tile);
    if (bias !== 0) tile.bias!(bias + 4 * start);
    const to = y + 4 * (row * n + start);
    if (first) tile.block(from, strideFrom, rows, to, 4 * n);
    else tile.block(from, strideFrom, rows, sums, 4 * nr, to, 4 * n);
  }

  /**
   * The chunks of a packed panel from `first` up to `after`, in one call, by tiles that read the
   * next one ahead, or read B where it lies, and add to what the chunks before gave, at first to
   * negative zeros. The rows of A are `strideA` bytes apart from a on, or copied there for 0.
   */
  #addChunks(
    { n, k, b, layoutB }: ProductTask,
    panel: Panel,
    chunks: readonly Span[],
    first: number,
    after: number,
    a: number,
    strideA: number,
    rows: number,
    sums: number,
    ahead: number,
  ): void {
    const { start, length: nr } = panel;
    const { memory, options: { lanes } } = this.core;
    const form = this.formOf(layoutB);
    const direct = form === tileForms.direct;
    if (first === 0) new Float32Array(memory.buffer, sums, rows * nr).fill(-0);
    const last = b + 4 * k * n - 64 * ahead * Math.ceil(rows / rowsOfTile(nr, lanes));
    for (let c = first, from = a; c < after;) {
      const { start: depth, length } = chunks[c]!;
      // All are equal but the last one.
      const equal = chunks.at(-1)!.length === length ? after : Math.min(after, chunks.length - 1);
      const count = Math.max(1, equal - c);
      const tile = this.tileOf(panel, chunks, Math.max(1, c), form, direct ? 0 : ahead);
      const stride = strideA || 16 * Math.ceil(length / 4);
      const step = strideA ? 4 * length : rows * stride;
      const at = b + 4 * (k * start + nr * depth);
      tile.chunks!(at, from, step, stride, rows, sums, 4 * nr, count, last);
      from += count * step;
      c += count;
    }
  }

  /** Copies a chunk of a panel of B to its slot. */
  #fillSlot(
    { n, k, b, layoutB }: ProductTask,
    panel: Panel,
    chunk: Span,
    tile: TileExports,
  ): void {
    const nr = panel.length;
    if (layoutB === layoutOfB.rows) tile.panel(b + 4 * (chunk.start * n + panel.start), 4 * n);
    else if (layoutB === layoutOfB.packed) {
      tile.panel(b + 4 * (k * panel.start + nr * chunk.start), 4 * nr);
    } else {
      const from = b + 4 * (panel.start * k + chunk.start);
      const { copy, slots } = this.core;
      copy.transpose(from, 4 * k, panel.columns, chunk.length, slots.b, 4 * nr);
    }
  }

  /** The panels of n, of which so many threads get the same number, and the chunks of k. */
  partitionOf(n: number, k: number, threads: number): Partition {
    return this.#partitions.partitionOf(n, k, threads);
  }
}

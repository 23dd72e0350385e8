/**
 * Which parts of matrices programs bind. A device binds so many bytes of a buffer
 * at once (maxStorageBufferBindingSize, 128 MiB on many), while its buffers may be
 * larger. A larger matrix is worked on in parts, each bound where it lies, or,
 * where it does not begin where a binding may, in a copy.
 *
 * @module
 */
import { type Bound, overwrite } from "./bind_groups.ts";
import type { Block } from "./buffers.ts";
import type { Recorder } from "./recorder.ts";

/** Bindings begin at multiples of so many elements: 256 bytes, the largest alignment that a device may ask for. */
export const alignment = 64;

/** A matrix in memory, with `stride` elements from one row to the next. */
export interface Matrix {
  readonly bound: Bound;
  readonly stride: number;
}

/** Indices from `from` on. */
export interface Range {
  readonly from: number;
  readonly size: number;
}

/** The rows and columns of a part of a matrix. */
export interface Part {
  readonly rows: Range;
  readonly columns: Range;
}

/** `size` indices in ranges of at most `most`; one empty range of none. */
export function rangesOf(size: number, most: number): Range[] {
  const ranges: Range[] = [];
  for (let from = 0; from < size; from += most) {
    ranges.push({ from, size: Math.min(most, size - from) });
  }
  return size === 0 ? [{ from: 0, size }] : ranges;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * How many rows of a matrix of so many columns are within `most` elements: all
 * that there are, or so many that the rows after them begin where a binding may,
 * and as indices of columns too, as far as that is possible.
 */
export function rowsWithin(rows: number, columns: number, most: number): number {
  if (rows * columns <= most) return rows;
  const possible = Math.max(1, Math.floor(most / columns));
  const least = alignment / greatestDivisor(alignment, columns);
  const unit = possible >= alignment ? alignment : possible >= least ? least : 1;
  return Math.floor(possible / unit) * unit;
}

/** A matrix of so many rows and columns in parts of whole rows, of at most `most` elements each. */
export function rowParts(rows: number, columns: number, most: number): Part[] {
  const all = { from: 0, size: columns };
  return rangesOf(rows, Math.max(1, rowsWithin(rows, columns, most)))
    .map((range) => ({ rows: range, columns: all }));
}

/** `size` elements as one row, in parts of at most `most`, a multiple of the alignment. */
export function flatParts(size: number, most: number): Part[] {
  return rangesOf(size, most).map((columns) => ({ rows: { from: 0, size: 1 }, columns }));
}

/** Whether a program that writes whole vec4 would reach from these rows into the next ones. */
function writesBeyond({ bound, stride }: Matrix, { columns }: Part, own: Matrix): boolean {
  const { bytes, offset = 0 } = own.bound;
  const end = offset - (bound.offset ?? 0) + bytes;
  return columns.size === stride && bytes % 16 !== 0 && end < bound.bytes;
}

/** The parts that one operation binds, and its copies of them. */
export class Windows implements Disposable {
  readonly #copies = new Map<string, Block>();
  #stores: (() => void)[] = [];

  constructor(
    readonly recorder: Recorder,
    /** The most elements of a binding. */
    readonly most: number,
    /** What it is for, as an error says it. */
    readonly label: string,
  ) {}

  /**
   * A part, of at most as many elements as can be bound, to be read.
   *
   * @param slot The name of the operand, which has at most one copy at a time.
   */
  read(slot: string, matrix: Matrix, part: Part): Matrix {
    return this.#inPlace(matrix, part) ?? this.#copy(slot, matrix, part, true);
  }

  /**
   * A part to be written, and then stored; the parts from the first row and column
   * on are to cover the matrix.
   *
   * @param keep Whether what it held is read too.
   */
  write(slot: string, matrix: Matrix, part: Part, keep = false): Matrix {
    // Later parts are written beside this one's content, on which the whole then depends.
    if (!keep && part.rows.from === 0 && part.columns.from === 0) overwrite(matrix.bound);
    const own = this.#inPlace(matrix, part);
    if (own && !writesBeyond(matrix, part, own)) return own;
    const copy = this.#copy(slot, matrix, part, keep);
    this.#stores.push(() => this.#transfer(matrix, part, copy, false));
    return copy;
  }

  /** Records that what was written to copies goes where it belongs. */
  store(): void {
    for (const store of this.#stores) store();
    this.#stores = [];
  }

  [Symbol.dispose](): void {
    for (const block of this.#copies.values()) this.recorder.pool.free(block);
    this.#copies.clear();
  }

  #inPlace({ bound, stride }: Matrix, { rows, columns }: Part): Matrix | null {
    const first = rows.from * stride + columns.from;
    const length = rows.size === 0 ? 0 : (rows.size - 1) * stride + columns.size;
    if (first % alignment !== 0 || length > this.most) return null;
    const { block, offset = 0 } = bound;
    return { bound: { block, bytes: 4 * length, offset: offset + 4 * first }, stride };
  }

  #copy(slot: string, matrix: Matrix, part: Part, filled: boolean): Matrix {
    const bytes = 4 * part.rows.size * part.columns.size;
    let block = this.#copies.get(slot);
    if (!block || block.bytes < bytes) {
      if (block) this.recorder.pool.free(block);
      block = this.recorder.pool.take(Math.max(16, bytes), this.label);
      this.#copies.set(slot, block);
    }
    const copy = { bound: { block, bytes }, stride: part.columns.size };
    if (filled) this.#transfer(matrix, part, copy, true);
    return copy;
  }

  /** Fills the copy of a part, or stores what was written to it. */
  #transfer(
    { bound, stride }: Matrix,
    { rows, columns }: Part,
    copy: Matrix,
    filled: boolean,
  ): void {
    const whole = stride === columns.size || rows.size === 1;
    const length = whole ? rows.size * columns.size : columns.size;
    for (let i = 0; i < (whole ? 1 : rows.size); i++) {
      const first = (rows.from + i) * stride + columns.from;
      const own = {
        block: bound.block,
        bytes: 4 * length,
        offset: (bound.offset ?? 0) + 4 * first,
      };
      const other = { block: copy.bound.block, bytes: 4 * length, offset: 4 * i * length };
      this.recorder.copy(...(filled ? [own, other] as const : [other, own] as const), this.label);
    }
  }
}

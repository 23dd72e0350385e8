/**
 * One thread's share of `map`, `reduce` and `gather`: rows or columns, never a
 * part of a sum, so that every number of threads gives the same bits. The code
 * for a formula is made when a thread meets its number for the first time.
 *
 * @module
 */
import type { Formula } from "../formula/formula.ts";
import type { Reduction } from "../kernel.ts";
import type { Core } from "./core.ts";
import { type MapExports, mapModule, type ReduceExports, reduceModule } from "./formula_module.ts";
import { formulaIn, offsetOfOutput } from "./formula_room.ts";
import { partOf } from "./geometry.ts";
import { remember } from "./remember.ts";
import { reductions, type TaskOf } from "./tasks.ts";

/** How many steps of how many elements are computed in one call: some 10 ms. */
const pieceSteps = 2 ** 22;

/** The totals of so many columns at a time take 32 KiB. */
const mostColumns = 4096;

/** Of how many formulas a thread keeps the code. */
const mostFormulas = 512;

/** A formula with the code that was made of it. */
class Compiled {
  #map: MapExports | null = null;
  readonly #reduce = new Map<Reduction, ReduceExports>();
  /** Whether all operands are read by element, so that the matrix may be taken for one row. */
  readonly flat: boolean;
  /** How many elements are computed in one call. */
  readonly piece: number;

  constructor(readonly core: Core, readonly formula: Formula) {
    this.flat = formula.operands.every((along) => along === "element");
    this.piece = 16 * Math.ceil(pieceSteps / 16 / formula.steps.length);
  }

  get map(): MapExports["map"] {
    const { core, formula } = this;
    const { fused } = core.options;
    this.#map ??= core.made<MapExports>(
      `map ${formula.key}`,
      (memory) => mapModule(formula, { fused, memory }),
    );
    return this.#map.map;
  }

  reduce(reduction: Reduction): ReduceExports {
    const { core, formula } = this;
    const { fused } = core.options;
    let found = this.#reduce.get(reduction);
    if (!found) {
      found = core.made<ReduceExports>(
        `${reduction} ${formula.key}`,
        (memory) => reduceModule(formula, reduction, { fused, memory }),
      );
      this.#reduce.set(reduction, found);
    }
    return found;
  }
}

/** Does the shares of one thread in tasks with a formula. */
export class FormulaPerformer {
  readonly #compiled = new Map<number, Compiled>();

  constructor(readonly core: Core) {}

  /** Does the share of thread i of `threads` in a map. */
  map({ formula, rows, columns }: TaskOf<"map">, i: number, threads: number): void {
    const { map, flat, piece } = this.#of(formula);
    const { room } = this.core;
    if (flat) {
      for (
        const { start, length } of this.core.pieces(partOf(rows * columns, 16, i, threads), piece)
      ) {
        map(room, 0, 1, start, length, 0);
      }
      return;
    }
    // By columns where there are too few rows for all threads.
    const byRows = rows >= threads;
    const ofRows = byRows ? partOf(rows, 1, i, threads) : { start: 0, length: rows };
    const { start, length } = byRows
      ? { start: 0, length: columns }
      : partOf(columns, 16, i, threads);
    if (length === 0) return;
    for (const part of this.core.pieces(ofRows, Math.max(1, Math.floor(piece / length)))) {
      map(room, part.start, part.length, start, length, columns);
    }
  }

  /** Does the share of thread i of `threads` in a reduction. */
  reduce(
    { formula, reduction, byColumn, rows, columns }: TaskOf<"reduce">,
    i: number,
    threads: number,
  ): void {
    const compiled = this.#of(formula);
    const { ofRows, start: begin, ofColumns, end } = compiled.reduce(reductions[reduction]!);
    const { room } = this.core;
    const rowsOfPiece = (width: number) => Math.max(1, Math.floor(compiled.piece / width));
    if (!byColumn) {
      const pieces = this.core.pieces(
        partOf(rows, 1, i, threads),
        rowsOfPiece(Math.max(1, columns)),
      );
      for (const { start, length } of pieces) ofRows(room, start, length, 0, columns, columns);
      return;
    }
    const { memory, sums } = this.core;
    const out = new Uint32Array(memory.buffer, room + offsetOfOutput(0), 1)[0]!;
    const blocks = this.core.pieces(partOf(columns, 16, i, threads), mostColumns);
    for (const { start: column, length: width } of blocks) {
      begin(sums, width);
      for (const part of this.core.pieces({ start: 0, length: rows }, rowsOfPiece(width))) {
        ofColumns(room, part.start, part.length, column, width, columns, sums);
      }
      end(sums, width, out + 4 * column);
    }
  }

  /** Does the share of thread i of `threads` in a gather. */
  gather(
    { a, numbers, out, rows, columns }: TaskOf<"gather">,
    i: number,
    threads: number,
  ): void {
    const bytes = 4 * columns;
    const most = Math.max(1, Math.floor(pieceSteps / Math.max(1, columns)));
    for (const { start, length } of this.core.pieces(partOf(rows, 1, i, threads), most)) {
      this.core.copy.take(a, numbers + 4 * start, length, bytes, out + start * bytes);
    }
  }

  #of(number: number): Compiled {
    const found = this.#compiled.get(number);
    if (found) return found;
    const { core } = this;
    // The formula of a task at work is in the room.
    const compiled = new Compiled(core, formulaIn(core.memory, core.room));
    return remember(this.#compiled, number, compiled, mostFormulas);
  }
}

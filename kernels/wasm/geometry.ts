/**
 * How a product is partitioned, as pure functions of its shape: chunks of k,
 * panels of n, shares of threads. The chunks depend on k alone, so that every
 * method, tile and number of threads adds in the same order and gives the same
 * bits.
 *
 * @module
 */

/** Up to so many steps of k are one chunk. */
export const kc = 64;

/**
 * The most steps in each of several chunks. The unrolled tile then still fits the cache of decoded
 * instructions of Intel's cores, beyond which it runs a fifth slower.
 */
const kcOfSeveral = 48;

/** The most vectors in a row of the register tile: with two rows, 12 sums and 3 operands fill V8's 15 registers. */
export const tileVectors = 6;

/** The most rows of A in a block, whose 448 x 48 floats of a chunk take 84 KiB of the L2 cache. */
export const mc = 448;

/** The most panels in a block of B's columns: a chunk of A is used as often while it is in L2, together with 602 KiB of sums. */
export function blockPanels(lanes: 4 | 8): number {
  return lanes === 8 ? 7 : 14;
}

/** Bytes of the sums of a panel of a block of so many rows, with room for whole tiles. */
export function bytesOfPanelSums(lanes: 4 | 8, rows = mc): number {
  return 4 * (rows + 8) * tileVectors * lanes;
}

/** The most panels in a block of so many rows: where these are few, the room for sums takes more panels. */
export function panelsOfBlock(lanes: 4 | 8, rows: number): number {
  const most = blockPanels(lanes);
  if (rows >= mc) return most;
  return Math.floor(most * bytesOfPanelSums(lanes) / bytesOfPanelSums(lanes, rows));
}

/**
 * How many chunks of k of a packed B are multiplied panel by panel: as many as `rows` rows
 * of A take no more room for than `mc` rows of one chunk. Few rows then read all of a panel at
 * a stretch, which processors fetch ahead; with many there is nothing to wait for.
 */
export function chunksOfGroup(rows: number, chunk: number): number {
  return Math.max(1, Math.floor(mc * kc / (rows * 4 * Math.max(1, Math.ceil(chunk / 4)))));
}

/** Rows of the register tile by its width in vectors: enough sums to hide the latency of a multiply-add, where registers suffice. */
const rowsByVectors = [0, 8, 5, 3, 2, 2, 2] as const;

/** A contiguous part of a dimension. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/**
 * The chunks of k: as few as possible, of equal length (a multiple of 4) but for
 * the last. Where k is 0 there is one of length 0.
 *
 * @example Three chunks
 * ```ts
 * import { chunksOf } from "./geometry.ts";
 *
 * const lengths = chunksOf(143).map(({ length }) => length);
 * if (`${lengths}` !== "48,48,47") throw new Error(`${lengths}`);
 * ```
 */
export function chunksOf(k: number): Span[] {
  const count = k <= kc ? 1 : Math.ceil(k / kcOfSeveral);
  const length = 4 * Math.ceil(k / count / 4);
  return Array.from({ length: count }, (_, i) => ({
    start: i * length,
    length: Math.min(length, k - i * length),
  }));
}

/**
 * The panels of n: as few as the widest tile allows, of nearly equal width, so
 * that there is no narrow last one at half speed. Widths are multiples of
 * `lanes`; the last panel may reach beyond n. Where there are enough, every
 * thread gets the same number.
 *
 * @example Three panels
 * ```ts
 * import { panelsOf } from "./geometry.ts";
 *
 * const widths = panelsOf(128, 8).map(({ length }) => length);
 * if (`${widths}` !== "48,40,40") throw new Error(`${widths}`);
 * ```
 */
export function panelsOf(n: number, lanes: number, threads = 1): Span[] {
  const units = Math.ceil(n / lanes);
  const fewest = Math.ceil(units / tileVectors);
  // The same number for each thread, where panels stay at least half as wide as the widest.
  const even = Math.ceil(fewest / threads) * threads;
  const count = even * tileVectors / 2 <= units ? even : fewest;
  const wide = units % count;
  const panels: Span[] = [];
  for (let i = 0, start = 0; i < count; i++) {
    const length = (Math.floor(units / count) + (i < wide ? 1 : 0)) * lanes;
    panels.push({ start, length });
    start += length;
  }
  return panels;
}

/** The rows of the register tile that is nr columns wide. */
export function rowsOfTile(nr: number, lanes: number): number {
  return rowsByVectors[nr / lanes] ?? 2;
}

/** The unit of {@linkcode linesAhead}: each number of lines is a tile of its own. */
export const unitOfLines = 12;

/** More rows than these take so long with a panel that waiting for the next one does not count. */
const mostRowsAhead = 64;

/**
 * How many cache lines of the next chunk of a packed panel each of the tiles of a block
 * reads ahead, so that together they read all of it; 0 for many rows.
 */
export function linesAhead(rows: number, nr: number, chunk: number, lanes: number): number {
  if (rows > mostRowsAhead) return 0;
  const tiles = Math.ceil(rows / rowsOfTile(nr, lanes));
  return unitOfLines * Math.ceil(nr * chunk / 16 / tiles / unitOfLines);
}

/** How many of the `left` rows the next block takes: blocks are as few as mc allows, nearly equal, and of whole tiles. */
export function rowsOfBlock(left: number): number {
  if (left <= mc) return left;
  const count = Math.ceil(left / mc);
  return Math.ceil(left / count / 8) * 8;
}

/** The part of a product that one thread computes. */
export interface Share {
  readonly rows: Span;
  readonly columns: Span;
}

/** The i-th of `parts` nearly equal parts of a length; all but the last are multiples of `unit`. */
export function partOf(length: number, unit: number, i: number, parts: number): Span {
  const units = Math.ceil(length / unit);
  const bound = (j: number) => Math.min(length, Math.floor(units * j / parts) * unit);
  const start = bound(i);
  return { start, length: bound(i + 1) - start };
}

/** The columns of the i-th of `parts` groups of whole panels. */
function panelsOfPart(panels: readonly Span[], n: number, i: number, parts: number): Span {
  const bound = (j: number) => panels[Math.floor(panels.length * j / parts)]?.start ?? n;
  const start = bound(i);
  return { start, length: bound(i + 1) - start };
}

/**
 * The share of thread i of `threads` in a product on the register tile: by rows
 * or by columns, whichever is more even, but never along k, so that no sum is
 * split. By rows every thread copies all of B, which costs as much as four rows.
 */
export function shareOf(
  { m, n }: { readonly m: number; readonly n: number },
  panels: readonly Span[],
  threads: number,
  i: number,
): Share {
  const all = { rows: { start: 0, length: m }, columns: { start: 0, length: n } };
  if (threads === 1) return all;
  const others = Array.from({ length: threads }, (_, j) => j);
  const largest = (parts: readonly Span[]) => Math.max(...parts.map(({ length }) => length));
  const columns = others.map((j) => panelsOfPart(panels, n, j, threads));
  const rows = others.map((j) => partOf(m, 8, j, threads));
  const byRows = largest(rows) / m + 4 / m;
  return largest(columns) / n <= byRows
    ? { ...all, columns: columns[i]! }
    : { ...all, rows: rows[i]! };
}

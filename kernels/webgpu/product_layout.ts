/**
 * How a product is laid out on a GPU: by which of three methods it is computed,
 * and in which tiles, workgroups and pieces of k. This is a pure function of the
 * shape and the limits of the device, so that it can be tested without a GPU.
 * Method of the tiles: Boehm, "How to Optimize a CUDA Matmul Kernel", 2022
 * (kernels 5 to 9).
 *
 * @module
 */
import type { Dimensions } from "../checks.ts";

/** The limits of a device on which layouts depend, by WebGPU's names. */
export interface Limits {
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupSizeY: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
}

/** The limits that every WebGPU device has at least. */
export const leastLimits: Limits = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxBufferSize: 256 * 2 ** 20,
};

/** How many steps of k a tile computes between two barriers: a slice. */
export const tileDepth = 16;

/** A tile of rows x columns for a workgroup, and of threadRows x threadColumns for each of its threads. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly threadRows: number;
  readonly threadColumns: number;
  /** How many steps of k are unrolled in the program; a loop repeats them. */
  readonly unroll: number;
}

/** The tiles from the smallest to the largest, with multiples of 4 for each thread, since all is computed by vec4. Small ones compile fast. */
export const tiles: readonly Tile[] = [
  { rows: 32, columns: 32, threadRows: 4, threadColumns: 4, unroll: 4 },
  { rows: 64, columns: 64, threadRows: 8, threadColumns: 4, unroll: 8 },
  { rows: 128, columns: 128, threadRows: 8, threadColumns: 8, unroll: 8 },
];

/** The threads of a workgroup: x along the columns, y along the rows. */
export function threadsOf({ rows, columns, threadRows, threadColumns }: Tile): [number, number] {
  return [columns / threadColumns, rows / threadRows];
}

/** Bytes of workgroup memory of a tile: one slice of a and one of b. */
export function storageOf({ rows, columns }: Tile): number {
  return 4 * tileDepth * (rows + columns);
}

/** A product by tiles in workgroup memory. */
export interface TileMethod extends Tile {
  readonly kind: "tile";
}

/** A product of few rows with b stored as [k, n]: several threads along n and along k. */
export interface ColumnsMethod {
  readonly kind: "columns";
  readonly rows: number;
  /** Threads along n, each with four columns, and along k. */
  readonly lanesN: number;
  readonly lanesK: number;
}

/** A product of few rows with b stored as [n, k]: a dot product for each output, threads along k. */
export interface DotsMethod {
  readonly kind: "dots";
  readonly rows: number;
  /** Threads along k, each with four steps at a time. */
  readonly lanesK: number;
  /** Columns of a workgroup, a multiple of 4. */
  readonly outputs: number;
}

/** How a product is computed. */
export type ProductMethod = TileMethod | ColumnsMethod | DotsMethod;

/** An operand in memory: [rows, columns] with `stride` elements from one row to the next. */
export interface OperandLayout {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly transposed: boolean;
  /** Whether its rows can be read by vec4. */
  readonly vec4: boolean;
}

/** The layout of a product. */
export interface ProductLayout extends Dimensions {
  readonly method: ProductMethod;
  /** Whether a and b are exchanged, since one column is computed as one row. */
  readonly swapped: boolean;
  readonly a: OperandLayout;
  readonly b: OperandLayout;
  /** Whether results are stored by vec4. */
  readonly storeVec4: boolean;
  /** The elements from one row of y to the next. */
  readonly strideY: number;
  /** Whether the shape consists of whole tiles, so that no bounds are checked. */
  readonly fit: boolean;
  /** The number of pieces of k, whose sums a second program adds where there are several, and the length of each. */
  readonly splits: number;
  readonly chunk: number;
  /** Tiles along n, and in all. */
  readonly tilesN: number;
  readonly tiles: number;
}

/** A product to be laid out. */
export interface ProductShape extends Dimensions {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** The elements from one row of b to the next, where b was padded with zeros. */
  readonly strideB?: number;
  /** The elements from one row to the next, where the operands are parts of larger ones; b is not padded then. */
  readonly strides?: { readonly a: number; readonly b: number; readonly y: number };
  /** For tests: this method rather than the best one. */
  readonly force?: Tile | "vector";
}

// Up to so many rows a tile would leave most of its threads idle.
const vectorRows = 4;
// So many workgroups keep a large GPU busy (an H100 has 132 multiprocessors).
const enoughGroups = 128;
// A large GPU has 132 multiprocessors of four schedulers: with fewer threads, some have no warp of 32.
const busyThreads = 132 * 4 * 32;
// Where b is read once, what counts is how much of it is on its way: of 64 bytes for each of so many threads 4 MiB, more than 4.8 TB/s bring in 0.8 µs.
const readingThreads = 65_536;
// A second pass over pieces of k, of at least so many steps each, pays where fewer than half of these have work.
const leastChunk = 256;

function operand(
  rows: number,
  columns: number,
  transposed: boolean,
  stride: number,
  padded = true,
): OperandLayout {
  // Beyond the columns of a part are those of the next one, where a vec4 is to have zeros.
  const vec4 = stride % 4 === 0 && stride > 0 && (padded || columns % 4 === 0);
  return { rows, columns, stride, transposed, vec4 };
}

/** Whether a device can run a tile. */
export function isPossible(tile: Tile, limits: Limits): boolean {
  const [x, y] = threadsOf(tile);
  return x * y <= limits.maxComputeInvocationsPerWorkgroup &&
    x <= limits.maxComputeWorkgroupSizeX && y <= limits.maxComputeWorkgroupSizeY &&
    storageOf(tile) <= limits.maxComputeWorkgroupStorageSize;
}

function groupsOf(tile: Tile, m: number, n: number): number {
  return Math.ceil(m / tile.rows) * Math.ceil(n / tile.columns);
}

/** The largest tile that makes enough workgroups, or the smallest where none does. */
function chooseTile(m: number, n: number, limits: Limits): Tile {
  const possible = tiles.filter((tile) => isPossible(tile, limits));
  // A tile must not have too many rows and columns beyond the product.
  const good = possible.filter((tile) =>
    groupsOf(tile, m, n) >= enoughGroups &&
    groupsOf(tile, m, n) * tile.rows * tile.columns <= 1.25 * m * n
  );
  const tile = good.at(-1) ?? possible[0];
  if (!tile) throw new Error("no tile is within the device's limits");
  return tile;
}

/** The largest power of two that is at most `value`, within [low, high]. */
function powerOfTwo(value: number, low: number, high: number): number {
  const power = 2 ** Math.floor(Math.log2(Math.max(1, value)));
  return Math.max(low, Math.min(power, high));
}

function chooseMethod(shape: ProductShape, limits: Limits): ProductMethod {
  const { m, n, transposeB, force } = shape;
  const asTile = force !== undefined ? force !== "vector" : m > vectorRows;
  if (asTile) {
    const tile = typeof force === "object" ? force : chooseTile(m, n, limits);
    return { kind: "tile", ...tile };
  }
  // Programs for one row and for four, rather than for each number of them.
  const rows = m === 1 ? 1 : vectorRows;
  const threads = powerOfTwo(
    Math.min(
      limits.maxComputeInvocationsPerWorkgroup,
      limits.maxComputeWorkgroupSizeX,
      limits.maxComputeWorkgroupSizeY,
      // A vec4 of partial sums for each row and thread.
      limits.maxComputeWorkgroupStorageSize / (16 * rows),
    ),
    32,
    256,
  );
  if (!transposeB) return { kind: "columns", rows, lanesN: 16, lanesK: threads / 16 };
  return { kind: "dots", rows, lanesK: threads / 8, outputs: 8 };
}

/** The rows and columns of a workgroup, and the step of its loop over k, of which pieces of k are multiples. */
function extentOf(method: ProductMethod): { rows: number; columns: number; step: number } {
  switch (method.kind) {
    case "tile":
      return { rows: method.rows, columns: method.columns, step: tileDepth };
    case "columns":
      return { rows: method.rows, columns: 4 * method.lanesN, step: 4 * method.lanesK };
    case "dots":
      return { rows: method.rows, columns: method.outputs, step: 4 * method.lanesK };
  }
}

/** The threads of a workgroup. */
export function threadsOfMethod(method: ProductMethod): number {
  switch (method.kind) {
    case "tile":
      return threadsOf(method).reduce((x, y) => x * y);
    case "columns":
      return method.lanesN * method.lanesK;
    case "dots":
      return method.lanesK * method.outputs;
  }
}

/** Lays out a product of m, n > 0. */
export function layOutProduct(shape: ProductShape, limits: Limits): ProductLayout {
  if (shape.n === 1 && shape.m > 1 && typeof shape.force !== "object" && !shape.strides) {
    // y = a·b is yᵀ = bᵀ·aᵀ: one row, for which there are better programs.
    const { m, n, transposeA, transposeB } = shape;
    const turned = {
      ...shape,
      m: n,
      n: m,
      transposeA: !transposeB,
      transposeB: !transposeA,
      strideB: undefined,
    };
    const { strideB: _, ...plain } = turned;
    return { ...layOut(plain, limits), swapped: true };
  }
  return layOut(shape, limits);
}

function layOut(shape: ProductShape, limits: Limits): ProductLayout {
  const { m, n, k, transposeB, strides } = shape;
  // A single row is stored like a column, unless it is a part of several.
  const transposeA = shape.transposeA && (m > 1 || strides !== undefined);
  const method = chooseMethod(shape, limits);
  const strideA = strides?.a ?? (transposeA ? m : k);
  const a = transposeA
    ? operand(k, m, true, strideA, !strides)
    : operand(m, k, false, strideA, !strides);
  const strideB = strides?.b ?? shape.strideB ?? (transposeB ? k : n);
  const b = transposeB
    ? operand(n, k, true, strideB, !strides)
    : operand(k, n, false, strideB, !strides);
  const strideY = strides?.y ?? n;
  const { rows, columns, step } = extentOf(method);
  // Large tiles read each operand by vec4 where it allows that, the others both in the same way, for fewer programs.
  const large = method.kind === "tile" && method.rows >= 64;
  const vec4 = large || method.kind === "columns" ? b.vec4 : a.vec4 && b.vec4;
  const tilesN = Math.ceil(n / columns);
  const tiles = Math.ceil(m / rows) * tilesN;
  const enough = m <= rows ? readingThreads : busyThreads;
  const threads = tiles * threadsOfMethod(method);
  const wanted = 2 * threads > enough ? 1 : Math.floor(enough / threads);
  // Partial sums are bound as a whole.
  const bindable = Math.floor(limits.maxStorageBufferBindingSize / (16 * m * Math.ceil(n / 4)));
  const possible = Math.min(bindable, Math.floor(k / leastChunk));
  const chunk = Math.max(
    step,
    Math.ceil(k / Math.max(1, Math.min(wanted, possible)) / step) * step,
  );
  const splits = Math.max(1, Math.ceil(k / chunk));
  return {
    m,
    n,
    k,
    method,
    swapped: false,
    a: { ...a, vec4: method.kind !== "columns" && a.vec4 && (large || vec4) },
    b: { ...b, vec4 },
    storeVec4: n % 4 === 0 && strideY % 4 === 0 && (large || vec4),
    strideY,
    fit: large && m % rows === 0 && n % columns === 0 && k % step === 0 && a.vec4 && b.vec4,
    splits,
    chunk,
    tilesN,
    tiles,
  };
}

/** `count` workgroups, in two dimensions where they are beyond the limit of one. */
export function spread(count: number, limits: Limits): [number, number] {
  const most = limits.maxComputeWorkgroupsPerDimension;
  const x = Math.min(count, most);
  return [x, Math.ceil(count / Math.max(1, x))];
}

/**
 * blocked: the fastest product in plain JavaScript. It improves on naive by
 * BLIS's loops (Van Zee & van de Geijn, TOMS 2015): cache blocks, panels packed
 * in the order in which they are read, and a register tile in local variables.
 * Panels are float64, like JavaScript's arithmetic, so that the inner loop
 * converts nothing and each sum is rounded to float32 once.
 *
 * @module
 */
import { HeapKernel, type Product, type View } from "./heap.ts";
import type { KernelFactory } from "./kernel.ts";
import { multiplyThin } from "./blocked_thin.ts";

// Other tiles were slower; docs/performance-log.md has the figures.
const mr = 4;
const nr = 4;
// Masked by it, an index is known to be a whole number of 31 bits, and V8 checks less of what is
// added to it: up to a sixth faster.
const index = 0x7ffffffc;

// A panel of kc x 4 doubles of A and one of B are 16 KiB: half of the L1 cache.
const kc = 256;
// A block of mc x kc doubles is 256 KiB, a quarter of a common L2 cache.
const mc = 128;
// A block of kc x nc doubles is 2 MiB, and stays in L3.
const nc = 1024;

/** How many panels of this width cover a length. */
function panels(length: number, width: number): number {
  return Math.ceil(length / width);
}

/**
 * Copies a block of `lines` x `depth` into panels of 4 lines: for each step of k
 * the 4 values that the register tile reads together. Lines beyond the edge are
 * zeros, so that the tile has no edge case.
 */
function pack(
  { data }: View,
  start: number,
  lineStride: number,
  depthStride: number,
  lines: number,
  depth: number,
  packed: Float64Array,
): void {
  let to = 0;
  for (let line = 0; line < lines; line += 4) {
    const at0 = start + line * lineStride;
    const at1 = at0 + lineStride;
    const at2 = at1 + lineStride;
    const at3 = at2 + lineStride;
    const present = lines - line;
    for (let p = 0, offset = 0; p < depth; p++, offset += depthStride, to += 4) {
      packed[to] = data[at0 + offset]!;
      packed[to + 1] = present > 1 ? data[at1 + offset]! : 0;
      packed[to + 2] = present > 2 ? data[at2 + offset]! : 0;
      packed[to + 3] = present > 3 ? data[at3 + offset]! : 0;
    }
  }
}

/**
 * The register tile: tile[4,4] += panelA[depth,4]ᵀ · panelB[depth,4], with the
 * sixteen sums in local variables, continued from the last block of k.
 */
function multiplyTile(
  packedA: Float64Array,
  packedB: Float64Array,
  startA: number,
  startB: number,
  depth: number,
  tile: Float64Array,
  at: number,
): void {
  let c00 = tile[at]!, c01 = tile[at + 1]!, c02 = tile[at + 2]!, c03 = tile[at + 3]!;
  let c10 = tile[at + 4]!, c11 = tile[at + 5]!, c12 = tile[at + 6]!, c13 = tile[at + 7]!;
  let c20 = tile[at + 8]!, c21 = tile[at + 9]!, c22 = tile[at + 10]!, c23 = tile[at + 11]!;
  let c30 = tile[at + 12]!, c31 = tile[at + 13]!, c32 = tile[at + 14]!, c33 = tile[at + 15]!;
  for (let p = 0, nextA = startA, nextB = startB; p < depth; p++, nextA += 4, nextB += 4) {
    const a = nextA & index;
    const b = nextB & index;
    const b0 = packedB[b]!, b1 = packedB[b + 1]!, b2 = packedB[b + 2]!, b3 = packedB[b + 3]!;
    const a0 = packedA[a]!;
    c00 += a0 * b0, c01 += a0 * b1, c02 += a0 * b2, c03 += a0 * b3;
    const a1 = packedA[a + 1]!;
    c10 += a1 * b0, c11 += a1 * b1, c12 += a1 * b2, c13 += a1 * b3;
    const a2 = packedA[a + 2]!;
    c20 += a2 * b0, c21 += a2 * b1, c22 += a2 * b2, c23 += a2 * b3;
    const a3 = packedA[a + 3]!;
    c30 += a3 * b0, c31 += a3 * b1, c32 += a3 * b2, c33 += a3 * b3;
  }
  tile[at] = c00, tile[at + 1] = c01, tile[at + 2] = c02, tile[at + 3] = c03;
  tile[at + 4] = c10, tile[at + 5] = c11, tile[at + 6] = c12, tile[at + 7] = c13;
  tile[at + 8] = c20, tile[at + 9] = c21, tile[at + 10] = c22, tile[at + 11] = c23;
  tile[at + 12] = c30, tile[at + 13] = c31, tile[at + 14] = c32, tile[at + 15] = c33;
}

/** The blocked product of one kernel, which keeps its packing space between calls. */
function createProduct(): Product {
  let packedA = new Float64Array(0);
  let packedB = new Float64Array(0);
  let tiles = new Float64Array(0);

  return ({ m, n, k }, a, b, out, accumulate) => {
    if (Math.min(m, n) < 4) {
      multiplyThin({ m, n, k }, a, b, out, accumulate);
      return;
    }
    const widthA = Math.min(mc, panels(m, mr) * mr);
    const widthB = Math.min(nc, panels(n, nr) * nr);
    const depthMost = Math.min(kc, k);
    packedA = atLeast(packedA, widthA * depthMost);
    packedB = atLeast(packedB, widthB * depthMost);
    tiles = atLeast(tiles, panels(m, mr) * mr * widthB);

    for (let jc = 0; jc < n; jc += nc) { // loop 5: columns of B by cache block
      const columns = Math.min(nc, n - jc);
      const across = panels(columns, nr);
      tiles.fill(0, 0, panels(m, mr) * across * 16);
      for (let pc = 0; pc < k; pc += kc) { // loop 4: along k
        const depth = Math.min(kc, k - pc);
        const startB = pc * b.rowStride + jc * b.columnStride;
        pack(b, startB, b.columnStride, b.rowStride, columns, depth, packedB);
        for (let ic = 0; ic < m; ic += mc) { // loop 3: rows of A by cache block
          const rows = Math.min(mc, m - ic);
          const startA = ic * a.rowStride + pc * a.columnStride;
          pack(a, startA, a.rowStride, a.columnStride, rows, depth, packedA);
          for (let jr = 0; jr < across; jr++) { // loop 2: columns by register tile
            for (let ir = 0; ir * mr < rows; ir++) { // loop 1: rows by register tile
              const at = ((ic / mr + ir) * across + jr) * 16;
              multiplyTile(packedA, packedB, ir * 4 * depth, jr * 4 * depth, depth, tiles, at);
            }
          }
        }
      }
      unpack(tiles, m, n, jc, columns, out, accumulate);
    }
  };
}

/** Rounds the float64 sums of the tiles to float32 and writes or adds them to the output. */
function unpack(
  tiles: Float64Array,
  m: number,
  n: number,
  jc: number,
  columns: number,
  out: Float32Array,
  accumulate: boolean,
): void {
  const across = panels(columns, nr);
  for (let i = 0; i < m; i++) {
    const first = (i >> 2) * across * 16 + (i & 3) * 4;
    const to = i * n + jc;
    for (let j = 0; j < columns; j++) {
      const sum = tiles[first + (j >> 2) * 16 + (j & 3)]!;
      out[to + j] = accumulate ? out[to + j]! + sum : sum;
    }
  }
}

/** The array itself where it is long enough, else a longer one. */
function atLeast(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return array.length >= length ? array : new Float64Array(length);
}

/** Makes the kernel `blocked`. */
export const factory: KernelFactory = {
  create: () =>
    Promise.resolve(
      new HeapKernel(
        "blocked",
        {
          tile: { mr, nr, mc, nc, kc },
          accumulator: "float64",
          summation: { order: "sequential" },
        },
        createProduct(),
        { exactSums: true },
      ),
    ),
};

import { assert, assertEquals } from "@std/assert";
import {
  blockPanels,
  bytesOfPanelSums,
  chunksOf,
  chunksOfGroup,
  kc,
  linesAhead,
  mc,
  panelsOf,
  panelsOfBlock,
  partOf,
  rowsOfBlock,
  rowsOfTile,
  shareOf,
  type Span,
  tileVectors,
} from "./geometry.ts";

/** Lengths on both sides of every edge, and some far from any. */
const lengths = [1, 2, 7, 8, 9, 47, 48, 49, 63, 64, 65, 96, 97, 447, 448, 449, 897, 1000, 4097];

/** Expects spans to cover [0, length) without a gap; the last may reach at most `beyond` further. */
function expectCover(spans: readonly Span[], length: number, beyond = 0): void {
  let at = 0;
  for (const span of spans) {
    assertEquals(span.start, at);
    assert(span.length > 0);
    at += span.length;
  }
  assert(at >= length && at - length <= beyond, `${at} for ${length}`);
}

Deno.test("chunksOf() covers k, and only its last length is not a multiple of 4", () => {
  for (const k of lengths) {
    const chunks = chunksOf(k);
    expectCover(chunks, k);
    assert(chunks.every(({ length }) => length <= kc));
    assert(chunks.slice(0, -1).every(({ length }) => length % 4 === 0));
  }
  assertEquals(chunksOf(0), [{ start: 0, length: 0 }]);
  assertEquals(chunksOf(64).map(({ length }) => length), [64]);
});

Deno.test("panelsOf() covers n, and its widths differ by at most one vector", () => {
  for (const lanes of [4, 8]) {
    for (const threads of [1, 2, 3, 8]) {
      for (const n of lengths) {
        const panels = panelsOf(n, lanes, threads);
        expectCover(panels, n, lanes - 1);
        const widths = panels.map(({ length }) => length);
        assert(Math.max(...widths) <= tileVectors * lanes);
        assert(Math.max(...widths) - Math.min(...widths) <= lanes, `${n}: ${widths}`);
      }
    }
  }
});

Deno.test("rowsOfBlock() makes as few blocks of whole tiles as possible, of nearly equal size", () => {
  for (const m of lengths) {
    const blocks: number[] = [];
    for (let left = m; left > 0; left -= blocks.at(-1)!) blocks.push(rowsOfBlock(left));
    assertEquals(blocks.reduce((sum, rows) => sum + rows, 0), m);
    assertEquals(blocks.length, Math.ceil(m / mc));
    assert(blocks.every((rows) => rows <= mc));
    assert(blocks.slice(0, -1).every((rows) => rows % 8 === 0));
  }
});

Deno.test("bytesOfPanelSums() has room for the last tile of a block, whatever its rows", () => {
  for (const lanes of [4, 8] as const) {
    for (let vectors = 1; vectors <= tileVectors; vectors++) {
      const mr = rowsOfTile(vectors * lanes, lanes);
      const rows = Math.ceil(mc / mr) * mr;
      assert(4 * rows * vectors * lanes <= bytesOfPanelSums(lanes), `${mr} x ${vectors * lanes}`);
    }
  }
  assertEquals(blockPanels(4) * bytesOfPanelSums(4), blockPanels(8) * bytesOfPanelSums(8));
});

Deno.test("panelsOfBlock() fills the room for sums, and chunksOfGroup() that for rows of A", () => {
  for (const lanes of [4, 8] as const) {
    const room = blockPanels(lanes) * bytesOfPanelSums(lanes);
    for (let rows = 1; rows <= mc; rows++) {
      const panels = panelsOfBlock(lanes, rows);
      const taken = panels * bytesOfPanelSums(lanes, rows);
      assert(taken <= room && taken + bytesOfPanelSums(lanes, rows) > room, `${rows} rows`);
      for (const chunk of [0, 1, 47, 48, kc]) {
        const group = chunksOfGroup(rows, chunk);
        assert(
          group >= 1 && 4 * Math.ceil(chunk / 4) * group * rows <= mc * kc,
          `${rows} ${chunk}`,
        );
      }
    }
    assertEquals(panelsOfBlock(lanes, 3 * mc), blockPanels(lanes));
  }
  assertEquals([8, mc].map((rows) => chunksOfGroup(rows, 48)), [74, 1]);
});

Deno.test("linesAhead() reads all of the next chunk ahead, none for many rows", () => {
  for (const lanes of [4, 8] as const) {
    for (let nr = lanes; nr <= tileVectors * lanes; nr += lanes) {
      for (let rows = 1; rows <= 64; rows++) {
        const lines = linesAhead(rows, nr, 48, lanes);
        const tiles = Math.ceil(rows / rowsOfTile(nr, lanes));
        assert(64 * lines * tiles >= 4 * nr * 48, `${rows} x ${nr}`);
      }
      assertEquals(linesAhead(mc, nr, 48, lanes), 0);
    }
  }
});

Deno.test("partOf() cuts a length into parts of whole units", () => {
  for (const length of lengths) {
    for (const parts of [1, 2, 3, 64]) {
      const all = Array.from({ length: parts }, (_, i) => partOf(length, 16, i, parts));
      expectCover(all.filter((part) => part.length > 0), length);
      assert(all.every(({ start }) => start % 16 === 0 || start === length));
    }
  }
});

Deno.test("shareOf() gives every element of the output to exactly one thread", () => {
  for (const [m, n] of [[5, 700], [449, 48], [97, 130], [1000, 1000]] as const) {
    for (const threads of [1, 2, 3, 5, 8]) {
      const panels = panelsOf(n, 8, threads);
      const owners = new Uint8Array(m * n);
      for (let i = 0; i < threads; i++) {
        const { rows, columns } = shareOf({ m, n }, panels, threads, i);
        for (let row = rows.start; row < rows.start + rows.length; row++) {
          const end = Math.min(n, columns.start + columns.length);
          for (let column = columns.start; column < end; column++) owners[row * n + column]!++;
        }
      }
      assert(owners.every((count) => count === 1), `${m} x ${n} on ${threads}`);
    }
  }
});

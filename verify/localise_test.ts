import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe } from "./localise.ts";

const tile = { mr: 4, nr: 8, mc: 64, nc: 64, kc: 32 };

/** The line for a result [rows, columns] that is right but for what `spoil` changes. */
function lineFor(
  rows: number,
  columns: number,
  spoil: (got: Float32Array, want: Float32Array) => void,
  alternatives: Record<string, (i: number) => number> = {},
): string {
  const want = Float32Array.from({ length: rows * columns }, (_, i) => 7 * i + 3);
  const got = want.slice();
  spoil(got, want);
  const wrong = [...got.keys()].filter((i) => got[i] !== want[i]);
  return describe("y", wrong, got, want, columns, { tile, alternatives });
}

Deno.test("describe() names the last column and the column whose values stand there", () => {
  const line = lineFor(5, 9, (got, want) => {
    for (let i = 8; i < 45; i += 9) got[i] = want[i - 1]!;
  });
  assertStringIncludes(
    line,
    "5 of 45 elements wrong; all in column 8, the last, behind the last whole tile of 8",
  );
  assertStringIncludes(line, "that is the value of the column before");
});

Deno.test("describe() names rows by the tile that they are the tail of", () => {
  const line = lineFor(6, 3, (got) => got.fill(NaN, 12));
  assertStringIncludes(line, "all in rows 4 to 5, the last ones, behind the last whole tile of 4");
  assertStringIncludes(line, "not written, or NaN came from somewhere");
});

Deno.test("describe() names a place that comes back in every tile", () => {
  const line = lineFor(12, 2, (got) => {
    for (const row of [2, 6, 10]) got[2 * row] = 0;
  });
  assertStringIncludes(line, "in 3 rows from 2 to 10, each 2 modulo 4");
  assertStringIncludes(line, "all in column 0");
  assertStringIncludes(line, "that is zero");
});

Deno.test("describe() says what the values would be right for", () => {
  const line = lineFor(2, 2, (got) => got.set([1, 2, 4, 5]), {
    "without the bias": (i) => [1, 2, 4, 5][i]!,
  });
  assertStringIncludes(line, "that is the result without the bias");
  assertStringIncludes(
    lineFor(2, 2, (got, want) => got.set(want.map((value) => 2 * value))),
    "twice the right value",
  );
  // One value that fits and one that does not explain nothing.
  assertEquals(
    lineFor(1, 3, (got, want) => got.set([want[0]!, want[0]!, 1])).includes("that is"),
    false,
  );
});

Deno.test("describe() shows the bits of what was got and wanted", () => {
  assertStringIncludes(
    lineFor(1, 1, (got) => got[0] = 1),
    "got 1 (0x3f800000), want 3 (0x40400000)",
  );
});

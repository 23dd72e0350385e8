import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { blocksOf } from "./product_parts.ts";
import { alignment, flatParts, rangesOf, rowParts, rowsWithin } from "./windows.ts";

const seed = 20_261;

Deno.test("rangesOf() covers all indices once, and is one empty range of none", () => {
  assertEquals(rangesOf(7, 3), [{ from: 0, size: 3 }, { from: 3, size: 3 }, { from: 6, size: 1 }]);
  assertEquals(rangesOf(6, 3).length, 2);
  assertEquals(rangesOf(0, 3), [{ from: 0, size: 0 }]);
});

Deno.test("rowsWithin() is all rows where they fit, else as many as can begin where a binding may", () => {
  assertEquals(rowsWithin(100, 10, 1000), 100);
  assertEquals(rowsWithin(101, 10, 1000), 64);
  // Rows of 64 begin anywhere; of rows of 48 every fourth does, of odd ones every 64th.
  assertEquals(rowsWithin(100, 64, 4096 - 64), 63);
  assertEquals(rowsWithin(100, 48, 2048), 40);
  assertEquals(rowsWithin(200, 31, 4096), 128);
  assertEquals(rowsWithin(200, 67, 4096), 61);
  assertEquals(rowsWithin(5, 4096, 4096), 1);
  assertEquals([rowsWithin(0, 9, 64), rowsWithin(9, 0, 64)], [0, 9]);
});

Deno.test("the parts of a matrix, and of a product's operands, are within the limit and cover it", () => {
  const random = createRandom(seed);
  for (let i = 0; i < 2000; i++) {
    const most = alignment * random.between(1, 64);
    const [m, n, k] = [1, 2, 3].map(() => random.between(1, random.between(0, 1) ? most : 70));
    const text = JSON.stringify({ m, n, k, most, seed });
    const rows = rowParts(m!, n!, most);
    assertEquals(rows.reduce((sum, part) => sum + part.rows.size, 0), m, text);
    for (const part of rows) {
      assertLessOrEqual(part.rows.size * part.columns.size, most, text);
      assert(part.rows.size > 0 && part.columns.size === n, text);
    }
    for (const part of flatParts(m! * n!, most)) {
      assertEquals(part.columns.from % alignment, 0, text);
      assertLessOrEqual(part.columns.size, most, text);
    }
    const shape = { m: m!, n: n!, k: k!, transposeA: i % 2 === 1, transposeB: i % 4 > 1 };
    const part = blocksOf(shape, true, most);
    for (const axis of ["m", "n", "k"] as const) assert(part[axis] >= 1, text);
    assertLessOrEqual(Math.max(part.m * part.n, part.m * part.k, part.k * part.n), most, text);
    if (Math.max(m! * n!, m! * k!, k! * n!) <= most) {
      assertEquals([part.m, part.n, part.k], [m, n, k], text);
    }
  }
});

Deno.test("blocksOf() cuts each operand by its rows as it is stored, and leaves out what is not read", () => {
  const shape = { m: 128, n: 64, k: 256, transposeA: false, transposeB: false };
  const most = 64 * 128;
  assertEquals(blocksOf(shape, true, most), { m: 32, n: 64, k: 128 });
  assertEquals(blocksOf({ ...shape, transposeA: true }, true, most), { m: 128, n: 64, k: 64 });
  assertEquals(blocksOf({ ...shape, transposeB: true }, true, most), { m: 32, n: 32, k: 256 });
  assertEquals(blocksOf(shape, false, most), { m: 128, n: 64, k: 128 });
});

import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { toJson } from "../results/json.ts";
import { sampleResults, wholeSample } from "../results/sample_testing.ts";
import { fromColumns, toColumns } from "./columns.ts";
import { packed, packedText } from "./pack.ts";
import { shortNumbers } from "./page_data.ts";

const backOf = (value: unknown) => fromColumns(JSON.parse(toJson(toColumns({ value }) as object)));

Deno.test("fromColumns() gives back what toColumns() was given, to the last bit", () => {
  const values: unknown[] = [
    [],
    [[]],
    [{}, {}],
    [{ a: 1 }, { b: null }, {}, { a: null, b: [1.5, 2.5] }],
    [{ a: [{ b: 1 }] }, { a: [] }, { a: [{ b: 2 }, { c: "</script>" }] }],
    [{ a: [{ b: 1 }] }, { a: 3 }, { a: "x" }],
    [[1.5, null], [2.5, 0.1, 0.3]],
    [0.1, 0.2, 0.3, 1e-7, 123456.7],
    [5e-324, 1.7976931348623157e308],
    [0.1, -0, 2],
    [-1.5, 0, 2.25],
    [Infinity, 0.5],
    [1e21, 1.5],
    ["#", "@", "~"],
    [true, false, null, "0"],
  ];
  for (const value of values) assertEquals(backOf(value), { value });
});

Deno.test("fromColumns() gives back random numbers of all magnitudes exactly", () => {
  const random = createRandom(1);
  for (let i = 0; i < 200; i++) {
    const digits = 1 + Math.floor(random.uniform() * 17);
    const size = 10 ** Math.floor(random.uniform() * 40 - 20);
    const value = Array.from(
      { length: 8 },
      () => Number((random.uniform() * size).toPrecision(digits)),
    );
    assertEquals(backOf(value), { value });
  }
});

Deno.test("fromColumns() gives back whole runs", () => {
  for (const run of [sampleResults(), wholeSample()]) {
    assertEquals(backOf(run), { value: JSON.parse(toJson(run)) });
  }
});

Deno.test("toColumns() refuses an object whose key would be taken for a mark", () => {
  for (const mark of ["@", "#", "~"]) {
    assertThrows(() => toColumns({ a: { [mark]: [1] } }), TypeError, mark);
  }
});

Deno.test("packed() makes less of results than their text deflated", () => {
  const run = shortNumbers(wholeSample());
  assertLess(packed(run).deflated.length, packedText(toJson(run)).deflated.length);
});

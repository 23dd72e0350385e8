import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, ShapeError } from "../../common/errors.ts";
import { quantizeWeight } from "./quantize.ts";

Deno.test("quantizeWeight() scales each column to 127 and rounds halves to even", () => {
  const { values, scale } = quantizeWeight(Float32Array.of(63.5, -2, 0.25, 1, 0.75, 0), 2);
  assertEquals([...values], [127, -127, 0, 64, 2, 0]);
  assertEquals([...scale], [2, Math.fround(127 / Math.fround(2 + 1e-7))]);
});

Deno.test("quantizeWeight() takes empty weights and the extremes of float32", () => {
  assertEquals(quantizeWeight(new Float32Array(), 0), {
    values: new Int8Array(),
    scale: new Float32Array(),
  });
  assertEquals(quantizeWeight(new Float32Array(), 2).values.length, 0);
  const most = 2 ** 128 - 2 ** 104;
  const { values } = quantizeWeight(Float32Array.of(most, 2 ** -149, 0, -most, 0, -0), 3);
  assertEquals([...values], [127, 0, 0, -127, 0, 0]);
});

Deno.test("quantizeWeight() refuses what is no weight, in one line", () => {
  const two = new Float32Array(2);
  for (const n of [-1, 0.5, NaN, Infinity, "2", null, undefined]) {
    assertThrows(
      () => quantizeWeight(two, n as number),
      ShapeError,
      "whole number >= 0 of columns",
    );
  }
  assertThrows(() => quantizeWeight(new Float32Array(), 2 ** 40), ShapeError, "at most 2^32");
  for (const n of [0, 3, 4]) assertThrows(() => quantizeWeight(two, n), ShapeError, "rows of");
  for (const weight of [null, undefined, [1, 2], new Float64Array(2), new Int8Array(2)]) {
    assertThrows(() => quantizeWeight(weight as never, 2), ArgumentError, "is a Float32Array; got");
  }
  for (const odd of [NaN, Infinity, -Infinity]) {
    assertThrows(
      () => quantizeWeight(Float32Array.of(1, odd), 1),
      ArgumentError,
      `finite numbers; got ${odd} at 1`,
    );
  }
});

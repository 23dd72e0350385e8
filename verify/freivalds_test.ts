import { assertEquals, assertStringIncludes } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { integers } from "./check.ts";
import { findWrongRow } from "./freivalds.ts";
import { referenceProduct } from "./reference.ts";

const shape = { m: 9, n: 17, k: 31 };

function right() {
  const random = createRandom(1);
  const x = integers(shape.m * shape.k, 100, random);
  const weight = integers(shape.k * shape.n, 100, random);
  const bias = integers(shape.n, 100, random);
  const z = Float32Array.from(referenceProduct(shape, x, weight, { bias }).value);
  return { operands: { x, weight, bias, unitX: 1, unitWeight: 1 }, z };
}

Deno.test("findWrongRow() passes the right product, with units too", () => {
  const { operands: { x, weight, bias }, z } = right();
  const half = (values: Float32Array) => values.map((value) => value / 2);
  const operands = {
    x: half(x),
    weight: half(weight),
    bias: half(half(bias)),
    unitX: 0.5,
    unitWeight: 0.5,
  };
  assertEquals(findWrongRow(shape, operands, half(half(z)), 1), null);
});

Deno.test("findWrongRow() finds any one wrong element", () => {
  const { operands, z } = right();
  for (let i = 0; i < z.length; i++) {
    const wrong = z.slice();
    wrong[i]! += 1;
    const [row, column] = [Math.floor(i / 17), i % 17];
    assertStringIncludes(
      findWrongRow(shape, operands, wrong, 1) ?? "",
      `x·w + b is wrong in row ${row} of 9, first at [${row}, ${column}]: got `,
    );
  }
});

Deno.test("findWrongRow() finds two elements swapped, NaN, infinity, fractions and a missing element", () => {
  const { operands, z } = right();
  const swapped = z.slice();
  [swapped[3], swapped[4]] = [z[4]!, z[3]!];
  assertStringIncludes(findWrongRow(shape, operands, swapped, 1) ?? "", "wrong in row 0");
  for (const value of [NaN, Infinity, z[5]! + 0.5]) {
    const wrong = z.slice();
    wrong[5] = value;
    assertStringIncludes(findWrongRow(shape, operands, wrong, 1) ?? "", "at [0, 5]");
  }
  assertStringIncludes(findWrongRow(shape, operands, z.subarray(1), 1) ?? "", "152 outputs");
});

Deno.test("findWrongRow() finds any one wrong element of thin products, which it computes again", () => {
  const random = createRandom(2);
  for (const shape of [{ m: 1, n: 50, k: 3 }, { m: 40, n: 2, k: 3 }, { m: 2, n: 1, k: 60 }]) {
    const { m, n, k } = shape;
    const [x, weight] = [integers(m * k, 9, random), integers(k * n, 9, random)];
    for (const bias of [null, integers(n, 9, random)]) {
      const operands = { x, weight, bias, unitX: 1, unitWeight: 1 };
      const z = Float32Array.from(referenceProduct(shape, x, weight, { bias }).value);
      assertEquals(findWrongRow(shape, operands, z, 1), null);
      for (let i = 0; i < z.length; i++) {
        const wrong = z.slice();
        wrong[i]! += 1;
        assertStringIncludes(
          findWrongRow(shape, operands, wrong, 1) ?? "",
          `in row ${Math.floor(i / n)} of ${m}, first at [${Math.floor(i / n)}, ${i % n}]: got `,
        );
      }
    }
  }
});

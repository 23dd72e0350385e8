import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { kernelsHere } from "../kernels_testing.ts";
import { createKernel, type KernelName } from "../registry.ts";
import {
  add,
  choose,
  div,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sqrt,
  sub,
} from "./expression.ts";
import { formula } from "./formula.ts";

/** Of those here, the kernels that take formulas. */
const names: KernelName[] = [];
for (const name of await kernelsHere()) {
  await using kernel = await createKernel(name);
  if (kernel.traits.formulas) names.push(name);
}

/** A kernel's operations on formulas, which are there. */
type WithFormulas =
  & Kernel
  & Required<Pick<Kernel, "map" | "denseMap" | "reduce" | "gather" | "copy">>;

const make = async (name: KernelName) => await createKernel(name) as WithFormulas;
const contents = async (...tensors: Tensor[]) =>
  await Promise.all(tensors.map(async (tensor) => [...await tensor.read()]));

const x = operand(0);

// One body for all kernels, exact on small whole numbers; the verifier judges rounding.
for (const name of names) {
  Deno.test(`${name}: map() computes several outputs, in place, of rows, columns and parameters`, async () => {
    await using kernel = await make(name);
    for (const [rows, columns] of [[1, 1], [2, 3], [5, 17], [3, 1031], [0, 3]] as const) {
      const size = rows * columns;
      const values = Array.from({ length: size }, (_, i) => i % 19 - 9);
      using a = kernel.tensor([rows, columns], values);
      using b = kernel.tensor([rows, columns]);
      using left = kernel.tensor([rows], Array.from({ length: rows }, (_, i) => i + 1));
      using top = kernel.tensor([columns], Array.from({ length: columns }, (_, j) => 2 * j));
      const made = formula(
        choose("less", x, 0, mul(parameter(0), x), sqrt(mul(x, x))),
        add(mul(x, perRow(1)), sub(perColumn(2), parameter(1))),
      );
      const before = [a.version, b.version];
      kernel.map(made, [a, left, top], [a, b], [-2, 5]);
      assertEquals([a.version, b.version], before.map((version) => version + 1));
      const [first, second] = await contents(a, b);
      assertEquals(first, values.map((v) => v < 0 ? -2 * v : v));
      assertEquals(
        second,
        values.map((v, i) => v * (Math.floor(i / columns) + 1) + 2 * (i % columns) - 5),
      );
    }
  });

  Deno.test(`${name}: reduce() gives the sum and the largest of rows and of columns`, async () => {
    await using kernel = await make(name);
    const [rows, columns] = [7, 37];
    const values = Array.from({ length: rows * columns }, (_, i) => i * i % 23 - 11);
    using a = kernel.tensor([rows, columns], values);
    using ofRows = kernel.tensor([rows], Array(rows).fill(NaN));
    using ofColumns = kernel.tensor([columns], Array(columns).fill(NaN));
    const line = (i: number) => values.slice(i * columns, (i + 1) * columns);
    const column = (j: number) => values.filter((_, i) => i % columns === j);
    const sum = (list: number[]) => list.reduce((a, b) => a + b * b, 0);
    const square = formula(mul(x, x));
    kernel.reduce("sum", "rows", square, [a], ofRows);
    kernel.reduce("sum", "columns", square, [a], ofColumns);
    const [sumOfRows, sumOfColumns] = await contents(ofRows, ofColumns);
    assertEquals(
      sumOfRows,
      ofRows.shape.flatMap((m) => Array.from({ length: m }, (_, i) => sum(line(i)))),
    );
    assertEquals(sumOfColumns, Array.from({ length: columns }, (_, j) => sum(column(j))));
    kernel.reduce("max", "rows", formula(x), [a], ofRows);
    kernel.reduce("max", "columns", formula(mul(2, x)), [a], ofColumns);
    const [maxOfRows, maxOfColumns] = await contents(ofRows, ofColumns);
    assertEquals(maxOfRows, Array.from({ length: rows }, (_, i) => Math.max(...line(i))));
    assertEquals(
      maxOfColumns,
      Array.from({ length: columns }, (_, j) => 2 * Math.max(...column(j))),
    );
  });

  Deno.test(`${name}: reduce() of nothing is 0 or -Infinity`, async () => {
    await using kernel = await make(name);
    using a = kernel.tensor([0, 3]);
    using out = kernel.tensor([3], [1, 1, 1]);
    kernel.reduce("sum", "columns", formula(x), [a], out);
    assertEquals([...await out.read()], [0, 0, 0]);
    kernel.reduce("max", "columns", formula(x), [a], out);
    assertEquals([...await out.read()], [-Infinity, -Infinity, -Infinity]);
  });

  Deno.test(`${name}: gather() takes rows in any order, and again`, async () => {
    await using kernel = await make(name);
    using a = kernel.tensor([3, 2], [1, 2, 3, 4, 5, 6]);
    using out = kernel.tensor([4, 2]);
    kernel.gather(a, [2, 0, 2, 1], out);
    assertEquals([...await out.read()], [5, 6, 1, 2, 5, 6, 3, 4]);
    kernel.gather(a, Uint32Array.of(0, 0, 0, 0), out);
    assertEquals([...await out.read()], [1, 2, 1, 2, 1, 2, 1, 2]);
  });

  Deno.test(`${name}: copy() keeps the order of the elements in another shape`, async () => {
    await using kernel = await make(name);
    const values = Array.from({ length: 6 * 35 }, (_, i) => i);
    using a = kernel.tensor([6, 5, 7], values);
    using out = kernel.tensor([2, 105]);
    kernel.copy(a, out);
    assertEquals([...await out.read()], values);
    using short = kernel.tensor([209]);
    assertThrows(() => kernel.copy(a, short), ShapeError, "has 210 elements and out [209] 209");
    assertThrows(() => kernel.copy(a, a), OwnershipError, "are one tensor");
    using row = kernel.tensor([3], [1, -0, NaN]);
    using column = kernel.tensor([3, 1]);
    kernel.copy(row, column);
    assertEquals([...await column.read()], [1, -0, NaN]);
  });

  Deno.test(`${name}: denseMap() takes a formula as activation, with z and without`, async () => {
    await using kernel = await make(name);
    const [m, n, k] = [9, 21, 5];
    using a = kernel.tensor([m, k], Array.from({ length: m * k }, (_, i) => i % 7 - 3));
    using weight = kernel.tensor([k, n], Array.from({ length: k * n }, (_, i) => i % 5 - 2));
    using bias = kernel.tensor([n], Array.from({ length: n }, (_, j) => j % 3));
    const [y, z, plain] = [kernel.tensor([m, n]), kernel.tensor([m, n]), kernel.tensor([m, n])];
    const leaky = formula(max(x, div(x, 4)));
    kernel.dense(a, weight, bias, "linear", plain);
    kernel.denseMap(a, weight, bias, leaky, y, z);
    const [expected] = await contents(plain);
    const activated = expected!.map((v) => Math.max(v, v / 4));
    assertEquals(await contents(y, z), [activated, expected!]);
    y.write(new Float32Array(m * n));
    kernel.denseMap(a, weight, bias, leaky, y);
    assertEquals(await contents(y), [activated]);
  });

  Deno.test(`${name}: map(), reduce() and gather() refuse what does not fit, and write nothing`, async () => {
    await using kernel = await make(name);
    await using other = await make(name);
    using a = kernel.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
    using out = kernel.tensor([2, 3]);
    using three = kernel.tensor([3]);
    using two = kernel.tensor([2]);
    using foreign = other.tensor([2, 3]);
    const twice = formula(add(x, x));
    const scaled = formula(mul(x, perColumn(1)));
    const rated = formula(mul(x, parameter(0)));
    const cases: [
      () => void,
      typeof ArgumentError | typeof ShapeError | typeof OwnershipError,
      string,
    ][] = [
      [() => kernel.map(twice, [], [out]), ShapeError, "the formula has 1 operands; got 0"],
      [() => kernel.map(twice, [a], []), ShapeError, "the formula has 1 outputs; got 0"],
      [() => kernel.map(rated, [a], [out]), ShapeError, "the formula has 1 parameters; got 0"],
      [() => kernel.map(twice, [a], [three]), ShapeError, "output 0 must have 2 rows"],
      [() => kernel.map(scaled, [a, two], [out]), ShapeError, "input 1 must have the shape [3]"],
      [() => kernel.map(twice, [foreign], [out]), OwnershipError, "input 0 belongs to"],
      [() => kernel.map(formula(x, x), [a], [out, out]), OwnershipError, "are one tensor"],
      [() => kernel.reduce("sum", "rows", twice, [a], three), ShapeError, "[2]"],
      [() => kernel.reduce("sum", "rows", formula(x, x), [a], two), ArgumentError, "one output"],
      [() => kernel.reduce("mean" as "sum", "rows", twice, [a], two), ArgumentError, "sum or max"],
      [() => kernel.gather(a, [2], out), ArgumentError, "from 0 to 1; got 2 at 0"],
      [() => kernel.gather(a, [0.5, 1], out), ArgumentError, "got 0.5 at 0"],
      [() => kernel.gather(a, [0], out), ShapeError, "out must have 1 rows"],
      [() => kernel.denseMap(a, a, null, rated, out), ArgumentError, "no parameter"],
      [() => kernel.map({} as typeof twice, [a], [out]), ArgumentError, "formula()"],
    ];
    for (const [call, error, message] of cases) assertThrows(call, error, message);
    using square = kernel.tensor([3, 3]);
    assertThrows(
      () => kernel.map(scaled, [square, three], [three]),
      OwnershipError,
      "which is read by column",
    );
    assertEquals(await contents(a, out), [[1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]]);
  });
}

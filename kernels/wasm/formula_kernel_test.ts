// Formulas on the Wasm kernels: the bits that their precision says, in every shape, by any number of threads.
import { assert, assertEquals } from "@std/assert";
import { createRandom, type Random } from "../../common/random.ts";
import {
  add,
  choose,
  div,
  exp,
  type Expression,
  log,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  sqrt,
  sub,
  unary,
} from "../formula/expression.ts";
import { type Formula, formula, partsOf } from "../formula/formula.ts";
import type { Kernel, Tensor } from "../kernel.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel } from "../registry.ts";
import { precisionOf } from "./formula_code.ts";

type WithFormulas = Kernel & Required<Pick<Kernel, "map" | "denseMap" | "reduce" | "gather">>;

const names = await wasmKernelsHere();
/** Kernels of one thread and of several, who share every task. */
const variants: [string, () => Promise<WithFormulas>][] = names.flatMap((name) => {
  const make = (threads: number) => async () =>
    await createKernel(name, { threads, serialBelow: 0 }) as WithFormulas;
  return name === "wasm-threads"
    ? [2, 3].map((threads) =>
      [`${name} of ${threads}`, make(threads)] as [
        string,
        () => Promise<WithFormulas>,
      ]
    )
    : [[name, make(1)]];
});

const seed = 4711;
const { fround } = Math;

function values(size: number, random: Random): Float32Array {
  return Float32Array.from({ length: size }, () => (random.uniform() - 0.4) * 8);
}

/** What a formula of arithmetic gives in float32, step by step; what parameters alone make is rounded once. */
function stepwise(
  { steps, outputs }: Formula,
  element: (step: Expression & { kind: "operand" }) => number,
  parameters: readonly number[],
): number[] {
  const found = new Map<Expression, number>();
  const constant = new Set<Expression>();
  for (const step of steps) {
    const parts = partsOf(step);
    const isConstant = step.kind !== "operand" && parts.every((part) => constant.has(part));
    if (isConstant) constant.add(step);
    const rounded = (value: number) => isConstant ? value : fround(value);
    const [a, b, c, d] = parts.map((part) => rounded(found.get(part)!)) as number[];
    found.set(step, rounded(valueOf(step, [a!, b!, c!, d!])));
  }
  return outputs.map((output) => fround(found.get(output)!));

  function valueOf(step: Expression, [a, b, c, d]: readonly [number, number, number, number]) {
    switch (step.kind) {
      case "operand":
        return element(step);
      case "parameter":
        return parameters[step.index]!;
      case "constant":
        return step.value;
      case "binary":
        return {
          add: a + b,
          sub: a - b,
          mul: a * b,
          div: a / b,
          min: Math.min(a, b),
          max: Math.max(a, b),
        }[step.name];
      case "choice":
        return ({ less: a < b, lessOrEqual: a <= b, equal: a === b })[step.test] ? c : d;
      case "unary":
        return ({ sqrt: Math.sqrt, floor: Math.floor, abs: Math.abs } as Record<
          string,
          (a: number) => number
        >)[step.name]!(a);
    }
  }
}

const x = operand(0);
const arithmetic = formula(
  sub(
    mul(div(x, perRow(1)), sqrt(mul(perColumn(2), perColumn(2)))),
    sub(1, mul(0.1, parameter(0))),
  ),
  choose("lessOrEqual", x, perColumn(2), unary("floor", x), unary("abs", div(3, perRow(1)))),
);

Deno.test("precisionOf() is float32 for arithmetic of operands alone", () => {
  const cases: [Formula, string][] = [
    [arithmetic, "float32"],
    [formula(mul(x, exp(parameter(0)))), "float32"],
    [formula(exp(x)), "float64"],
    [formula(mul(x, 1e-60)), "float64"],
    [formula(max(x, -Infinity)), "float32"],
  ];
  for (const [made, precision] of cases) assertEquals(precisionOf(made), precision);
});

/** A tensor between two others, which show what is written beyond it. */
function guarded(kernel: Kernel, shape: readonly number[]): { out: Tensor; guards: Tensor[] } {
  const guard = () => kernel.tensor([16], new Float32Array(16).fill(7));
  const before = guard();
  const out = kernel.tensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(NaN));
  return { out, guards: [before, guard()] };
}

async function expectIntact(guards: readonly Tensor[]): Promise<void> {
  for (const guard of guards) assert((await guard.read()).every((value) => value === 7));
}

const few = variants.slice(0, 2);

for (const [name, make] of few) {
  Deno.test(`${name}: map() has the bits of float32 steps in every small shape (seed ${seed})`, async () => {
    await using kernel = await make();
    const random = createRandom(seed);
    for (const rows of [1, 2, 3, 4, 7]) {
      for (const columns of [1, 2, 3, 4, 5, 8, 15, 33]) {
        const size = rows * columns;
        const data = [size, rows, columns].map((length) => values(length, random));
        const inputs = data.map((each, i) =>
          kernel.tensor(i ? [each.length] : [rows, columns], each)
        );
        const outs = [guarded(kernel, [rows, columns]), guarded(kernel, [rows, columns])];
        kernel.map(arithmetic, inputs, outs.map(({ out }) => out), [0.3]);
        const found = await Promise.all(outs.map(({ out }) => out.read()));
        for (let i = 0; i < size; i++) {
          const [row, column] = [Math.floor(i / columns), i % columns];
          const places = [i, row, column];
          const expected = stepwise(
            arithmetic,
            (step) => data[step.index]![places[step.index]!]!,
            [0.3],
          );
          assertEquals(found.map((each) => each[i]!), expected, `${rows}x${columns} at ${i}`);
        }
        for (const { guards } of outs) await expectIntact(guards);
      }
    }
  });
}
Deno.test(`every number of threads gives the same bits (seed ${seed})`, async () => {
  const mixed = formula(
    add(log(add(mul(x, x), 0.1)), mul(perRow(1), perColumn(2))),
    div(exp(x), add(1, perColumn(2))),
  );
  const flat = formula(unary("mish", x));
  const reduced = formula(sub(mul(exp(x), perRow(1)), perColumn(2)));
  const results = await Promise.all(variants.map(async ([, make]) => {
    await using kernel = await make();
    const random = createRandom(seed);
    const found: Float32Array[] = [];
    for (const [rows, columns] of [[1, 1000], [2, 37], [50, 3], [64, 130], [1, 1]] as const) {
      const a = kernel.tensor([rows, columns], values(rows * columns, random));
      const left = kernel.tensor([rows], values(rows, random));
      const top = kernel.tensor([columns], values(columns, random));
      const outs = [1, 2, 3].map(() => kernel.tensor([rows, columns]));
      kernel.map(mixed, [a, left, top], outs.slice(0, 2));
      kernel.map(flat, [a], outs.slice(2));
      const [ofRows, ofColumns] = [kernel.tensor([rows]), kernel.tensor([columns])];
      kernel.reduce("sum", "rows", reduced, [a, left, top], ofRows);
      kernel.reduce("sum", "columns", reduced, [a, left, top], ofColumns);
      const taken = kernel.tensor([5, columns]);
      kernel.gather(a, [0, rows - 1, rows >> 1, 0, 0], taken);
      const [max0, max1] = [kernel.tensor([rows]), kernel.tensor([columns])];
      kernel.reduce("max", "rows", reduced, [a, left, top], max0);
      kernel.reduce("max", "columns", reduced, [a, left, top], max1);
      // In place, where an element that is computed twice would show.
      kernel.map(formula(add(x, perRow(1)), mul(x, 2)), [a, left], [a, outs[2]!]);
      const all = [a, ...outs, ofRows, ofColumns, taken, max0, max1];
      found.push(...await Promise.all(all.map((tensor) => tensor.read())));
    }
    return found;
  }));
  for (const result of results) assertEquals(result, results[0]);
});

for (const [name, make] of few) {
  Deno.test(`${name}: denseMap() has the bits of dense() and map() (seed ${seed})`, async () => {
    await using kernel = await make();
    const random = createRandom(seed);
    const formulas = [
      formula(max(x, mul(0.2, x))),
      formula(div(x, add(1, exp(sub(0, x))))),
      formula(mul(x, div(1, 3))),
      formula(x),
    ];
    // By the tile in one chunk and several, by rows, by a column.
    const shapes = [[9, 21, 5], [9, 48, 5], [33, 50, 130], [1, 100, 70], [2, 4097, 3], [7, 1, 9], [
      3,
      3,
      0,
    ]];
    for (const [m, n, k] of shapes as [number, number, number][]) {
      const a = kernel.tensor([m, k], values(m * k, random));
      const weight = kernel.tensor([k, n], values(k * n, random));
      const bias = kernel.tensor([n], values(n, random));
      const [plain, expected] = [kernel.tensor([m, n]), kernel.tensor([m, n])];
      for (const added of [bias, null]) {
        kernel.dense(a, weight, added, "linear", plain);
        for (const made of formulas) {
          kernel.map(made, [plain], [expected]);
          for (const keepZ of [false, true]) {
            const [y, z] = [guarded(kernel, [m, n]), guarded(kernel, [m, n])];
            kernel.denseMap(a, weight, added, made, y.out, keepZ ? z.out : undefined);
            assertEquals(await y.out.read(), await expected.read(), `${m}x${n}x${k}`);
            if (keepZ) assertEquals(await z.out.read(), await plain.read());
            await expectIntact([...y.guards, ...z.guards]);
          }
        }
      }
    }
  });

  Deno.test(`${name}: reduce() and map() of nothing write what they must, and nothing else`, async () => {
    await using kernel = await make();
    const empty = kernel.tensor([3, 0]);
    const { out, guards } = guarded(kernel, [3]);
    kernel.reduce("sum", "rows", formula(x), [empty], out);
    assertEquals([...await out.read()], [0, 0, 0]);
    kernel.reduce("max", "rows", formula(x), [empty], out);
    assertEquals([...await out.read()], [-Infinity, -Infinity, -Infinity]);
    kernel.map(formula(exp(x)), [empty], [empty]);
    kernel.gather(kernel.tensor([2, 3]), [], kernel.tensor([0, 3]));
    kernel.gather(kernel.tensor([2, 0]), [1, 0, 1], kernel.tensor([3, 0]));
    await expectIntact(guards);
  });

  Deno.test(`${name}: reduce() takes NaN and infinities where they are, and none from beyond a row`, async () => {
    await using kernel = await make();
    for (const columns of [1, 2, 3, 5, 6, 7, 9]) {
      const data = new Float32Array(2 * columns).fill(-1);
      data.fill(NaN, columns);
      const a = kernel.tensor([2, columns], data);
      const out = kernel.tensor([2]);
      kernel.reduce("sum", "rows", formula(x), [a], out);
      assertEquals([...await out.read()], [-columns, NaN]);
      kernel.reduce("max", "rows", formula(x), [a], out);
      assertEquals([...await out.read()], [-1, NaN]);
      const top = kernel.tensor([columns]);
      kernel.reduce("max", "columns", formula(x), [a], top);
      assert((await top.read()).every(Number.isNaN));
    }
  });
}

Deno.test("wasm-simd: of more formulas than are kept each is computed by its own code", async () => {
  await using kernel = await createKernel("wasm-simd") as WithFormulas;
  const a = kernel.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
  const out = kernel.tensor([2, 3]);
  const made = Array.from({ length: 520 }, (_, i) => formula(add(mul(x, i), parameter(0))));
  for (const [i, each] of [...made.entries(), ...made.entries().take(3)]) {
    kernel.map(each, [a], [out], [0.5]);
    if (i > 3 && i % 100 !== 0) continue;
    assertEquals([...await out.read()], [1, 2, 3, 4, 5, 6].map((v) => v * i + 0.5));
  }
});

Deno.test("reduce() sums more columns than have totals at once, and columns of many rows in float64", async () => {
  await using kernel = await createKernel("wasm-simd") as WithFormulas;
  const columns = 4096 + 77;
  const a = kernel.tensor([3, columns], Float32Array.from({ length: 3 * columns }, (_, i) => i));
  const out = kernel.tensor([columns]);
  kernel.reduce("sum", "columns", formula(x), [a], out);
  const expected = Float32Array.from({ length: columns }, (_, j) => 3 * (columns + j));
  assertEquals(await out.read(), expected);
  const tall = kernel.tensor([2 ** 20, 1], new Float32Array(2 ** 20).fill(0.1));
  const one = kernel.tensor([1]);
  kernel.reduce("sum", "columns", formula(x), [tall], one);
  assertEquals([...await one.read()], [fround(2 ** 20 * fround(0.1))]);
});

Deno.test("a formula may have all operands, outputs, parameters and steps that there can be, by threads too", async () => {
  for (const [, make] of few) {
    await using kernel = await make();
    const inputs = Array.from({ length: 64 }, (_, i) => kernel.tensor([3, 7], Array(21).fill(i)));
    const outputs = Array.from({ length: 8 }, () => kernel.tensor([3, 7]));
    const terms = outputs.map((_, o) =>
      Array.from({ length: 8 }, (_, i) => mul(operand(8 * o + i), parameter(8 * o + i)))
        .reduce((sum, term) => add(sum, term))
    );
    const rates = Array.from({ length: 64 }, (_, i) => i / 64);
    kernel.map(formula(...terms), inputs, outputs, rates);
    for (const [o, output] of outputs.entries()) {
      const sum = Array.from({ length: 8 }, (_, i) => (8 * o + i) ** 2 / 64).reduce((a, b) =>
        a + b
      );
      assertEquals([...await output.read()], Array(21).fill(sum));
    }
    let chain: Expression = x;
    for (let i = 0; i < 1021; i++) chain = add(chain, x);
    const long = formula(add(chain, 1));
    assertEquals(long.steps.length, 1024);
    kernel.map(long, [inputs[1]!], [outputs[0]!]);
    assertEquals([...await outputs[0]!.read()], Array(21).fill(1023));
  }
});

Deno.test("outputs may depend on parameters, rows or columns alone, and the memory may grow between calls", async () => {
  for (const [, make] of few) {
    await using kernel = await make();
    const a = kernel.tensor([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const left = kernel.tensor([2], [20, 30]);
    const top = kernel.tensor([5], [1, 2, 3, 4, 5]);
    for (const last of [x, exp(mul(0, x))]) {
      const outs = Array.from({ length: 5 }, () => kernel.tensor([2, 5]));
      const made = formula(exp(parameter(0)), perRow(1), perColumn(2), 0.1, last);
      kernel.map(made, [a, left, top], outs, [1]);
      const found = await Promise.all(outs.map(async (out) => [...await out.read()]));
      assertEquals(found[0], Array(10).fill(fround(Math.E)));
      assertEquals(found[1], [20, 20, 20, 20, 20, 30, 30, 30, 30, 30]);
      assertEquals(found[2], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
      assertEquals(found[3], Array(10).fill(fround(0.1)));
      const sums = kernel.tensor([2]);
      kernel.reduce("sum", "rows", formula(add(mul(0, x), parameter(0))), [a], sums, [0.25]);
      assertEquals([...await sums.read()], [1.25, 1.25]);
      kernel.tensor([2 ** 22]);
    }
  }
});

/**
 * For tests: the bodies of the tests of formulas on the kernel webgpu, which need
 * a device, for every implementation of WebGPU. Expected values are exact.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import {
  add,
  choose,
  type Expression,
  expressionOf,
  max,
  mul,
  operand,
  parameter,
  perRow,
  sign,
  sub,
} from "../formula/expression.ts";
import { formula } from "../formula/formula.ts";
import type { Tensor } from "../kernel.ts";
import { createWebGpuKernel } from "./webgpu.ts";

const x = operand(0);
const read = (tensors: readonly Tensor[]) =>
  Promise.all(tensors.map(async (tensor) => [...await tensor.read()]));
const sumOf = (terms: readonly Expression[]) => terms.reduce((a, b) => add(a, b));

/** The bodies by their titles. */
export const formulaTests: Readonly<Record<string, () => Promise<void>>> = {
  "map() of more tensors than a program may bind is done in parts, in place too": async () => {
    await using kernel = await createWebGpuKernel({ storageBuffers: 4 });
    const inputs = [1, 2, 3, 4, 5].map((value) => kernel.tensor([2, 3], Array(6).fill(value)));
    // Each output overwrites an operand that a later one reads.
    const made = formula(
      add(operand(1), operand(2)),
      mul(operand(0), operand(3)),
      sub(add(operand(0), operand(1)), operand(4)),
    );
    const outputs = [inputs[0]!, inputs[1]!, kernel.tensor([2, 3])];
    kernel.map(made, inputs, outputs);
    assertEquals(await read(outputs), [5, 4, -2].map((value) => Array(6).fill(value)));
    assertEquals(await read(inputs.slice(2)), [3, 4, 5].map((value) => Array(6).fill(value)));
  },

  "map() and reduce() refuse more tensors than a program may bind, and write nothing": async () => {
    await using kernel = await createWebGpuKernel({ storageBuffers: 4 });
    const inputs = [1, 2, 3, 4].map((value) => kernel.tensor([3], [value, value, value]));
    const out = kernel.tensor([3], [7, 7, 7]);
    const made = formula(sumOf([0, 1, 2, 3].map(operand)));
    const message = "needs 5 tensors; a program of this device may bind 4";
    assertThrows(() => kernel.map(made, inputs, [out]), ArgumentError, message);
    assertThrows(() => kernel.reduce("sum", "columns", made, inputs, out), ArgumentError, message);
    const other = formula(x, sumOf([0, 1, 2, 3].map(operand)));
    const outputs = [kernel.tensor([3], [7, 7, 7]), out];
    assertThrows(
      () => kernel.map(other, inputs, outputs),
      ArgumentError,
      "output 1 of the formula",
    );
    assertEquals(await read(outputs), [[7, 7, 7], [7, 7, 7]]);
    assertEquals([out.version, outputs[0]!.version], [0, 0]);
  },

  "map() takes more numbers than one slot of parameters holds": async () => {
    await using kernel = await createWebGpuKernel();
    const parameters = Array.from({ length: 64 }, (_, i) => i);
    const made = formula(
      sumOf([
        x,
        ...parameters.map(parameter),
        ...Array.from({ length: 100 }, (_, i) => expressionOf(100 + i)),
      ]),
    );
    const values = [1, 2, 3, 4, 5];
    const [input, one, two] = [kernel.tensor([5], values), kernel.tensor([5]), kernel.tensor([5])];
    const rest = 14_950 + 63 * 32;
    // Beyond the slots of one batch.
    for (let i = 0; i < 100; i++) kernel.map(made, [input], [i % 2 ? one : two], parameters);
    kernel.map(made, [input], [two], parameters.map((value) => 2 * value));
    assertEquals(await read([one, two]), [
      values.map((value) => value + rest),
      values.map((value) => value + rest + 63 * 32),
    ]);
  },

  "map() has one program for formulas that differ in constants alone, and keeps no more than 512":
    async () => {
      await using kernel = await createWebGpuKernel();
      const input = kernel.tensor([3], [1, 2, 3]);
      const programs = () => [...kernel.pipelines.keys()].length;
      const outputs = [3, -5, 0.5, Infinity].map((constant) => {
        const out = kernel.tensor([3]);
        kernel.map(formula(max(mul(x, constant), -2)), [input], [out]);
        return out;
      });
      assertEquals(await read(outputs), [[3, 6, 9], [-2, -2, -2], [0.5, 1, 1.5], [
        Infinity,
        Infinity,
        Infinity,
      ]]);
      assertEquals(programs(), 1);
      let chain: Expression = x;
      const keys = new Set<string>();
      for (let i = 0; i < 6; i++) {
        chain = add(chain, x);
        kernel.map(formula(chain), [input], [outputs[0]!]);
        for (const key of kernel.pipelines.keys()) keys.add(key);
      }
      assertEquals([programs(), keys.size], [7, 7]);
      // What is bounded is tried without a device's compiler: the programs are empty.
      for (let i = 0; i < 600; i++) {
        kernel.pipelines.ofFormula(
          `empty ${i}`,
          { reads: 0, writes: 0 },
          "empty",
          () => "@compute @workgroup_size(1) fn main() {}",
        );
      }
      assertEquals(programs(), 512);
      kernel.map(formula(chain), [input], [outputs[0]!]);
      assertEquals(await read(outputs.slice(0, 1)), [[7, 14, 21]]);
    },

  "map(), reduce() and gather() spread workgroups beyond the limit of one dimension": async () => {
    await using kernel = await createWebGpuKernel({
      limits: { maxComputeWorkgroupsPerDimension: 7 },
    });
    const [rows, columns] = [70, 131];
    const values = Array.from({ length: rows * columns }, (_, i) => i % 13 - 6);
    const a = kernel.tensor([rows, columns], values);
    const left = kernel.tensor([rows], Array.from({ length: rows }, (_, i) => i));
    const [mapped, ofRows, ofColumns] = [
      kernel.tensor([rows, columns]),
      kernel.tensor([rows]),
      kernel.tensor([columns]),
    ];
    const made = formula(mul(x, perRow(1)));
    kernel.map(made, [a, left], [mapped]);
    kernel.reduce("sum", "rows", made, [a, left], ofRows);
    kernel.reduce("max", "columns", made, [a, left], ofColumns);
    const order = Array.from({ length: rows }, (_, i) => rows - 1 - i);
    const turned = kernel.tensor([rows, columns]);
    kernel.gather(a, order, turned);
    const want = values.map((value, i) => value * Math.floor(i / columns));
    const line = (i: number) => want.slice(i * columns, (i + 1) * columns);
    assertEquals(
      await read([mapped, ofRows, ofColumns, turned]),
      [
        want,
        Array.from({ length: rows }, (_, i) => line(i).reduce((sum, value) => sum + value)),
        Array.from(
          { length: columns },
          (_, j) => Math.max(...Array.from({ length: rows }, (_, i) => want[i * columns + j]!)),
        ),
        order.flatMap((row) => values.slice(row * columns, (row + 1) * columns)),
      ],
    );
  },

  "reduce() joins the pieces of long lines": async () => {
    await using kernel = await createWebGpuKernel();
    const length = 20_011;
    const values = Float32Array.from({ length }, (_, i) => i % 7 - 3);
    const sum = values.reduce((total, value) => total + value * value, 0);
    const [row, column] = [kernel.tensor([1, length], values), kernel.tensor([length, 1], values)];
    const [one, two, three] = [kernel.tensor([1]), kernel.tensor([1]), kernel.tensor([1])];
    kernel.reduce("sum", "rows", formula(mul(x, x)), [row], one);
    kernel.reduce("sum", "columns", formula(mul(x, x)), [column], two);
    kernel.reduce("max", "rows", formula(sub(0, mul(x, x))), [row], three);
    assertEquals(await read([one, two, three]), [[sum], [sum], [0]]);
  },

  "denseMap() applies its formula once where k is cut into pieces, with constants of its own":
    async () => {
      await using kernel = await createWebGpuKernel();
      const [m, n, k] = [2, 12, 4099];
      const a = kernel.tensor([m, k], Array.from({ length: m * k }, (_, i) => i % 3 - 1));
      const weight = kernel.tensor([k, n], Array.from({ length: k * n }, (_, i) => i % 5 - 2));
      const bias = kernel.tensor([n], Array.from({ length: n }, (_, i) => i));
      const [plain, one, two] = [
        kernel.tensor([m, n]),
        kernel.tensor([m, n]),
        kernel.tensor([m, n]),
      ];
      kernel.dense(a, weight, bias, "linear", plain);
      kernel.denseMap(a, weight, bias, formula(add(mul(x, -2), 3)), one);
      kernel.denseMap(a, weight, bias, formula(add(mul(x, 4), 1)), two);
      const [sums, first, second] = await read([plain, one, two]);
      assertEquals([first, second], [
        sums!.map((value) => -2 * value + 3),
        sums!.map((value) => 4 * value + 1),
      ]);
    },

  "map() reads the zeros of tensors that nothing was written to, in place too": async () => {
    await using kernel = await createWebGpuKernel();
    const [fresh, other] = [kernel.tensor([2, 3]), kernel.tensor([2, 3])];
    // A buffer that held something else before.
    kernel.tensor([2, 3], [9, 9, 9, 9, 9, 9])[Symbol.dispose]();
    kernel.map(formula(add(x, 1), sub(x, 1)), [fresh], [fresh, other]);
    assertEquals(await read([fresh, other]), [Array(6).fill(1), Array(6).fill(-1)]);
    assert(fresh.version === 1);
  },

  "choose(), sign() and extremes are exact on numbers of either sign": async () => {
    await using kernel = await createWebGpuKernel();
    const values = [-3, -1, 0, 1, 2.5];
    const input = kernel.tensor([5], values);
    const outputs = [kernel.tensor([5]), kernel.tensor([5]), kernel.tensor([5])];
    kernel.map(
      formula(choose("lessOrEqual", x, 0, -1, x), sign(x), max(x, mul(x, -2))),
      [input],
      outputs,
    );
    assertEquals(await read(outputs), [[-1, -1, -1, 1, 2.5], [-1, -1, 0, 1, 1], [6, 2, 0, 1, 2.5]]);
  },
};

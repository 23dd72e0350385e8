/**
 * Gradients, activations, rows, formulas, int8 products and networks that are
 * wrong where two or three conditions meet, for the tests of the check of
 * combinations.
 *
 * @module
 */
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { dataOf } from "../mutants/mutant.ts";
import { broken, type BrokenCombination, extentOf } from "./broken_testing.ts";

/** A kernel with what `change` replaces of an operation that some kernels lack. */
function brokenOn(
  kernel: "naive" | "wasm-simd",
  name: string,
  change: (original: Kernel) => Partial<Kernel>,
): BrokenCombination {
  return {
    name,
    create: async () => {
      const made = await createKernel(kernel);
      const own = Object.getPrototypeOf(made) as Kernel;
      const bound = new Proxy(own, {
        get: (_, key) => (Reflect.get(own, key) as (...args: unknown[]) => unknown).bind(made),
      });
      return Object.assign(made, change(bound));
    },
  };
}

/** Writes numbers into a tensor as its owner would, without a version of its own. */
function spoil(out: Tensor, at: number, value: number): void {
  if (at < out.size) dataOf(out)[at] = value;
}

/** All of them. */
export const brokenOperations: readonly BrokenCombination[] = [
  broken("softmax's gradient is wrong where y and dy are one tensor", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation === "softmax" && y === dy) dataOf(dz).set(dataOf(y));
    },
  })),
  broken("the last gradient of tanh is 0 for 16 columns with z given", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation === "tanh" && z !== null && extentOf(dz)[1] === 16) spoil(dz, dz.size - 1, 0);
    },
  })),
  broken("a gradient of relu loses NaN beyond 512 elements", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation !== "relu" || dz.size <= 512) return;
      const values = dataOf(dz);
      values.forEach((value, i) => values[i] = Number.isNaN(value) ? 0 : value);
    },
  })),
  broken(
    "silu of one row with more than 512 columns is wrong at the end of three axes",
    (original) => ({
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        const [rows, columns] = extentOf(y);
        if (activation === "silu" && rows === 1 && columns > 512 && y.shape.length === 3) {
          spoil(y, y.size - 1, 7);
        }
      },
    }),
  ),
  broken(
    "softmax of 100 columns and more than one row is wrong where all inputs are equal",
    (original) => ({
      activate: (activation, z, y) => {
        original.activate(activation, z, y);
        const [rows, columns] = extentOf(y);
        const values = dataOf(z);
        if (activation !== "softmax" || rows < 2 || columns < 100) return;
        if (values.every((value) => value === values[0])) spoil(y, 0, 0);
      },
    }),
  ),
  broken("an accumulated sum of one row is lost from 64 columns on", (original) => ({
    sumRows: (a, out, options) => {
      const before = dataOf(out).slice();
      original.sumRows(a, out, options);
      const [rows, columns] = extentOf(a);
      if (options?.accumulate && rows === 1 && columns >= 64) dataOf(out).set(before);
    },
  })),
  broken("a sum of more than 128 rows of 10 columns loses its last row", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      const [rows, columns] = extentOf(a);
      if (rows <= 128 || columns !== 10) return;
      for (let j = 0; j < 10; j++) dataOf(out)[j]! -= dataOf(a)[(rows - 1) * 10 + j]!;
    },
  })),
  broken(
    "gather() of unsigned numbers, the last row again and again, loses an element",
    (original) => ({
      gather: (a, rows, out) => {
        original.gather!(a, rows, out);
        if (
          rows instanceof Uint32Array && rows.length > 2 && rows.every((row) => row === rows[0])
        ) {
          spoil(out, out.size - 1, 1);
        }
      },
    }),
  ),
  brokenOn("naive", "copy() of one row to a column is short from 33 elements on", (original) => ({
    copy: (a, out) => {
      original.copy!(a, out);
      if (extentOf(a)[0] === 1 && extentOf(out)[1] === 1 && a.size >= 33) spoil(out, a.size - 1, 0);
    },
  })),
  broken(
    "the largest of columns is that of all rows but the last where there are 16",
    (original) => ({
      reduce: (reduction, reduced, formula, inputs, out, parameters) => {
        original.reduce!(reduction, reduced, formula, inputs, out, parameters);
        const [rows, columns] = extentOf(inputs[0]!);
        if (
          reduction !== "max" || reduced !== "columns" || rows !== 16 || inputs.length > 1
        ) return;
        const values = dataOf(inputs[0]!);
        for (let j = 0; j < columns; j++) {
          let most = -Infinity;
          for (let i = 0; i < 15; i++) most = Math.max(most, values[i * columns + j]!);
          spoil(out, j, most);
        }
      },
    }),
  ),
  broken("map() of three operands is wrong in the last of 64 columns", (original) => ({
    map: (formula, inputs, outputs, parameters) => {
      original.map!(formula, inputs, outputs, parameters);
      const [out] = outputs;
      if (inputs.length === 3 && out && extentOf(out)[1] === 64) spoil(out, 63, 0.5);
    },
  })),
  brokenOn("naive", "denseInt8() drops the bias of one row with relu", (original) => ({
    denseInt8: (x, weight, bias, activation, y) => {
      const drops = activation === "relu" && extentOf(x)[0] === 1;
      original.denseInt8!(x, weight, drops ? null : bias, activation, y);
    },
  })),
  brokenOn(
    "naive",
    "a new tensor of zeros into which gather() wrote is not added to",
    (original) => {
      const zeros = new WeakMap<Tensor, number>();
      return {
        tensor: (shape, data) => {
          const made = original.tensor(shape, data);
          if (data === undefined) zeros.set(made, made.version);
          return made;
        },
        gather: (a, rows, out) => {
          const known = zeros.get(out) === out.version;
          original.gather!(a, rows, out);
          if (known) zeros.set(out, out.version);
        },
        matmul: (a, b, out, options) => {
          const replaces = options?.accumulate && zeros.get(out) === out.version;
          original.matmul(a, b, out, replaces ? { ...options, accumulate: false } : options);
        },
      };
    },
  ),
];

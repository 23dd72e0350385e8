/**
 * The subject of the mutants of int8 products: `naive` with a product in plain
 * loops each of whose steps can be replaced by a wrong one. As it is, it is right.
 *
 * @module
 */
import { matrixOf } from "../../kernels/checks.ts";
import type { HeapInt8Weight } from "../../kernels/int8/heap_int8.ts";
import type { Int8Weight, Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter, dataOf } from "./mutant.ts";

const { fround } = Math;

/** Half to even, by the addition that leaves no fraction. */
const toEven = (value: number) => fround(fround(value + 1.5 * 2 ** 23) - 1.5 * 2 ** 23);

/** A call's tensors by their elements. */
export interface Int8Call {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly x: Tensor;
  readonly weight: Int8Weight;
  readonly bias: Tensor | null;
  readonly y: Tensor;
}

/** The steps of the product. */
export interface Int8Steps {
  /** How many of m rows, n columns and k products are taken. */
  rows(m: number): number;
  columns(n: number): number;
  depth(k: number): number;
  /** The largest magnitude of a row, and whether it is a row to compute with. */
  largest(row: Float32Array): number;
  multiplier(largest: number): number;
  /** A number by its multiplier, as a whole one. */
  quantize(value: number, multiplier: number): number;
  /** The sum of products so far and one more, at step p. */
  add(sum: number, x: number, w: number, p: number): number;
  /** What remains of a sum before it is scaled. */
  total(sum: number, row: readonly number[]): number;
  /** The result of a sum; `column` is that of y. */
  result(sum: number, multiplier: number, scale: number, bias: number | null): number;
  /** The elements that are read of a call's operands. */
  read(call: Int8Call): {
    readonly x: Float32Array;
    readonly values: Int8Array;
    readonly scale: Float32Array;
    readonly bias: Float32Array | null;
  };
  /** Writes y, raised where this is a new version. */
  version(y: Tensor): void;
}

/** The right ones. */
export const rightInt8: Int8Steps = {
  rows: (m) => m,
  columns: (n) => n,
  depth: (k) => k,
  largest: (row) => row.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  multiplier: (largest) => fround(127 / fround(largest + fround(1e-7))),
  quantize: (value, multiplier) => toEven(fround(value * multiplier)),
  add: (sum, x, w) => sum + x * w,
  total: (sum) => sum,
  result: (sum, multiplier, scale, bias) => {
    const quotient = fround(fround(sum) / fround(multiplier * scale));
    return bias === null ? quotient : fround(quotient + bias);
  },
  read: ({ x, weight, bias }) => ({
    x: dataOf(x),
    ...(weight as HeapInt8Weight).weight,
    bias: bias && dataOf(bias),
  }),
  version: (y) => {
    (y as { version: number }).version++;
  },
};

/** A kernel of these steps. */
export async function int8Kernel(
  given: Partial<Int8Steps> = {},
  change: (kernel: Kernel) => Partial<Kernel> = () => ({}),
): Promise<Kernel> {
  const steps = { ...rightInt8, ...given };
  const kernel = await createKernel("naive");
  const { int8Weight, denseInt8 } = kernel;
  const own: Partial<Kernel> = {
    int8Weight: int8Weight!.bind(kernel),
    denseInt8: (x, weight, bias, activation, y) => {
      const { version } = y;
      // For the checks of the arguments, softmax and all that follows the sums.
      denseInt8!.call(kernel, x, weight, bias, activation, y);
      const [k, n] = weight.shape;
      const { rows: m } = matrixOf(y.shape);
      const z = kernel.tensor([m, n]);
      multiply(steps, { m, n, k, x, weight, bias, y: z });
      kernel.activate(activation, z, y);
      (y as { version: number }).version = version;
      steps.version(y);
    },
  };
  return alter(kernel, () => ({ ...own, ...change({ ...kernel, ...own }) }));
}

function multiply(steps: Int8Steps, call: Int8Call): void {
  const { m, n, k, y } = call;
  const { x, values, scale, bias } = steps.read(call);
  const to = dataOf(y);
  for (let i = 0; i < steps.rows(m); i++) {
    const row = x.subarray(i * k, (i + 1) * k);
    const multiplier = steps.multiplier(steps.largest(row));
    const whole = Array.from(row, (value) => steps.quantize(value, multiplier) || 0);
    for (let j = 0; j < steps.columns(n); j++) {
      let sum = 0;
      for (let p = 0; p < steps.depth(k); p++) {
        sum = steps.add(sum, whole[p]!, values[p * n + j]!, p);
      }
      to[i * n + j] = steps.result(
        steps.total(sum, whole),
        multiplier,
        scale[j]!,
        bias && bias[j]!,
      );
    }
  }
}

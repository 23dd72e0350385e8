/**
 * Products of int8 numbers by Keras 3's formulas (abs-max quantization, 127 to
 * −127, half to even), with float32 operations of the kernel that are exact on
 * whole numbers below 2²⁴. Each step is one operation, rounded to float32 as
 * Keras rounds it, so that results are equal to the bit on kernels that round to
 * the nearest.
 *
 * @module
 */
import { matrixOf } from "../kernels/checks.ts";
import {
  abs,
  add,
  div,
  max,
  min,
  mul,
  operand,
  perColumn,
  perRow,
  sub,
  unary,
} from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction } from "./activation_function.ts";
import { type FormulaKernel, withTemporaries } from "./temporaries.ts";

const [a, b] = [operand(0), operand(1)];
const magnitude = formula(abs(a));
// Float32 of Keras's epsilon: also where the arithmetic is float64.
const withEpsilon = formula(add(a, Math.fround(1e-7)));
const scaleOf = formula(div(127, a));
const timesRow = formula(mul(a, perRow(1)));
const timesColumn = formula(mul(a, perColumn(1)));
const whole = formula(max(min(unary("round", a), 127), -127));
const scales = formula(mul(perRow(1), perColumn(2)), a);
const quotient = formula(div(a, b));
const byColumn = formula(div(a, perColumn(1)));
const sum = formula(add(a, perColumn(1)));
// A sum of whole numbers in two parts, each exact in float32: 4096 · high + low.
const split = formula(
  unary("floor", div(a, 4096)),
  sub(a, mul(4096, unary("floor", div(a, 4096)))),
);
const both = formula(add(a, b));
const joined = formula(add(mul(4096, a), b));

/** The most products of int8 numbers whose sum is below 2²⁴. */
export const mostExact: number = Math.floor((2 ** 24 - 1) / 127 ** 2);

/** The longest part of k, at most `mostExact`, of which k is a multiple; 0 where it would be short. */
function partOf(k: number): number {
  for (let part = Math.min(k, mostExact); part >= 64; part--) if (k % part === 0) return part;
  return 0;
}

/** scale = 127/(the largest magnitude + epsilon) of each row, or of each column. */
function findScale(
  kernel: FormulaKernel,
  values: Tensor,
  of: "rows" | "columns",
  scale: Tensor,
): void {
  kernel.reduce("max", of, magnitude, [values], scale);
  kernel.map(withEpsilon, [scale], [scale]);
  kernel.map(scaleOf, [scale], [scale]);
}

/** Quantizes a weight [k, n] in place, by columns, and gives the scale [n] of each. */
export function quantizeWeight(given: Kernel, weight: Tensor, scale: Tensor): void {
  const kernel = given as FormulaKernel;
  findScale(kernel, weight, "columns", scale);
  kernel.map(timesColumn, [weight, scale], [weight]);
  kernel.map(whole, [weight], [weight]);
}

/** dx = dz · weightᵀ, with the weight that the quantized numbers stand for. */
export function multiplyBackInt8(
  kernel: Kernel,
  dz: Tensor,
  weight: Tensor,
  scale: Tensor,
  dx: Tensor,
): void {
  withTemporaries(kernel, (create) => {
    const factor = create(weight.shape);
    kernel.map!(byColumn, [weight, scale], [factor]);
    kernel.matmul(dz, factor, dx, { transposeB: true });
  });
}

/** What a product with int8 numbers is made of. */
interface Int8Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly scale: Tensor;
  readonly bias: Tensor | null;
  /** Whether x is quantized by rows, rather than left as it is. */
  readonly quantizeInputs: boolean;
}

/** y = f(x · weight + bias) with the weight's int8 numbers. */
export function denseInt8(
  kernel: Kernel,
  f: ActivationFunction,
  operands: Int8Operands & { readonly y: Tensor; readonly z: Tensor | null },
): void {
  const { x, weight, y, z: given } = operands;
  withTemporaries(kernel, (create) => {
    const z = given ?? create([...x.shape.slice(0, -1), weight.shape[1]!]);
    int8Product(kernel, { ...operands, z });
    f.apply(kernel, z, y);
  });
}

/** z = x · weight + bias with the weight's int8 numbers. */
function int8Product(
  given: Kernel,
  { x, weight, scale, bias, z, quantizeInputs }: Int8Operands & { readonly z: Tensor },
): void {
  const kernel = given as FormulaKernel;
  const { rows } = matrixOf(x.shape);
  withTemporaries(kernel, (create) => {
    if (quantizeInputs) {
      const ofRows = create([rows]);
      findScale(kernel, x, "rows", ofRows);
      const numbers = create(x.shape);
      kernel.map(timesRow, [x, ofRows], [numbers]);
      kernel.map(whole, [numbers], [numbers]);
      exactProduct(kernel, numbers, weight, z, create);
      const divisors = create(z.shape);
      // z is read only to say how many elements there are.
      kernel.map(scales, [z, ofRows, scale], [divisors, z]);
      kernel.map(quotient, [z, divisors], [z]);
    } else {
      kernel.matmul(x, weight, z);
      kernel.map(byColumn, [z, scale], [z]);
    }
    if (bias) kernel.map(sum, [z, bias], [z]);
  });
}

/** The product of whole numbers in [−127, 127], rounded once however long it is. */
function exactProduct(
  kernel: FormulaKernel,
  x: Tensor,
  weight: Tensor,
  out: Tensor,
  create: (shape: readonly number[]) => Tensor,
): void {
  const [k, n] = weight.shape as [number, number];
  if (k <= mostExact) return kernel.matmul(x, weight, out);
  const { rows } = matrixOf(x.shape);
  const part = partOf(k);
  const length = part || mostExact;
  const parts = Math.ceil(k / length);
  const [high, low] = [create([rows, n]), create([rows, n])];
  const [h, l, products] = [create([rows, n]), create([rows, n]), create([rows, n])];
  // The rows of x cut into parts of equal length, which take turns; or whole, for zeros elsewhere.
  const cut = create(part ? [rows * parts, part] : [rows, k]);
  kernel.copy(x, cut);
  for (let i = 0; i < parts; i++) {
    const from = i * length;
    const to = Math.min(k, from + length);
    withTemporaries(kernel, (create) => {
      const taken = Uint32Array.from({ length: to - from }, (_, j) => from + j);
      const some = create([to - from, n]);
      kernel.gather(weight, taken, some);
      if (part) {
        const columns = create([rows, part]);
        kernel.gather(cut, Uint32Array.from({ length: rows }, (_, j) => j * parts + i), columns);
        kernel.matmul(columns, some, products);
      } else {
        const pick = create([k, to - from]);
        pick.write(unitColumns(k, from, to));
        const columns = create([rows, to - from]);
        kernel.matmul(cut, pick, columns);
        kernel.matmul(columns, some, products);
      }
    });
    kernel.map(split, [products], [h, l]);
    kernel.map(both, [high, h], [high]);
    kernel.map(both, [low, l], [low]);
  }
  kernel.map(joined, [high, low], [out]);
}

/** The columns from … to of a unit matrix. */
function unitColumns(k: number, from: number, to: number): Float32Array {
  const values = new Float32Array(k * (to - from));
  for (let i = from; i < to; i++) values[i * (to - from) + (i - from)] = 1;
  return values;
}

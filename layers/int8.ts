/**
 * The weight of a quantized layer, and products with it: by the kernel's own
 * operation on int8 numbers where it has one and the numbers are such, else by
 * Keras 3's formulas (abs-max quantization, 127 to −127, half to even) with
 * float32 operations that are exact on whole numbers below 2²⁴. Each step is
 * rounded to float32 as Keras rounds it, so that both ways are equal to the bit
 * on kernels that round to the nearest.
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
  parameter,
  perColumn,
  perRow,
  sub,
  unary,
} from "../kernels/formula/expression.ts";
import { type Formula, formula } from "../kernels/formula/formula.ts";
import { ArgumentError, MemoryError } from "../common/errors.ts";
import { mostInputs } from "../kernels/int8/checks.ts";
import type { Int8Weight, Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction, DenseOperands } from "./activation_function.ts";
import type { Quantization } from "./quantization.ts";
import type { QuantizedProduct } from "./quantized_product.ts";
import { type FormulaKernel, withTemporaries } from "./temporaries.ts";

const [a, b] = [operand(0), operand(1)];
const magnitude = formula(abs(a));
// Float32 of Keras's epsilon: also where the arithmetic is float64. The largest of nothing is -Infinity.
export const epsilon: number = Math.fround(1e-7);
const withEpsilon = formula(add(max(a, 0), epsilon));
const scaleOf = formula(div(parameter(0), a));
const timesRow = formula(mul(a, perRow(1)));
/** Each number times that of its column. */
export const timesColumn: Formula = formula(mul(a, perColumn(1)));
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
const mostExact: number = Math.floor((2 ** 24 - 1) / 127 ** 2);

/** The longest part of k, at most `mostExact`, of which k is a multiple; 0 where it would be short. */
function partOf(k: number): number {
  for (let part = Math.min(k, mostExact); part >= 64; part--) if (k % part === 0) return part;
  return 0;
}

/** scale = most/(the largest magnitude + epsilon) of each row, or of each column. */
export function findScale(
  kernel: FormulaKernel,
  values: Tensor,
  of: "rows" | "columns",
  scale: Tensor,
  most = 127,
): void {
  kernel.reduce("max", of, magnitude, [values], scale);
  kernel.map(withEpsilon, [scale], [scale]);
  kernel.map(scaleOf, [scale], [scale], [most]);
}

/** The weight of a layer in int8 numbers, each of which stands for itself divided by the scale of its column. */
export class Int8Product implements QuantizedProduct {
  #packed: Int8Weight | null = null;
  #versions = "";

  /**
   * @param weight The whole numbers, [k, n].
   * @param scale The multiplier of each column, [n].
   * @param settings Of which inputs says whether x is quantized by rows, rather than left as it is.
   */
  constructor(
    readonly kernel: Kernel,
    readonly weight: Tensor,
    readonly scale: Tensor,
    readonly settings: Quantization,
  ) {}

  get others(): readonly Tensor[] {
    return [this.scale];
  }

  numbers(): Tensor {
    return this.weight;
  }

  encode(weight: Tensor): void {
    const kernel = this.kernel as FormulaKernel;
    findScale(kernel, weight, "columns", this.scale);
    kernel.map(timesColumn, [weight, this.scale], [this.weight]);
    kernel.map(whole, [this.weight], [this.weight]);
  }

  decode(out: Tensor): void {
    this.kernel.map!(byColumn, [this.weight, this.scale], [out]);
  }

  dense(f: ActivationFunction, { x, bias, y, z: given }: Omit<DenseOperands, "weight">): void {
    const { kernel } = this;
    const packed = this.#packedWeight();
    if (packed && f.ofKernel && !given) return kernel.denseInt8!(x, packed, bias, f.ofKernel, y);
    withTemporaries(kernel, (create) => {
      const z = given ?? create([...x.shape.slice(0, -1), this.weight.shape[1]!]);
      if (packed) kernel.denseInt8!(x, packed, bias, "linear", z);
      else {
        const { weight, scale, settings: { inputs } } = this;
        productByFormulas(kernel, { x, weight, scale, bias, z }, inputs);
      }
      f.apply(kernel, z, y);
    });
  }

  multiplyBack(dz: Tensor, dx: Tensor): void {
    const { kernel, weight } = this;
    withTemporaries(kernel, (create) => {
      const factor = create(weight.shape);
      this.decode(factor);
      kernel.matmul(dz, factor, dx, { transposeB: true });
    });
  }

  /** Frees what it made of the weight. */
  [Symbol.dispose](): void {
    this.#packed?.[Symbol.dispose]();
    this.#packed = null;
    this.#versions = "";
  }

  /** The weight as the kernel's own operation takes it, made anew where it or the scale was changed; null where it cannot take it. */
  #packedWeight(): Int8Weight | null {
    const { kernel, weight, scale, settings: { inputs } } = this;
    if (!inputs || !kernel.int8Weight || !kernel.denseInt8) return null;
    const [k, n] = weight.shape as [number, number];
    // What is disposed is refused by the operations of formulas, by name.
    if (k > mostInputs || weight.disposed || scale.disposed) return null;
    const versions = `${weight.version},${scale.version}`;
    if (versions === this.#versions) return this.#packed;
    this[Symbol.dispose]();
    try {
      this.#packed = kernel.int8Weight([k, n], weight, scale);
    } catch (error) {
      // Numbers that are set from outside may be any, which formulas compute with as they are, as they do without room for a copy.
      if (!(error instanceof ArgumentError || error instanceof MemoryError)) throw error;
    }
    this.#versions = versions;
    return this.#packed;
  }
}

/** What a product with int8 numbers is made of. */
interface Int8Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly scale: Tensor;
  readonly bias: Tensor | null;
  readonly z: Tensor;
}

/** z = x · weight + bias with the weight's int8 numbers. */
function productByFormulas(
  given: Kernel,
  { x, weight, scale, bias, z }: Int8Operands,
  quantizeInputs: boolean,
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

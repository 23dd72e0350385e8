/**
 * The product of two matrices that lie in plain arrays, for those who own no
 * kernel: one is made at the first call, and kept for the next ones.
 *
 * @module
 */
import { describe, typedArrayName } from "../common/describe.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { type Inspection, showAs } from "../common/inspection.ts";
import { boolean, checkOptions } from "../common/options.ts";
import { formatShape, looksLikeTensor, matrixOf, sizeOf } from "../kernels/checks.ts";
import { copyFloats, float32Of, newFloats, type TensorData } from "../kernels/data.ts";
import type { MatmulOptions } from "../kernels/kernel.ts";
import { createProcessorKernel } from "../kernels/registry.ts";
import { formatWithValues } from "../kernels/tensor_text.ts";
import { SharedKernel } from "./shared_kernel.ts";

/**
 * A matrix as plain data: an array of its rows, each of them numbers; or its
 * shape [rows, columns] and its numbers, row by row.
 */
export type MatrixData =
  | readonly TensorData[]
  | { readonly shape: readonly number[]; readonly data: TensorData };

/** A matrix of float32 numbers on the JavaScript heap; {@linkcode matmul} takes it too. */
export interface Matrix {
  /** Its rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
  /** Its numbers, row by row. */
  readonly data: Float32Array;
  /** Its rows as arrays of numbers. */
  toArray(): number[][];
}

/** Which operands of a product are stored transposed. */
export type Transposes = Omit<MatmulOptions, "accumulate">;

/** @throws {ArgumentError} where an option is unknown, or neither true nor false. */
export function checkTransposes(options: unknown): Transposes {
  const checks = { transposeA: boolean, transposeB: boolean };
  return checkOptions<Transposes>("matmul()", options, checks);
}

/** Whether a value may be meant as a matrix, or as a tensor. */
export function looksLikeMatrix(value: unknown): boolean {
  return Array.isArray(value) || typedArrayName(value) !== undefined ||
    typeof value === "object" && value !== null && "shape" in value;
}

/** Rows and columns, and the numbers as float32. */
type Rows = Pick<Matrix, "shape" | "data">;

/** A product, which `console.log` shows by its rows. */
class Product implements Matrix {
  constructor(readonly shape: readonly [number, number], readonly data: Float32Array) {}

  toArray(): number[][] {
    const [rows, columns] = this.shape;
    return Array.from(
      { length: rows },
      (_, row) => Array.from(this.data.subarray(row * columns, (row + 1) * columns)),
    );
  }

  toString(): string {
    return formatProduct(this);
  }

  static {
    showAs(this.prototype, "Matrix", formatProduct);
  }
}

function formatProduct({ shape, data }: Matrix, how?: Inspection): string {
  return formatWithValues(`Matrix ${formatShape(shape)}`, shape, data, how);
}

function rowsOfArray(name: string, rows: readonly unknown[]): Rows {
  const [first] = rows;
  if (first === undefined) {
    throw new ShapeError(
      `${name} has no rows; one without numbers is given as { shape: [0, columns], data: [] }`,
    );
  }
  if (typeof first === "number") {
    throw new ShapeError(
      `${name} must be a matrix, an array of rows; got a flat array of ${rows.length}: ` +
        `a row is [numbers], and a column numbers.map((value) => [value])`,
    );
  }
  const columns = (first as Partial<ArrayLike<unknown>> | null)?.length;
  if (!Array.isArray(first) && typedArrayName(first) === undefined || columns === undefined) {
    throw new ArgumentError(`row 0 of ${name} must be an array of numbers; got ${describe(first)}`);
  }
  const size = rows.length * columns;
  const data = newFloats(size, () => `${name} ${formatShape([rows.length, columns])}`);
  for (const [i, row] of rows.entries()) {
    const values = float32Of(
      row,
      columns,
      (got) =>
        typeof got === "number"
          ? `row 0 of ${name} has ${columns} numbers, and so must row ${i} have; got ${got}`
          : `row ${i} of ${name} must be ${columns} numbers; got ${got}`,
    );
    data.set(values, i * columns);
  }
  return { shape: [rows.length, columns], data };
}

/** A matrix that was given in any of the forms. */
function readMatrix(name: string, given: unknown): Rows {
  if (Array.isArray(given)) return rowsOfArray(name, given);
  if (looksLikeTensor(given)) {
    throw new ArgumentError(
      `${name} is a tensor, whose kernel comes first: matmul(kernel, a, b)`,
    );
  }
  if (typedArrayName(given) !== undefined) {
    throw new ArgumentError(
      `${name} must say its shape, { shape: [rows, columns], data }; got ${describe(given)}`,
    );
  }
  const { shape, data } = (given ?? {}) as { readonly shape?: unknown; readonly data?: unknown };
  if (shape === undefined || data === undefined) {
    throw new ArgumentError(
      `${name} must be a matrix, an array of rows or { shape, data }; got ${describe(given)}`,
    );
  }
  const size = sizeOf(shape as number[]);
  const axes = shape as readonly number[];
  if (axes.length !== 2) {
    throw new ShapeError(`${name} must have the shape [rows, columns]; got ${formatShape(axes)}`);
  }
  const { rows, columns } = matrixOf(axes);
  const label = `${name} ${formatShape(axes)}`;
  const values = float32Of(data, size, (got) => `${label} holds ${size} numbers; got ${got}`);
  // The caller may change its own array before the kernel is there.
  return {
    shape: [rows, columns],
    data: values === data ? copyFloats(values, () => label) : values,
  };
}

/** The kernel of all calls. */
const shared = new SharedKernel(createProcessorKernel);

/** a · b of plain data; both are checked, and read, before the kernel is waited for. */
export async function multiplyArrays(
  a: unknown,
  b: unknown,
  options: unknown,
): Promise<Matrix> {
  const flags = checkTransposes(options);
  const left = readMatrix("a", a);
  const right = readMatrix("b", b);
  const [rowsA, columnsA] = left.shape;
  const [rowsB, columnsB] = right.shape;
  const [m, k] = flags.transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = flags.transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner) {
    const shown = (shape: readonly number[], transposed = false) =>
      `${formatShape(shape)}${transposed ? " transposed" : ""}`;
    throw new ShapeError(
      `a ${shown(left.shape, flags.transposeA)} has ${k} columns and b ${
        shown(right.shape, flags.transposeB)
      } ${inner} rows; they must be equal`,
    );
  }
  return await shared.use(async (kernel) => {
    using x = kernel.tensor(left.shape, left.data);
    using w = kernel.tensor(right.shape, right.data);
    using y = kernel.tensor([m, n]);
    kernel.matmul(x, w, y, flags);
    return new Product([m, n], await y.read());
  });
}

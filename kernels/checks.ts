/**
 * The checks of arguments, for every kernel. Each throws an error of one line
 * that says what was given and what would fit; those of operations return the
 * dimensions that they found. The kernels of this project get them from
 * `checked_kernel.ts`; one from elsewhere can call them itself.
 *
 * @module
 */
import { type Activation, activations, gradientNeedsZ, isActivation } from "./activation.ts";
import { describe } from "../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { float32Of } from "./data.ts";
import { checkFlags } from "./flags.ts";
import type { Kernel, MatmulOptions, Tensor } from "./kernel.ts";

/** Dimensions of a product, as in BLAS. */
export interface Dimensions {
  /** Rows of the left operand and of the result. */
  readonly m: number;
  /** Columns of the right operand and of the result. */
  readonly n: number;
  /** How many products each result is the sum of. */
  readonly k: number;
}

/** A tensor seen as a matrix: its last axis against all others. */
export interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
}

/** A shape as text: `[2, 3]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** The most axes of a tensor, as in NumPy. */
const mostAxes = 64;

/** The most elements of a tensor: as many as an array can hold. */
export const mostElements: number = 2 ** 32;

/**
 * The number of elements of a shape.
 *
 * @throws {ShapeError} where an axis is not a whole number >= 0, or there are more elements than an array can hold.
 */
export function sizeOf(shape: readonly number[]): number {
  if (!Array.isArray(shape)) {
    throw new ShapeError(`a shape is an array of whole numbers >= 0; got ${describe(shape)}`);
  }
  if (shape.length === 0 || shape.length > mostAxes) {
    throw new ShapeError(`a tensor has 1 to ${mostAxes} axes; got a shape of ${shape.length}`);
  }
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = shape[i]!;
    if (!Number.isSafeInteger(axis) || axis < 0) {
      throw new ShapeError(
        `every axis of a shape must be a whole number >= 0; got [${
          shape.map((each) => describe(each)).join(", ")
        }]`,
      );
    }
    size *= axis;
  }
  if (size > mostElements) {
    throw new ShapeError(
      `a tensor holds at most 2^32 elements; ${formatShape(shape)} has ${size}`,
    );
  }
  return size;
}

/**
 * The data of a tensor as float32: itself where it is a Float32Array, else a
 * converted copy.
 *
 * @throws {ShapeError} where it is not as much as the tensor holds.
 * @throws {ArgumentError} where it is neither a typed array of numbers nor a flat array of numbers.
 */
export function checkData(
  { shape, size }: Pick<Tensor, "shape" | "size">,
  data: unknown,
): Float32Array {
  return float32Of(
    data,
    size,
    (got) =>
      `the shape ${formatShape(shape)} holds ${size} elements; got ${
        typeof got === "number" ? `data of ${got}` : got
      }`,
  );
}

/** @throws {OwnershipError} where a tensor, or its kernel, was disposed. */
export function checkTensorAlive(tensor: Pick<Tensor, "shape" | "disposed">): void {
  if (tensor.disposed) {
    throw new OwnershipError(`the tensor ${formatShape(tensor.shape)} was disposed`);
  }
}

/** The name of a kernel where that of a first one was said: two may have the same. */
export function nameOfOther(kernel: Kernel | undefined, first: Kernel | undefined): string {
  return kernel?.name === first?.name ? "another kernel of that name" : quote(kernel?.name);
}

/** @throws {OwnershipError} where a tensor is of another kernel, or was disposed. */
export function checkOwner(
  what: string,
  { kernel, disposed }: Pick<Tensor, "kernel" | "disposed">,
  own: Kernel,
): void {
  if (kernel !== own) {
    throw new OwnershipError(
      `${what} must belong to the kernel ${quote(own.name)}; it belongs to ${
        nameOfOther(kernel, own)
      }`,
    );
  }
  if (disposed) throw new OwnershipError(`${what} was disposed`);
}

/** @throws {OwnershipError} where a kernel was disposed. */
export function checkKernelAlive({ name, disposed }: { name: string; disposed: boolean }): void {
  if (disposed) throw new OwnershipError(`the kernel ${quote(name)} was disposed`);
}

/** Whether a value looks like a kernel. */
export function looksLikeKernel(value: unknown): value is Kernel {
  const { tensor, dense } = (value ?? {}) as Partial<Record<keyof Kernel, unknown>>;
  return typeof tensor === "function" && typeof dense === "function";
}

/**
 * Checks whether a value looks like a kernel.
 *
 * @param owner What was given it, as messages begin.
 * @throws {ArgumentError} where it does not, such as a promise of one.
 */
export function checkKernel(owner: string, value: unknown): asserts value is Kernel {
  if (looksLikeKernel(value)) return;
  throw new ArgumentError(
    `${owner} needs a kernel, as await createKernel() makes it; got ${describe(value)}`,
  );
}

/** Rows and columns of a shape seen as a matrix. */
export function matrixOf(shape: readonly number[]): MatrixSize {
  let rows = 1;
  for (let i = 0; i + 1 < shape.length; i++) rows *= shape[i]!;
  return { rows, columns: shape[shape.length - 1] ?? 1 };
}

/** Whether this is a tensor that can be an operand of this kernel. */
export function isOwn(kernel: Kernel, tensor: Tensor): boolean {
  // Also for what is no tensor at all, which need not have these properties.
  return tensor?.kernel === kernel && tensor.disposed === false;
}

/** Whether this is such a tensor, or nothing where an operand may be left out. */
function isOwnOrNone(kernel: Kernel, tensor: Tensor | null | undefined): boolean {
  return tensor === null || tensor === undefined || isOwn(kernel, tensor);
}

/** Whether a value looks like a tensor, of whatever kernel. */
export function looksLikeTensor(value: unknown): value is Tensor {
  const { shape, disposed, kernel } = (value ?? {}) as Partial<Record<keyof Tensor, unknown>>;
  return Array.isArray(shape) && typeof disposed === "boolean" && typeof kernel === "object";
}

/**
 * Checks whether a value looks like a tensor, of whatever kernel.
 *
 * @throws {ArgumentError} where it does not, such as undefined or an array.
 */
export function checkTensor(name: string, value: unknown): asserts value is Tensor {
  if (looksLikeTensor(value)) return;
  const hint = value instanceof Promise ? "" : ", as kernel.tensor() makes it";
  throw new ArgumentError(`${name} must be a tensor${hint}; got ${describe(value)}`);
}

/** @throws {ShapeError} where x, of k columns, does not fit the rows of a weight. */
export function expectInner(
  x: readonly number[],
  k: number,
  weight: readonly number[],
): void {
  const [inputs = 0] = weight;
  if (inputs === k) return;
  throw new ShapeError(
    `x ${formatShape(x)} has ${k} columns and weight ${
      formatShape(weight)
    } ${inputs} rows; they must be equal`,
  );
}

/**
 * @param optional The operands that may be left out.
 * @throws {ArgumentError} that says which operand is no tensor.
 * @throws {OwnershipError} that says which tensor is disposed, of another kernel, or both an output and another operand.
 */
export function explainOwnership(
  kernel: Kernel,
  inputs: Readonly<Record<string, Tensor | null | undefined>>,
  outputs: Readonly<Record<string, Tensor | undefined>>,
  optional: readonly string[] = [],
): void {
  const seen = new Map<Tensor, string>();
  for (const [name, tensor] of [...Object.entries(inputs), ...Object.entries(outputs)]) {
    if ((tensor === null || tensor === undefined) && optional.includes(name)) continue;
    checkTensor(name, tensor);
    if (tensor.kernel !== kernel) {
      throw new OwnershipError(
        `${name} belongs to the kernel ${quote(tensor.kernel?.name)}, this operation to ${
          nameOfOther(kernel, tensor.kernel)
        }; copy it with read() and tensor()`,
      );
    }
    if (tensor.disposed) {
      const { name: own, disposed = false } = kernel as Kernel & { readonly disposed?: boolean };
      checkKernelAlive({ name: own, disposed });
      throw new OwnershipError(`${name} ${formatShape(tensor.shape)} was disposed`);
    }
    const other = seen.get(tensor);
    if (other !== undefined && name in outputs) {
      throw new OwnershipError(
        `${name} and ${other} are one tensor; an output must be no other operand`,
      );
    }
    seen.set(tensor, name);
  }
}

export function expectShape(
  name: string,
  shape: readonly number[],
  rows: number,
  columns: number,
): void {
  const found = matrixOf(shape);
  if (found.rows !== rows || found.columns !== columns) {
    throw new ShapeError(
      `${name} must have ${rows} rows and ${columns} columns; got ${formatShape(shape)}`,
    );
  }
}

export function expectVector(name: string, shape: readonly number[], length: number): void {
  if (shape.length !== 1 || shape[0] !== length) {
    throw new ShapeError(`${name} must have the shape [${length}]; got ${formatShape(shape)}`);
  }
}

function expectMatrix(name: string, shape: readonly number[]): void {
  if (shape.length !== 2) {
    throw new ShapeError(`${name} must have two axes; got ${formatShape(shape)}`);
  }
}

/** @throws {ArgumentError} where the activation is unknown. */
export function checkActivation(activation: Activation): void {
  if (isActivation(activation)) return;
  const given: unknown = activation;
  const names = `there are ${activations.join(", ")}`;
  throw new ArgumentError(
    typeof given === "string"
      ? `unknown activation ${quote(given)}; ${names}`
      : `an activation is given by its name; got ${describe(given)}; ${names}`,
  );
}

const flagsOfMatmul = ["transposeA", "transposeB", "accumulate"];
const flagsOfSumRows = ["accumulate"];

/** Checks the arguments of {@linkcode Kernel.dense}. */
export function checkDense(
  kernel: Kernel,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  activation: Activation,
  y: Tensor,
  z?: Tensor,
): Dimensions {
  checkActivation(activation);
  return checkAffine(kernel, x, weight, bias, y, z);
}

/** Checks what a Dense layer has besides its activation. */
export function checkAffine(
  kernel: Kernel,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  y: Tensor,
  z?: Tensor,
): Dimensions {
  const own = isOwn(kernel, x) && isOwn(kernel, weight) && isOwnOrNone(kernel, bias) &&
    isOwn(kernel, y) && isOwnOrNone(kernel, z);
  const distinct = y !== x && y !== weight && y !== bias &&
    (!z || (z !== x && z !== weight && z !== bias && z !== y));
  // Objects with the names are made only where there is an error to explain: they would slow small products down.
  if (!own || !distinct) {
    explainOwnership(kernel, { x, weight, bias }, { y, z }, ["bias", "z"]);
  }
  const { rows: m, columns: k } = matrixOf(x.shape);
  expectMatrix("weight", weight.shape);
  const n = weight.shape[1] ?? 0;
  expectInner(x.shape, k, weight.shape);
  if (bias) expectVector("bias", bias.shape, n);
  expectShape("y", y.shape, m, n);
  if (z) expectShape("z", z.shape, m, n);
  return { m, n, k };
}

/** Checks the arguments of {@linkcode Kernel.matmul}. */
export function checkMatmul(
  kernel: Kernel,
  a: Tensor,
  b: Tensor,
  out: Tensor,
  options: MatmulOptions,
): Dimensions {
  checkFlags("matmul()", options, flagsOfMatmul);
  const { transposeA = false, transposeB = false } = options;
  const own = isOwn(kernel, a) && isOwn(kernel, b) && isOwn(kernel, out);
  if (!own || out === a || out === b) explainOwnership(kernel, { a, b }, { out });
  const matrixA = matrixOf(a.shape);
  const matrixB = matrixOf(b.shape);
  const m = transposeA ? matrixA.columns : matrixA.rows;
  const k = transposeA ? matrixA.rows : matrixA.columns;
  const n = transposeB ? matrixB.rows : matrixB.columns;
  const inner = transposeB ? matrixB.columns : matrixB.rows;
  if (k !== inner) {
    throw new ShapeError(
      `a ${formatShape(a.shape)}${transposeA ? " transposed" : ""} has ${k} columns and b ${
        formatShape(b.shape)
      }${transposeB ? " transposed" : ""} ${inner} rows; they must be equal`,
    );
  }
  expectShape("out", out.shape, m, n);
  return { m, n, k };
}

/** Checks the arguments of {@linkcode Kernel.activate}. */
export function checkActivate(
  kernel: Kernel,
  activation: Activation,
  z: Tensor,
  y: Tensor,
): MatrixSize {
  checkActivation(activation);
  if (!isOwn(kernel, z) || !isOwn(kernel, y) || y === z) explainOwnership(kernel, { z }, { y });
  const { rows, columns } = matrixOf(z.shape);
  expectShape("y", y.shape, rows, columns);
  return { rows, columns };
}

/** Checks the arguments of {@linkcode Kernel.activateGradient}. */
export function checkActivateGradient(
  kernel: Kernel,
  activation: Activation,
  z: Tensor | null,
  y: Tensor,
  dy: Tensor,
  dz: Tensor,
): MatrixSize {
  checkActivation(activation);
  const own = isOwnOrNone(kernel, z) && isOwn(kernel, y) && isOwn(kernel, dy) &&
    isOwn(kernel, dz);
  if (!own || dz === z || dz === y || dz === dy) {
    explainOwnership(kernel, { z, y, dy }, { dz }, ["z"]);
  }
  if (!z && gradientNeedsZ(activation)) {
    throw new ArgumentError(`the gradient of ${activation} needs z; got ${z}`);
  }
  const { rows, columns } = matrixOf(y.shape);
  if (z) expectShape("z", z.shape, rows, columns);
  expectShape("dy", dy.shape, rows, columns);
  expectShape("dz", dz.shape, rows, columns);
  return { rows, columns };
}

/** Checks the arguments of {@linkcode Kernel.sumRows}. */
export function checkSumRows(
  kernel: Kernel,
  a: Tensor,
  out: Tensor,
  options: { readonly accumulate?: boolean } = {},
): MatrixSize {
  checkFlags("sumRows()", options, flagsOfSumRows);
  if (!isOwn(kernel, a) || !isOwn(kernel, out) || out === a) {
    explainOwnership(kernel, { a }, { out });
  }
  const { rows, columns } = matrixOf(a.shape);
  expectVector("out", out.shape, columns);
  return { rows, columns };
}

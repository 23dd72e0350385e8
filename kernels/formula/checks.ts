/**
 * The checks of the arguments of `map`, `reduce` and `gather`; each throws an
 * error of one line and returns the dimensions that it found.
 *
 * @module
 */
import { describe } from "../../common/describe.ts";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import {
  expectShape,
  expectVector,
  explainOwnership,
  formatShape,
  isOwn,
  matrixOf,
  type MatrixSize,
} from "../checks.ts";
import type { Kernel, Reduced, Reduction, Tensor } from "../kernel.ts";
import { Formula } from "./formula.ts";

const nameOfInput = (i: number) => `input ${i}`;
const nameOfOutput = (i: number) => `output ${i}`;

function checkList(what: string, list: unknown, length: number): void {
  if (!Array.isArray(list) || list.length !== length) {
    throw new ShapeError(
      `the formula has ${length} ${what}; got ${
        Array.isArray(list) ? list.length : describe(list)
      }`,
    );
  }
}

function checkFormula(operation: string, formula: unknown): asserts formula is Formula {
  if (formula instanceof Formula) return;
  throw new ArgumentError(
    `${operation} takes a formula, as formula() makes it; got ${describe(formula)}`,
  );
}

/** Checks a formula with its operands, and gives the matrix that it is computed on. */
function checkOperands(
  kernel: Kernel,
  operation: string,
  formula: unknown,
  inputs: readonly Tensor[],
  parameters: readonly number[],
): asserts formula is Formula {
  checkFormula(operation, formula);
  checkList("operands", inputs, formula.operands.length);
  checkList("parameters", parameters, formula.parameters);
  for (const [i, value] of parameters.entries()) {
    if (typeof value === "number") continue;
    throw new ArgumentError(`parameter ${i} must be a number; got ${describe(value)}`);
  }
  // The same tensor may be several operands.
  for (const [i, input] of inputs.entries()) {
    if (!isOwn(kernel, input)) explainOwnership(kernel, { [nameOfInput(i)]: input }, {});
  }
}

/** The matrix of the operands, which all fit it. */
function extentOf({ operands }: Formula, inputs: readonly Tensor[]): MatrixSize {
  const { rows, columns } = matrixOf(inputs[operands.indexOf("element")]!.shape);
  for (const [i, along] of operands.entries()) {
    const { shape } = inputs[i]!;
    if (along === "element") expectShape(nameOfInput(i), shape, rows, columns);
    else expectVector(nameOfInput(i), shape, along === "row" ? rows : columns);
  }
  return { rows, columns };
}

/**
 * Checks whether a formula can be an activation.
 *
 * @throws {ArgumentError} where it is not one output of one operand, read by element, and no parameter.
 */
export function checkPointwise(formula: unknown): asserts formula is Formula {
  checkFormula("denseMap()", formula);
  const { outputs, operands, parameters } = formula;
  if (outputs.length === 1 && operands.length === 1 && parameters === 0) return;
  throw new ArgumentError(
    `a formula as activation has one output, one operand and no parameter; got one of ${outputs.length}, ${operands.length} and ${parameters}`,
  );
}

/** Checks the arguments of {@linkcode Kernel.map}. */
export function checkMap(
  kernel: Kernel,
  formula: Formula,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  parameters: readonly number[],
): MatrixSize {
  checkOperands(kernel, "map()", formula, inputs, parameters);
  checkList("outputs", outputs, formula.outputs.length);
  for (const [i, output] of outputs.entries()) {
    const name = nameOfOutput(i);
    if (!isOwn(kernel, output)) explainOwnership(kernel, {}, { [name]: output });
    const other = outputs.indexOf(output);
    if (other < i) {
      throw new OwnershipError(`${name} and ${nameOfOutput(other)} are one tensor`);
    }
    const clash = inputs.findIndex((input, j) =>
      input === output && formula.operands[j] !== "element"
    );
    if (clash >= 0) {
      throw new OwnershipError(
        `${name} and ${nameOfInput(clash)} are one tensor, which is read by ${
          formula.operands[clash]
        }; only what is read by element may be an output`,
      );
    }
  }
  const { rows, columns } = extentOf(formula, inputs);
  for (const [i, { shape }] of outputs.entries()) {
    expectShape(nameOfOutput(i), shape, rows, columns);
  }
  return { rows, columns };
}

const reductions: readonly Reduction[] = ["sum", "max"];
const allReduced: readonly Reduced[] = ["rows", "columns"];

/** Checks the arguments of {@linkcode Kernel.reduce}. */
export function checkReduce(
  kernel: Kernel,
  reduction: Reduction,
  reduced: Reduced,
  formula: Formula,
  inputs: readonly Tensor[],
  out: Tensor,
  parameters: readonly number[],
): MatrixSize {
  for (
    const [given, names] of [[reduction, reductions], [reduced, allReduced]] as const
  ) {
    if ((names as readonly unknown[]).includes(given)) continue;
    throw new ArgumentError(`reduce() takes ${names.join(" or ")}; got ${describe(given)}`);
  }
  checkOperands(kernel, "reduce()", formula, inputs, parameters);
  if (formula.outputs.length !== 1) {
    throw new ArgumentError(
      `reduce() takes a formula of one output; got one of ${formula.outputs.length}`,
    );
  }
  for (const [i, input] of inputs.entries()) {
    if (isOwn(kernel, input) && isOwn(kernel, out) && input !== out) continue;
    explainOwnership(kernel, { [nameOfInput(i)]: input }, { out });
  }
  const { rows, columns } = extentOf(formula, inputs);
  expectVector("out", out.shape, reduced === "rows" ? rows : columns);
  return { rows, columns };
}

/** Checks the arguments of {@linkcode Kernel.gather}; the numbers of the rows come back as they are needed. */
export function checkGather(
  kernel: Kernel,
  a: Tensor,
  rows: readonly number[] | Uint32Array | Int32Array,
  out: Tensor,
): { readonly columns: number; readonly rows: Uint32Array } {
  explainOwnership(kernel, { a }, { out });
  const { rows: count, columns } = matrixOf(a.shape);
  if (!Array.isArray(rows) && !(rows instanceof Uint32Array) && !(rows instanceof Int32Array)) {
    throw new ArgumentError(
      `gather() takes the numbers of rows in an array, a Uint32Array or an Int32Array; got ${
        describe(rows)
      }`,
    );
  }
  // A copy: what is checked is what is used.
  const numbers: ArrayLike<unknown> = rows.slice();
  for (let i = 0; i < numbers.length; i++) {
    const row = numbers[i];
    if (Number.isInteger(row) && (row as number) >= 0 && (row as number) < count) continue;
    throw new ArgumentError(
      `gather() takes rows of a ${formatShape(a.shape)}, from 0 to ${count - 1}; got ${
        describe(row)
      } at ${i}`,
    );
  }
  expectShape("out", out.shape, numbers.length, columns);
  return { columns, rows: new Uint32Array(numbers as ArrayLike<number>) };
}

/** Checks the arguments of {@linkcode Kernel.copy}. */
export function checkCopy(kernel: Kernel, a: Tensor, out: Tensor): void {
  explainOwnership(kernel, { a }, { out });
  if (a.size === out.size) return;
  throw new ShapeError(
    `a ${formatShape(a.shape)} has ${a.size} elements and out ${
      formatShape(out.shape)
    } ${out.size}; they must be equal`,
  );
}

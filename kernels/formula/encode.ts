/**
 * Formulas as numbers, so that a thread can read from shared memory what it is
 * to compute. Each step is its kind, what it is, and the places of its parts.
 *
 * @module
 */
import {
  binary,
  binaryFunctions,
  choose,
  comparisons,
  type Expression,
  expressionOf,
  parameter,
  readAlong,
  unary,
  unaryFunctions,
} from "./expression.ts";
import { Formula, mostOutputs, mostSteps, partsOf } from "./formula.ts";

const kinds = ["operand", "parameter", "constant", "unary", "binary", "choice"] as const;
const alongs = ["element", "row", "column"] as const;

/** How many numbers {@linkcode encodeFormula} gives: the count of steps, six for each step, the count of outputs, and their places. */
const numbersOfStep = 6;

/** The most numbers of a formula. */
export const mostNumbers = 2 + numbersOfStep * mostSteps + mostOutputs;

/** What a step is, as a number, and its constant. */
function detailOf(step: Expression): number {
  switch (step.kind) {
    case "operand":
      return alongs.indexOf(step.along) + 3 * step.index;
    case "parameter":
      return step.index;
    case "constant":
      return step.value;
    case "unary":
      return unaryFunctions.indexOf(step.name);
    case "binary":
      return binaryFunctions.indexOf(step.name);
    case "choice":
      return comparisons.indexOf(step.test);
  }
}

/** A formula as numbers. */
export function encodeFormula({ steps, outputs }: Formula): Float64Array {
  const places = new Map(steps.map((step, i) => [step, i]));
  const numbers = [steps.length];
  for (const step of steps) {
    const parts = partsOf(step).map((part) => places.get(part)!);
    numbers.push(kinds.indexOf(step.kind), detailOf(step), ...parts);
    while ((numbers.length - 1) % numbersOfStep !== 0) numbers.push(0);
  }
  numbers.push(outputs.length, ...outputs.map((output) => places.get(output)!));
  return Float64Array.from(numbers);
}

/** The formula of which {@linkcode encodeFormula} made these numbers; what follows them is ignored. */
export function decodeFormula(numbers: ArrayLike<number>): Formula {
  const steps: Expression[] = [];
  const count = numbers[0]!;
  for (let i = 0; i < count; i++) {
    const at = 1 + i * numbersOfStep;
    const [kind, detail] = [kinds[numbers[at]!]!, numbers[at + 1]!];
    const part = (j: number) => steps[numbers[at + 2 + j]!]!;
    steps.push(decodeStep(kind, detail, part));
  }
  const at = 1 + count * numbersOfStep;
  return new Formula(
    Array.from({ length: numbers[at]! }, (_, i) => steps[numbers[at + 1 + i]!]!),
  );
}

function decodeStep(
  kind: typeof kinds[number],
  detail: number,
  part: (j: number) => Expression,
): Expression {
  switch (kind) {
    case "operand":
      return readAlong[alongs[detail % 3]!](Math.floor(detail / 3));
    case "parameter":
      return parameter(detail);
    case "constant":
      return expressionOf(detail);
    case "unary":
      return unary(unaryFunctions[detail]!, part(0));
    case "binary":
      return binary(binaryFunctions[detail]!, part(0), part(1));
    case "choice":
      return choose(comparisons[detail]!, part(0), part(1), part(2), part(3));
  }
}

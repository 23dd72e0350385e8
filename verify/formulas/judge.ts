/**
 * Judges what a kernel computed of a formula, element by element, against the
 * intervals of `sets.ts`, and counts the elements of which these say anything.
 *
 * @module
 */
import type { MatrixSize } from "../../kernels/checks.ts";
import type { Along } from "../../kernels/formula/expression.ts";
import type { Formula } from "../../kernels/formula/formula.ts";
import type { Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Case } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { showFloat } from "../float32.ts";
import {
  type Claims,
  copy,
  decides,
  type FormulaKernelTraits,
  holds,
  type Interval,
  isNaNAlone,
  store,
  take,
} from "./arithmetic.ts";
import { SetEvaluator } from "./sets.ts";

/** A kernel that takes formulas. */
export interface FormulaKernel extends Kernel {
  readonly traits: FormulaKernelTraits;
  readonly map: NonNullable<Kernel["map"]>;
  readonly denseMap: NonNullable<Kernel["denseMap"]>;
  readonly reduce: NonNullable<Kernel["reduce"]>;
  readonly gather: NonNullable<Kernel["gather"]>;
}

/** A case of the check `formulas`, which gives its cases to kernels that take formulas alone. */
export function formulaCase(
  id: string,
  run: (kernel: FormulaKernel, random: Random) => Promise<Outcome>,
): Case {
  return { id: `formulas/${id}`, run: (kernel, random) => run(kernel as FormulaKernel, random) };
}

/** An operand for the judge: the values that the kernel read, or what may be at a place of it. */
export type OperandSets = ArrayLike<number> | ((at: number, to: Interval) => void);

const placeIn: Readonly<Record<Along, (i: number, columns: number) => number>> = {
  element: (i) => i,
  row: (i, columns) => Math.floor(i / columns),
  column: (i, columns) => i % columns,
};

/** Calls `visit` with what the outputs may be for each of these elements. */
export function forEachElement(
  evaluator: SetEvaluator,
  { operands }: Formula,
  sets: readonly OperandSets[],
  columns: number,
  elements: Iterable<number>,
  visit: (i: number) => void,
): void {
  const read = operands.map((along, index) => {
    const set = sets[index]!;
    return {
      place: placeIn[along],
      from: typeof set === "function"
        ? set
        : (at: number, to: Interval) => take(set[at]!, to, evaluator.claims),
      to: evaluator.operands[index]!,
    };
  });
  for (const i of elements) {
    for (const { place, from, to } of read) from(place(i, columns), to);
    evaluator.run();
    visit(i);
  }
}

/** All elements, or about `most` of them: the first, the last, and others `step` apart from a random one. */
export function sampleOf(size: number, most: number, start: number): number[] {
  if (size <= most) return Array.from({ length: size }, (_, i) => i);
  const edges = Array.from({ length: 24 }, (_, i) => i < 12 ? i : size - 24 + i);
  const step = Math.ceil(size / (most - edges.length));
  const rest = Array.from(
    { length: Math.floor(size / step) },
    (_, i) => Math.min(size - 1, i * step + (start + i * 7) % step),
  );
  return [...new Set([...edges, ...rest])];
}

/** An interval as a message shows it. */
export function showSet({ low, high, flags }: Interval): string {
  if ((flags & isNaNAlone) !== 0) return "NaN";
  const range = low === high ? showFloat(low) : `${showFloat(low)} to ${showFloat(high)}`;
  return flags & 1 ? `${range} or NaN` : range;
}

/** What is to be judged. */
export interface Judged {
  readonly formula: Formula;
  readonly size: MatrixSize;
  readonly operands: readonly OperandSets[];
  /** None by default. */
  readonly parameters?: readonly number[];
  /** What the kernel wrote. */
  readonly outputs: readonly Float32Array[];
  /** Which elements; all by default. */
  readonly elements?: readonly number[];
  /** What an input was at an element, for the message. */
  readonly describe?: (i: number) => string;
}

/** The outcome for all outputs of a formula. */
export function judge(claims: Claims, judged: Judged): Outcome {
  const { formula, size, operands, parameters = [], outputs } = judged;
  const elements = judged.elements ?? Array.from({ length: size.rows * size.columns }, (_, i) => i);
  const evaluator = new SetEvaluator(formula, claims, parameters);
  const stored: Interval = { low: 0, high: 0, flags: 0 };
  let problem: string | null = null;
  let compared = 0;
  for (const [j, output] of outputs.entries()) {
    if (output.length !== size.rows * size.columns) {
      return {
        worst: Infinity,
        problem: `output ${j} has ${output.length} elements, want ${size.rows * size.columns}`,
      };
    }
  }
  forEachElement(evaluator, formula, operands, size.columns, elements, (i) => {
    for (const [j, output] of outputs.entries()) {
      copy(evaluator.outputs[j]!, stored);
      store(stored, claims);
      if (decides(stored)) compared++;
      const got = output[i]!;
      if (problem !== null || holds(stored, got)) continue;
      const where = `element ${i} of ${size.rows} x ${size.columns}`;
      problem = `${outputs.length > 1 ? `output ${j}, ` : ""}${where}${
        judged.describe ? ` for ${judged.describe(i)}` : ""
      }: got ${showFloat(got)}, want ${showSet(stored)}`;
    }
  });
  return {
    worst: problem === null ? 0 : Infinity,
    problem,
    elements: { all: outputs.length * size.rows * size.columns, compared },
    // Within their interval, which says nothing of them.
    indeterminate: outputs.length * elements.length - compared,
  };
}

/** Runs a map with outputs of NaN, and gives what was written. */
export function mapped(
  kernel: FormulaKernel,
  space: {
    tensor(shape: readonly number[], values: Float32Array): ReturnType<Kernel["tensor"]>;
    output(shape: readonly number[]): ReturnType<Kernel["tensor"]>;
  },
  formula: Formula,
  { rows, columns }: MatrixSize,
  inputs: readonly Float32Array[],
  parameters: readonly number[],
): Promise<Float32Array[]> {
  const shapes = { element: [rows, columns], row: [rows], column: [columns] };
  const tensors = formula.operands.map((along, i) => space.tensor(shapes[along], inputs[i]!));
  const outputs = formula.outputs.map(() => space.output([rows, columns]));
  kernel.map(formula, tensors, outputs, parameters);
  return Promise.all(outputs.map((output) => output.read()));
}

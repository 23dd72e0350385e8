/**
 * Random formulas on matrices around the sizes at which kernels change their
 * way: none, one, tails of vectors, blocks, above 2^16 elements.
 *
 * @module
 */
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import type { MatrixSize } from "../../kernels/checks.ts";
import { type Case, type Effort, Workspace } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { claimsOf } from "./arithmetic.ts";
import { onEveryPath } from "./every_path.ts";
import { randomFloat, repeating, specialValues } from "./inputs.ts";
import { formulaCase, type FormulaKernel, judge, mapped, sampleOf } from "./judge.ts";
import { randomFormula } from "./trees.ts";

/** Rows and columns; what is drawn is between two of these too. */
const shapes: readonly (readonly [rows: number, columns: number])[] = [
  [0, 3],
  [3, 0],
  [1, 1],
  [2, 3],
  [1, 17],
  [31, 1],
  [5, 8],
  [4, 16],
  [7, 129],
  [129, 7],
  [3, 515],
  [1, 1031],
  [700, 3],
  [2, 4099],
];

/** More elements than 16 bits count, of which a sample is judged. */
const large: readonly (readonly [rows: number, columns: number])[] = [
  [1, 66_000],
  [257, 259],
];

/** So many of the elements of a matrix are judged. */
const most = 160;

/** Numbers as formulas meet them: of usual magnitudes, and now and then a special one. */
function operandValues(length: number, random: Random): Float32Array<ArrayBuffer> {
  return repeating(length, () => {
    const kind = random.uniform();
    if (kind < 0.02) return specialValues[random.between(0, specialValues.length - 1)]!;
    return kind < 0.05 ? randomFloat(random) : 8 * random.uniform() - 4;
  });
}

/** Judges a random formula on a matrix of random numbers. */
async function run(
  kernel: FormulaKernel,
  { rows, columns }: MatrixSize,
  steps: number,
  random: Random,
): Promise<Outcome> {
  const made = randomFormula(random, steps);
  using space = new Workspace(kernel);
  const lengths = { element: rows * columns, row: rows, column: columns };
  const inputs = made.formula.operands.map((along) => operandValues(lengths[along], random));
  const size = { rows, columns };
  const outputs = await mapped(kernel, space, made.formula, size, inputs, made.parameters);
  const claims = claimsOf(kernel.traits);
  const elements = sampleOf(rows * columns, most, random.integer() % 2 ** 20);
  const outcome = judge(claims, {
    formula: made.formula,
    size,
    operands: inputs,
    parameters: made.parameters,
    outputs,
    elements,
  });
  return outcome.problem === null
    ? outcome
    : { ...outcome, problem: `${outcome.problem}, of ${made.formula.key.slice(0, 400)}` };
}

function caseOf({ rows, columns }: MatrixSize, steps: number, which: string): Case {
  return onEveryPath(formulaCase(
    `trees/${rows}x${columns}/${steps}-${which}`,
    (kernel, random) => run(kernel, { rows, columns }, steps, random),
  ));
}

/** How many formulas on the small matrices and on each of the large ones; fewer on a GPU, which compiles every one. */
const counts: Readonly<Record<Effort | "device", { small: number; large: number }>> = {
  smoke: { small: 28, large: 1 },
  device: { small: 14, large: 1 },
  quick: { small: 56, large: 1 },
  full: { small: 600, large: 8 },
};

/** Formulas that the run's number determines. */
export function treeCases(effort: Effort, slow: boolean, seed: number): Case[] {
  const { small, large: many } = counts[effort === "quick" && slow ? "device" : effort];
  const random = createRandom(seedOf("formulas/trees", seed));
  const cases = Array.from({ length: small }, (_, i) => {
    const [rows, columns] = shapes[i % shapes.length]!;
    return caseOf({ rows, columns }, random.between(1, 12), `${random.between(0, 1e6)}`);
  });
  for (const [rows, columns] of large) {
    for (let i = 0; i < many; i++) {
      cases.push(caseOf({ rows, columns }, random.between(1, 6), `${random.between(0, 1e6)}`));
    }
  }
  return cases;
}

/** The case of an id that another run's number gave. */
export function findTree(id: string): Case | null {
  const found = /^formulas\/trees\/(\d{1,6})x(\d{1,6})\/(\d{1,2})-(\d{1,7})$/.exec(id);
  if (!found) return null;
  const [rows, columns, steps] = found.slice(1, 4).map(Number) as [number, number, number];
  if (rows * columns > 2 ** 24) return null;
  return caseOf({ rows, columns }, steps, found[4]!);
}

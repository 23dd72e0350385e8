/**
 * Formulas that have a name and a definition of their own, activations above all,
 * swept over all magnitudes. Each result is held twice: to the definition in
 * float64, within the error in ULP that is declared for the formula, which finds a
 * wrong formula; and to what the kernel's claims allow for its steps, which finds
 * a wrong kernel.
 *
 * @module
 */
import { floatOf } from "../../common/float_bits.ts";
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import { ArgumentError } from "../../common/errors.ts";
import { quote } from "../../common/text.ts";
import type { Formula } from "../../kernels/formula/formula.ts";
import { unitInLastPlace } from "../bounds.ts";
import { type Case, type Effort, Workspace } from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { showFloat, smallestNormal } from "../float32.ts";
import { type Claims, claimsOf, errorOf } from "./arithmetic.ts";
import { inputsOf } from "./inputs.ts";
import { formulaCase, type FormulaKernel, judge, mapped } from "./judge.ts";

/** A function that is a formula, or the derivative of one. */
export interface NamedFormula {
  readonly name: string;
  /** Of one operand that is read by element, one output and no parameter. */
  readonly formula: Formula;
  /** What it is to be, in float64, for finite numbers and infinities; from another formula where there is one. */
  readonly reference: (z: number) => number;
  /** The largest error on a kernel that claims at most 16 ULP of its functions, in units in the last place of the right result, or of `size` where that is given. */
  readonly ulp: number;
  /** What the error is measured by, for a function that cancels at a zero of its own. */
  readonly size?: (z: number) => number;
}

/** What a sweep found of a named formula. */
export interface NamedSweep {
  /** How many inputs there were. */
  readonly inputs: number;
  readonly problem: string | null;
}

const end = 2 ** 128;
const clamp = (value: number) => Math.max(-end, Math.min(value, end));

/** So many numbers of all magnitudes: their bits lie evenly from an offset. */
function magnitudes(count: number, random: Random): Float32Array<ArrayBuffer> {
  const offset = random.uniform();
  return Float32Array.from(
    { length: count },
    (_, i) => floatOf(Math.floor((i + offset) / count * 2 ** 32)),
  );
}

/** A claimed error up to which a kernel is held to the ULP of named formulas: the largest of webgpu, with room. */
const usualError = 16 * 2 ** -23;

/** Whether a kernel claims usual errors for all functions of a formula; one that claims more is judged by them alone. */
function claimsUsual({ formula }: NamedFormula, claims: Claims): boolean {
  return formula.steps.every((step) =>
    step.kind !== "unary" && step.kind !== "binary" || errorOf(step.name, claims) <= usualError
  );
}

/** The error of a result in units in the last place; 0 where nothing is to be held to. */
function errorAt(named: NamedFormula, kernel: FormulaKernel, z: number, got: number): number {
  const { denormals, nan } = kernel.traits;
  // What a formula makes of NaN its steps say.
  if (Number.isNaN(z)) return 0;
  const want = named.reference(z);
  if (nan === "unspecified" && !(Math.abs(z) < Infinity && Math.abs(want) < end)) return 0;
  if (Number.isNaN(want) || Number.isNaN(got)) {
    return Number.isNaN(want) && Number.isNaN(got) ? 0 : Infinity;
  }
  const error = Math.abs(clamp(got) - clamp(want));
  const unit = unitInLastPlace(Math.max(Math.abs(want), named.size?.(z) ?? 0));
  if (denormals === "kept") return error / unit;
  // A subnormal that is taken for 0, as input or as a result.
  const lost = Math.abs(want) < 2 * smallestNormal ? smallestNormal : 0;
  const atZero = Math.abs(z) < smallestNormal
    ? Math.abs(got - named.reference(0)) / unit
    : Infinity;
  return Math.min(Math.max(0, error - lost) / unit, atZero);
}

/**
 * Sweeps a named formula over `count` numbers of all magnitudes, the points where
 * its nature changes, and special values.
 */
async function sweepFormula(
  kernel: FormulaKernel,
  named: NamedFormula,
  count: number,
  seed: number,
): Promise<NamedSweep> {
  using space = new Workspace(kernel);
  const random = createRandom(seedOf(named.name, seed));
  const chosen = inputsOf(named.reference, 256, random);
  const inputs = new Float32Array(chosen.length + count);
  inputs.set(chosen);
  inputs.set(magnitudes(count, random), chosen.length);
  const size = { rows: 1, columns: inputs.length };
  const outputs = await mapped(kernel, space, named.formula, size, [inputs], []);
  let [ulp, at] = [0, 0];
  for (const [i, got] of outputs[0]!.entries()) {
    const error = errorAt(named, kernel, inputs[i]!, got);
    if (error > ulp) [ulp, at] = [error, i];
  }
  const claims = claimsOf(kernel.traits);
  const bySteps = judge(claims, {
    formula: named.formula,
    size,
    operands: [inputs],
    outputs,
    describe: (i) => showFloat(inputs[i]!),
  });
  const wrong = ulp <= named.ulp || !claimsUsual(named, claims)
    ? null
    : `${named.name} of ${showFloat(inputs[at]!)}: got ${showFloat(outputs[0]![at]!)}, want ${
      named.reference(inputs[at]!)
    }: ${ulp} ULP, at most ${named.ulp} is declared`;
  return {
    inputs: inputs.length,
    problem: bySteps.problem ?? wrong,
  };
}

const counts: Readonly<Record<Effort, number>> = { smoke: 256, quick: 512, full: 2 ** 17 };

/** A case of the check `formulas` for each formula of a table. */
export function namedCases(table: readonly NamedFormula[], effort: Effort): Case[] {
  const names = new Set<string>();
  return table.map((named) => {
    if (names.has(named.name)) {
      throw new ArgumentError(`two formulas have the name ${quote(named.name)}`);
    }
    names.add(named.name);
    return formulaCase(`named/${named.name}/${counts[effort]}`, async (kernel, random) => {
      const found = await sweepFormula(kernel, named, counts[effort], random.integer());
      return {
        ...outcomeOf(found.problem),
        elements: { all: found.inputs, compared: found.inputs },
      };
    });
  });
}

/**
 * A formula as vector code. What depends on parameters alone is computed once,
 * what depends on the row once for each row. A formula of arithmetic alone is
 * float32, four elements at a time, since an optimizer's step then takes half as
 * long; one with other functions is float64, in two halves, rounded once.
 *
 * @module
 */
import type { Expression } from "../formula/expression.ts";
import { type Formula, partsOf } from "../formula/formula.ts";
import { range } from "../range.ts";
import { Local, type Scope } from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import {
  binaryFunction,
  comparison,
  constantIn,
  needsDouble,
  type Precision,
  unaryFunction,
} from "./formula_functions.ts";
import { f64x2, v128 } from "./instructions.ts";
import { joined, upperAsDouble, VectorCode } from "./vector_math.ts";

/** Where a formula finds what it is computed of, and how. */
export interface FormulaOptions {
  readonly scope: Scope;
  readonly fused: boolean;
  readonly precision: Precision;
  /** The parameter of this index in both lanes, in float64. */
  readonly parameter: (index: number) => V128;
  /** The operand in four lanes: one element in all where it is read by row. */
  readonly operand: (index: number) => V128;
}

/** How often a step is computed. */
const level = { call: 0, row: 1, vector: 2 } as const;
type Level = typeof level[keyof typeof level];

/** Statements that are run for each call, each row and each vector, and the values of the outputs for a vector. */
export interface FormulaCode {
  readonly call: readonly Statement[];
  readonly row: readonly Statement[];
  readonly vector: readonly Statement[];
  /** One vector in float32, or two halves in float64. */
  readonly outputs: readonly (readonly V128[])[];
}

/** How often each step has to be computed. */
function levelsOf({ steps }: Formula): ReadonlyMap<Expression, Level> {
  const levels = new Map<Expression, Level>();
  for (const step of steps) {
    const own = step.kind !== "operand"
      ? level.call
      : step.along === "row"
      ? level.row
      : level.vector;
    const all = [own, ...partsOf(step).map((part) => levels.get(part)!)];
    levels.set(step, Math.max(...all) as Level);
  }
  return levels;
}

/** Whether a number and its rounding to float32 are as near as two normal numbers. */
function isFloat32Number(value: number): boolean {
  if (value === 0 || !Number.isFinite(value)) return true;
  const rounded = Math.abs(Math.fround(value));
  return rounded >= 2 ** -126 && rounded < Infinity;
}

/** The precision in which a formula is computed: float32 where all functions of operands are correctly rounded there, and all constants are within its range. */
export function precisionOf(formula: Formula): Precision {
  const levels = levelsOf(formula);
  const needs = formula.steps.some((step) =>
    step.kind === "constant"
      ? !isFloat32Number(step.value)
      : step.kind === "unary" && levels.get(step) !== level.call && needsDouble(step.name)
  );
  return needs ? "float64" : "float32";
}

/** About how many multiply-adds of a product an element takes: measured 0.04 ns for a step in float32, 3 to 8 for a function in float64. */
export function workOfElement(formula: Formula): number {
  const steps = formula.steps.length;
  if (precisionOf(formula) === "float32") return 1 + steps / 4;
  const costly = formula.steps.filter((step) => step.kind === "unary" && needsDouble(step.name));
  return steps + 32 * costly.length;
}

/** The code of a formula. */
export function formulaCode(formula: Formula, options: FormulaOptions): FormulaCode {
  return new Generator(formula, options).code();
}

/** The value of a step: one vector, or two halves in float64. */
type Parts = readonly V128[];

class Generator {
  readonly #levels: ReadonlyMap<Expression, Level>;
  readonly #codes: readonly VectorCode[];
  readonly #values = new Map<Expression, Parts>();
  /** The steps of a call, which are float64, in float32. */
  readonly #rounded = new Map<Expression, V128>();

  constructor(readonly formula: Formula, readonly options: FormulaOptions) {
    this.#levels = levelsOf(formula);
    const { scope, fused } = options;
    this.#codes = range(3).map(() => new VectorCode(scope, fused, true));
  }

  code(): FormulaCode {
    for (const step of this.formula.steps) {
      if (step.kind !== "constant") this.#values.set(step, this.#compute(step));
    }
    const { precision } = this.options;
    const halves = range(precision === "float64" ? 2 : 1);
    const outputs = this.formula.outputs.map((output) =>
      halves.map((half) => this.#read(output, half, precision))
    );
    const [call, row, vector] = this.#codes.map(({ statements }) => statements);
    return { call: call!, row: row!, vector: vector!, outputs };
  }

  /** The value of a part for a step in this precision. */
  #read(part: Expression, half: number, precision: Precision): V128 {
    if (part.kind === "constant") return constantIn(precision, part.value);
    const value = this.#values.get(part)!;
    if (precision === "float32" && this.#levels.get(part) === level.call) {
      let rounded = this.#rounded.get(part);
      if (!rounded) {
        rounded = this.#codes[level.call]!.let(joined(value[0]!, value[0]!));
        this.#rounded.set(part, rounded);
      }
      return rounded;
    }
    return value[half] ?? value[0]!;
  }

  #compute(step: Expression): Parts {
    const own = this.#levels.get(step)!;
    const code = this.#codes[own]!;
    const precision = own === level.call ? "float64" : this.options.precision;
    if (step.kind === "operand") return this.#load(code, step.index, own, precision);
    const halves = own === level.vector && precision === "float64" ? 2 : 1;
    return range(halves).map((half) => code.let(this.#valueOf(code, step, half, precision)));
  }

  #load(code: VectorCode, index: number, own: Level, precision: Precision): Parts {
    const vector = code.let(this.options.operand(index));
    if (precision === "float32") return [vector];
    const low = code.let(f64x2.promoteLow(vector));
    return own === level.row ? [low] : [low, code.let(upperAsDouble(vector))];
  }

  #valueOf(code: VectorCode, step: Expression, half: number, precision: Precision): V128 {
    const of = (part: Expression) => this.#read(part, half, precision);
    switch (step.kind) {
      case "unary": {
        const a = of(step.a);
        return unaryFunction(code, precision, step.name, a instanceof Local ? a : code.let(a));
      }
      case "binary":
        return binaryFunction(precision, step.name, of(step.a), of(step.b));
      case "choice": {
        const mask = comparison(precision, step.test, of(step.a), of(step.b));
        return v128.select(mask, of(step.then), of(step.otherwise));
      }
      case "parameter":
        return this.options.parameter(step.index);
      default:
        throw new Error(`${step.kind} is no computed step`);
    }
  }
}

/** An output as four float32. */
export function asFloat32(parts: Parts): V128 {
  const [low, high] = parts;
  return high ? joined(low!, high) : low!;
}

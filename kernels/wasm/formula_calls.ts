/**
 * The caller's side of calls of formulas: it writes each to the room of calls, and
 * gives formulas numbers, by which threads find the code again that they made.
 *
 * @module
 */
import { encodeFormula } from "../formula/encode.ts";
import { mostOperands } from "../formula/expression.ts";
import { type Formula, mostOutputs } from "../formula/formula.ts";
import { offsetOfFormula, offsetOfInput } from "./formula_room.ts";
import { remember } from "./remember.ts";

/** What a formula is called with. */
export interface FormulaCall {
  readonly inputs: readonly { readonly address: number }[];
  readonly outputs: readonly { readonly address: number }[];
  readonly parameters: readonly number[];
}

/** Of how many formulas the numbers are kept; others get a new one, and their code is made again. */
const mostFormulas = 1024;

/** The caller's side of the room. */
export class FormulaCalls {
  readonly #known = new WeakMap<Formula, number>();
  readonly #numbers = new Map<string, number>();
  #count = 0;
  /** The number of the formula in the room. */
  #present = 0;

  constructor(readonly memory: WebAssembly.Memory, readonly room: number) {}

  /** Puts a formula in the room, unless it is there, and gives its number, from 1 up. */
  place(formula: Formula): number {
    const number = this.#numberOf(formula);
    if (number !== this.#present) {
      const at = this.room + offsetOfFormula;
      const numbers = encodeFormula(formula);
      new Float64Array(this.memory.buffer, at, numbers.length).set(numbers);
      this.#present = number;
    }
    return number;
  }

  /** The same with what it is called with. */
  call(formula: Formula, { inputs, outputs, parameters }: FormulaCall): number {
    const at = this.room;
    const { buffer } = this.memory;
    new Float64Array(buffer, at, parameters.length).set(parameters);
    const addresses = new Uint32Array(buffer, at + offsetOfInput(0), mostOperands + mostOutputs);
    for (const [i, { address }] of inputs.entries()) addresses[i] = address;
    for (const [i, { address }] of outputs.entries()) addresses[mostOperands + i] = address;
    return this.place(formula);
  }

  #numberOf(formula: Formula): number {
    let number = this.#known.get(formula);
    if (number === undefined) {
      number = this.#numbers.get(formula.key) ?? ++this.#count;
      remember(this.#numbers, formula.key, number, mostFormulas);
      this.#known.set(formula, number);
    }
    return number;
  }
}

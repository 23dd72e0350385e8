/**
 * The caller's side of calls of formulas: it writes each to the room of calls, and
 * gives formulas numbers, by which threads find the code again that they made.
 *
 * @module
 */
import { encodeFormula, mostNumbers } from "../formula/encode.ts";
import { mostOperands } from "../formula/expression.ts";
import { type Formula, mostOutputs } from "../formula/formula.ts";
import { offsetOfFormula, offsetOfInput, offsetOfParameter } from "./formula_room.ts";
import { workOfElement } from "./formula_code.ts";
import { remember } from "./remember.ts";

/** What a formula is called with. */
export interface FormulaCall {
  readonly inputs: readonly { readonly address: number }[];
  readonly outputs: readonly { readonly address: number }[];
  readonly parameters: readonly number[];
}

/** Of how many formulas the numbers are kept; others get a new one, and their code is made again. */
const mostFormulas = 1024;

/** The parts of the room. */
interface Views {
  readonly buffer: ArrayBufferLike;
  readonly parameters: Float64Array;
  readonly addresses: Uint32Array;
  readonly formula: Float64Array;
}

/** What is known of a formula. */
interface Known {
  readonly number: number;
  /** Multiply-adds for an element. */
  readonly work: number;
}

/** The caller's side of the room. */
export class FormulaCalls {
  readonly #known = new WeakMap<Formula, Known>();
  readonly #numbers = new Map<string, number>();
  #count = 0;
  /** The number of the formula in the room. */
  #present = 0;
  #views: Views | null = null;

  constructor(readonly memory: WebAssembly.Memory, readonly room: number) {}

  /** Puts a formula in the room, unless it is there, and gives its number, from 1 up. */
  place(formula: Formula): number {
    const { number } = this.#knownOf(formula);
    if (number !== this.#present) {
      this.#viewsNow().formula.set(encodeFormula(formula));
      this.#present = number;
    }
    return number;
  }

  /** The same with what it is called with. */
  call(formula: Formula, { inputs, outputs, parameters: given }: FormulaCall): number {
    const { parameters, addresses } = this.#viewsNow();
    // Indices rather than iterators, which would take most of the time of a small call.
    for (let i = 0; i < given.length; i++) parameters[i] = given[i]!;
    for (let i = 0; i < inputs.length; i++) addresses[i] = inputs[i]!.address;
    for (let i = 0; i < outputs.length; i++) addresses[mostOperands + i] = outputs[i]!.address;
    return this.place(formula);
  }

  /** About how many multiply-adds so many elements take, at most 2^31. */
  workOf(formula: Formula, elements: number): number {
    return Math.min(2 ** 31, Math.ceil(this.#knownOf(formula).work * elements));
  }

  /** The parts of the room. When the memory grows, it gets another buffer. */
  #viewsNow(): Views {
    const { buffer } = this.memory;
    if (this.#views?.buffer === buffer) return this.#views;
    const { room } = this;
    return this.#views = {
      buffer,
      parameters: new Float64Array(buffer, room + offsetOfParameter(0), mostOperands),
      addresses: new Uint32Array(buffer, room + offsetOfInput(0), mostOperands + mostOutputs),
      formula: new Float64Array(buffer, room + offsetOfFormula, mostNumbers),
    };
  }

  #knownOf(formula: Formula): Known {
    const found = this.#known.get(formula);
    if (found) return found;
    const { key } = formula;
    const number = this.#numbers.get(key) ?? ++this.#count;
    remember(this.#numbers, key, number, mostFormulas);
    const known = { number, work: workOfElement(formula) };
    this.#known.set(formula, known);
    return known;
  }
}

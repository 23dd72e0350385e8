/**
 * The room in which a call of a formula is handed to all threads: parameters,
 * addresses, and the formula itself as numbers. It is the rest of the control
 * page, so that no call needs memory of the heap.
 *
 * @module
 */
import { decodeFormula, mostNumbers } from "../formula/encode.ts";
import { mostOperands } from "../formula/expression.ts";
import { type Formula, mostOutputs } from "../formula/formula.ts";

/** Where the room begins in the control page, in bytes; before it are the words of the threads. */
export const startInControl = 4096;

/** Offsets in the room, in bytes: of the parameters, which are float64. */
export const offsetOfParameter = (index: number): number => 8 * index;
/** Of the addresses of the operands. */
export const offsetOfInput = (index: number): number => 8 * mostOperands + 4 * index;
/** Of the addresses of the outputs. */
export const offsetOfOutput = (index: number): number => offsetOfInput(mostOperands + index);
/** Of the formula; a multiple of 8. */
export const offsetOfFormula = 8 * Math.ceil(offsetOfOutput(mostOutputs) / 8);

/** Reads the formula that is in a room. */
export function formulaIn({ buffer }: WebAssembly.Memory, room: number): Formula {
  return decodeFormula(new Float64Array(buffer, room + offsetOfFormula, mostNumbers));
}

/**
 * From which buffers the operands of a formula are read, each buffer and way of
 * reading it once, and which parts of them belong to a part of the matrix.
 *
 * @module
 */
import type { Along } from "../formula/expression.ts";
import type { Bound } from "./bind_groups.ts";
import { type FormulaCode, outputName, type ReadOperand } from "./formula_wgsl.ts";
import type { WebGpuTensor } from "./tensor.ts";
import type { Part, Windows } from "./windows.ts";

/** The distinct buffers that operands are read from, each with how it is read, and the name for each operand. */
export interface Reads {
  readonly operands: Map<number, ReadOperand>;
  readonly reads: ReadOperand[];
  readonly tensors: WebGpuTensor[];
}

/** From which buffers the operands of a formula are read; `inPlace` names an output that an operand is too. */
export function readsOf(
  code: FormulaCode,
  inputs: readonly WebGpuTensor[],
  inPlace: (tensor: WebGpuTensor) => string | null = () => null,
): Reads {
  const found = new Map<WebGpuTensor, Map<Along, ReadOperand>>();
  const result: Reads = { operands: new Map(), reads: [], tensors: [] };
  for (const [index, along] of code.operands) {
    const tensor = inputs[index]!;
    const name = inPlace(tensor);
    const known = found.get(tensor) ?? new Map<Along, ReadOperand>();
    found.set(tensor, known);
    const read = name ? { name, along } : known.get(along) ?? { name: `in${index}`, along };
    if (!name && !known.has(along)) {
      known.set(along, read);
      result.reads.push(read);
      result.tensors.push(tensor);
    }
    result.operands.set(index, read);
  }
  return result;
}

/** Where operands come from, for a key: which names they have. */
export function placesOf({ operands }: Reads): string {
  return [...operands].map(([index, { name }]) => `${index}:${name}`).join(",");
}

/** One operand, read by element. */
const element: ReadOperand = { name: "in0", along: "element" };
/** That operand alone. */
export const itself: Reads = { operands: new Map([[0, element]]), reads: [element], tensors: [] };
/** Two operands, the first of which is the output. */
export const joined: Reads = {
  operands: new Map([[0, { name: outputName(0), along: "element" }], [1, element]]),
  reads: [element],
  tensors: [],
};
/** The parts of operands that belong to a part of the matrix, of which an operand by row or column is a side. */
export function partsOf(
  windows: Windows,
  { reads }: Reads,
  sources: readonly Bound[],
  stride: number,
  part: Part,
): Bound[] {
  return sources.map((bound, i) => {
    const { name, along } = reads[i]!;
    if (along === "column") return bound;
    if (along === "element") return windows.read(name, { bound, stride }, part).bound;
    const rows = { rows: part.rows, columns: { from: 0, size: 1 } };
    return windows.read(`${name} by row`, { bound, stride: 1 }, rows).bound;
  });
}

/**
 * Identifies the place of a mutation by what surrounds it: for a source the hash
 * of the lines around it, for an instruction the hash of its function and its
 * number there. So a place keeps its identity while code elsewhere moves.
 *
 * @module
 */
import { sha256 } from "../../common/sha256.ts";
import { instructionsOf } from "../mutants/wasm_code.ts";

/** The text of the lines before and after a line, counted from 1, that are not empty; "" where there is none. */
export function contextOfLine(text: string, line: number): string[] {
  const lines = text.split("\n").map((each) => each.trim());
  const isText = (each: string) => each !== "";
  return [
    lines.slice(0, line - 1).findLast(isText) ?? "",
    lines.slice(line).find(isText) ?? "",
  ];
}

/** The place of an instruction in its function, and a hash of all instructions of that. */
export async function contextOfInstruction(
  bytes: Uint8Array,
  instruction: number,
): Promise<string[]> {
  const all = instructionsOf(bytes);
  const found = all[instruction];
  if (!found) throw new Error(`the module has no instruction ${instruction}`);
  const first = all.findIndex(({ func }) => func === found.func);
  const last = all.findLast(({ func }) => func === found.func) ?? found;
  const code = bytes.slice(all[first]?.start, last.end);
  return [
    `function ${found.func}, instruction ${instruction - first}`,
    (await sha256(code)).slice(0, 16),
  ];
}

/**
 * The mutations of generated WebAssembly code by operators: an instruction for a
 * sibling of the same type, a constant for a neighbour, a memory offset that is
 * off by an element or a vector, a local or a lane for the next one. All keep
 * the length of the code, so that nothing else moves.
 * Encoding: WebAssembly 3.0, §5.4.
 *
 * @module
 */
import { instructionsOf, lebOfLength, vector } from "../mutants/wasm_code.ts";

/** The operators that change generated code. */
export const wasmOperators = [
  "replace instruction",
  "change wasm constant",
  "change offset",
  "change lane",
  "replace local",
] as const;

/** The name of an operator that changes generated code. */
export type WasmOperator = typeof wasmOperators[number];

/** One instruction of a module, by its place among all, and its new bytes. */
export interface WasmEdit {
  readonly operator: WasmOperator;
  readonly instruction: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Instructions that take and leave the same types; each is replaced by every other of its group. */
const groups: readonly (readonly number[])[] = [
  // i32: eq, ne; comparisons below and above, without and with sign.
  [0x46, 0x47],
  [0x49, 0x4d],
  [0x4b, 0x4f],
  [0x48, 0x4c],
  [0x4a, 0x4e],
  [0x6a, 0x6b, 0x6c],
  [0x71, 0x72],
  [0x74, 0x75, 0x76],
  [0x92, 0x93, 0x94],
  // v128: and, andnot, or, xor.
  [78, 79, 80, 81].map(vector),
  [171, 172, 173].map(vector),
  [174, 177, 181].map(vector),
  // f32x4: comparisons; abs, neg; arithmetic; min, max, pmin, pmax; a·b + c, c - a·b.
  [65, 66].map(vector),
  [67, 69].map(vector),
  [68, 70].map(vector),
  [224, 225].map(vector),
  [228, 229, 230].map(vector),
  [230, 231].map(vector),
  [232, 233, 234, 235].map(vector),
  [0x105, 0x106].map(vector),
  // f64x2.
  [73, 74].map(vector),
  [236, 237].map(vector),
  [240, 241, 242].map(vector),
  [242, 243].map(vector),
  [244, 245].map(vector),
  [0x107, 0x108].map(vector),
];

const siblings = new Map<number, number[]>();
for (const group of groups) {
  for (const op of group) {
    siblings.set(op, [...siblings.get(op) ?? [], ...group.filter((other) => other !== op)]);
  }
}

/** The bytes of an opcode. */
function encode(op: number): number[] {
  if (op < 0x100) return [op];
  const number = op - vector(0);
  return [0xfd, ...(lebOfLength(number, number < 128 ? 1 : 2) ?? [])];
}

/** A signed LEB128 number. */
function readSigned(bytes: Uint8Array): number {
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 128) return shift < 32 && (byte & 0x40) !== 0 ? value | (-1 << shift) : value;
  }
  return value;
}

/** A signed number in just so many bytes of LEB128; null where it does not fit. */
function signedOfLength(value: number, length: number): number[] | null {
  const bytes = Array.from(
    { length },
    (_, i) => ((value >> (7 * i)) & 0x7f) + (i + 1 < length ? 128 : 0),
  );
  return readSigned(Uint8Array.from(bytes)) === value ? bytes : null;
}

function readUnsigned(bytes: Uint8Array): { readonly value: number; readonly length: number } {
  let value = 0;
  let length = 0;
  for (let shift = 1;; shift *= 128) {
    const byte = bytes[length++] ?? 0;
    value += (byte & 0x7f) * shift;
    if (byte < 128) return { value, length };
  }
}

/** The number that follows from bytes of a float with the last bit one higher. */
function nextBits(bytes: Uint8Array): number[] {
  const words = new DataView(Uint8Array.from(bytes).buffer);
  words.setUint32(0, words.getUint32(0, true) + 1, true);
  return [...new Uint8Array(words.buffer)];
}

const hasOffset = (op: number) =>
  [0x28, 0x2a, 0x36, 0x38].includes(op) ||
  (op >= vector(0) && op <= vector(11)) || (op >= vector(84) && op <= vector(93));

const hasLane = (op: number) =>
  (op >= vector(21) && op <= vector(34)) || (op >= vector(84) && op <= vector(91));

/** Every change of one instruction: the operator and the new bytes after the opcode. */
function* changesOf(op: number, rest: Uint8Array): Generator<[WasmOperator, number[]]> {
  if (op === 0x41) {
    const value = readSigned(rest);
    for (const other of new Set([value + 1, value - 1, 0, 2 * value])) {
      const bytes = other === value ? null : signedOfLength(other | 0, rest.length);
      if (bytes) yield ["change wasm constant", bytes];
    }
  } else if (op === 0x43) {
    yield ["change wasm constant", nextBits(rest)];
    yield ["change wasm constant", [...rest.subarray(0, 3), rest[3]! ^ 0x80]];
  } else if (op === vector(12)) {
    // A pair of float64 where the halves are equal and their halves are not. Of a float64 the last
    // bits are beyond what float32 shows, so that it becomes larger by a part in 2^20.
    const double = [0, 1, 2, 3].some((i) => rest[i] !== rest[i + 4]);
    const lane = double
      ? [...rest.subarray(0, 4), ...nextBits(rest.subarray(4, 8))]
      : nextBits(rest.subarray(0, 4));
    // In all lanes, as constants are the same there; and in the first alone.
    const all = Array.from({ length: 16 / lane.length }, () => lane).flat();
    yield ["change wasm constant", all];
    yield ["change wasm constant", [...lane, ...rest.subarray(lane.length)]];
    yield ["change wasm constant", [...rest.subarray(0, 15), rest[15]! ^ 0x80]];
  } else if (op === vector(13)) {
    // The first element of the next lane instead.
    const shifted = [...rest.subarray(0, 4)].map((byte) => (byte + 4) % 32);
    yield ["change lane", [...shifted, ...rest.subarray(4)]];
  } else if (op === 0x20 || op === 0x21 || op === 0x22) {
    const { value, length } = readUnsigned(rest);
    for (const other of [value + 1, value - 1]) {
      const bytes = other < 0 ? null : lebOfLength(other, length);
      if (bytes) yield ["replace local", bytes];
    }
  }
  if (hasOffset(op)) {
    const { length: align } = readUnsigned(rest);
    const { value, length } = readUnsigned(rest.subarray(align));
    for (const step of [4, -4, 16, -16]) {
      const bytes = value + step < 0 ? null : lebOfLength(value + step, length);
      if (bytes) {
        yield ["change offset", [
          ...rest.subarray(0, align),
          ...bytes,
          ...rest.subarray(align + length),
        ]];
      }
    }
  }
  if (hasLane(op)) yield ["change lane", [...rest.subarray(0, -1), rest.at(-1)! ^ 1]];
}

/** All mutations of a module's code that leave its bytes different. */
export function wasmEditsOf(bytes: Uint8Array): WasmEdit[] {
  return instructionsOf(bytes).flatMap(({ op, start, end, operands }, instruction) => {
    const from = [...bytes.subarray(start, end)];
    const opcode = from.slice(0, operands - start);
    const rest = bytes.subarray(operands, end);
    const edits: WasmEdit[] = [];
    for (const other of siblings.get(op) ?? []) {
      const code = encode(other);
      if (code.length !== opcode.length) continue;
      const to = [...code, ...rest];
      edits.push({ operator: "replace instruction", instruction, from, to });
    }
    for (const [operator, changed] of changesOf(op, rest)) {
      const to = [...opcode, ...changed];
      if (to.some((byte, i) => byte !== from[i])) edits.push({ operator, instruction, from, to });
    }
    return edits;
  });
}

/**
 * The module with that edit made.
 *
 * @throws {Error} where the module has other bytes there, so that it is not the one the edit was made for.
 */
export function applyWasmEdit(
  bytes: Uint8Array,
  { instruction, from, to }: Pick<WasmEdit, "instruction" | "from" | "to">,
): Uint8Array<ArrayBuffer> {
  const found = instructionsOf(bytes)[instruction];
  const own = found ? [...bytes.subarray(found.start, found.end)] : [];
  if (!found || own.length !== to.length || own.some((byte, i) => byte !== from[i])) {
    throw new Error(`instruction ${instruction} is not the one that the mutation is of`);
  }
  const changed = new Uint8Array(bytes);
  changed.set(to, found.start);
  return changed;
}

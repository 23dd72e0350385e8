/**
 * Changes single instructions in the bytes of a WebAssembly module: mutation
 * testing of generated code itself, not of its generator. Knows the
 * instructions that the kernels use; an unknown one is an error, so that no
 * change is a guess.
 * Encoding: WebAssembly 3.0, §5.4 and §5.5.
 *
 * @module
 */

/** An instruction in a module's bytes. */
export interface Instruction {
  /** The function that it is in, counted from 0. */
  readonly func: number;
  /** The opcode, or 0xfd00 and more with the number of a vector instruction. */
  readonly op: number;
  /** Where its bytes begin and end, and where those after the opcode begin. */
  readonly start: number;
  readonly end: number;
  readonly operands: number;
}

/** The opcode of a vector instruction. */
export function vector(op: number): number {
  return 0xfd00 + op;
}

class Reader {
  constructor(readonly bytes: Uint8Array, public at = 0) {}

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** A LEB128 number, of either sign as if it had none: only its length counts. */
  leb(): number {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * shift;
      if (byte < 128) return value;
    }
  }
}

/** Skips what follows an opcode, and returns the opcode as instructions have it. */
function skipOperands(reader: Reader, op: number): number {
  const times = (count: number) => {
    for (let i = 0; i < count; i++) reader.leb();
    return op;
  };
  if (op === 0x03 || op === 0x04) reader.at++;
  else if ([0x0d, 0x10, 0x20, 0x21, 0x22, 0x41].includes(op)) return times(1);
  // Loads and stores; a call by a table.
  else if ([0x11, 0x28, 0x2a, 0x36, 0x38].includes(op)) return times(2);
  else if (op === 0x43) reader.at += 4;
  else if (op === 0xfc) {
    const sub = reader.leb();
    if (sub !== 10 && sub !== 11) throw new Error(`unknown instruction 0xfc ${sub}`);
    reader.at += sub === 10 ? 2 : 1;
    return 0xfc00 + sub;
  } else if (op === 0xfd) {
    const sub = reader.leb();
    if (sub <= 11 || sub === 92 || sub === 93) times(2);
    else if (sub >= 84 && sub <= 91) {
      times(2);
      reader.at++;
    } else if (sub === 12 || sub === 13) reader.at += 16;
    else if (sub >= 21 && sub <= 34) reader.at++;
    return vector(sub);
  } else if (![0x05, 0x0b, 0x1b].includes(op) && !(op >= 0x45 && op <= 0xc4)) {
    throw new Error(`unknown instruction 0x${op.toString(16)} at ${reader.at - 1}`);
  }
  return op;
}

/** The instructions of a module, in order. */
export function instructionsOf(bytes: Uint8Array): Instruction[] {
  const found: Instruction[] = [];
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const length = reader.leb();
    const end = reader.at + length;
    if (id !== 10) {
      reader.at = end;
      continue;
    }
    const count = reader.leb();
    for (let func = 0; func < count; func++) {
      const size = reader.leb();
      const last = reader.at + size;
      for (let groups = reader.leb(); groups > 0; groups--) {
        reader.leb();
        reader.at++;
      }
      while (reader.at < last) {
        const start = reader.at;
        const first = reader.byte();
        const opcode = reader.at;
        const op = skipOperands(reader, first);
        const operands = op === first ? opcode : opcode + (op >= vector(128) ? 2 : 1);
        found.push({ func, op, start, end: reader.at, operands });
      }
    }
  }
  return found;
}

/** A number in LEB128 of just so many bytes; null where it does not fit. */
export function lebOfLength(value: number, length: number): number[] | null {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) {
    bytes.push(value % 128 + (i + 1 < length ? 128 : 0));
    value = Math.floor(value / 128);
  }
  return value === 0 ? bytes : null;
}

/** A change of instructions. */
export interface Change {
  /** The functions to look in, counted from 0; all where it is not given. */
  readonly func?: number;
  readonly op: number;
  /** Which of those found, from 0, or from the end where it is negative; `all`. */
  readonly which: number | "all";
  /** The new bytes of the instruction, as many as the old; null leaves it as it is. */
  readonly to: (instruction: Uint8Array, operands: number) => readonly number[] | null;
}

/**
 * The module with those instructions changed; null where none was.
 *
 * @throws {Error} where a change has another length than what it replaces.
 */
export function changeInstructions(
  bytes: Uint8Array,
  { func, op, which, to }: Change,
): Uint8Array<ArrayBuffer> | null {
  const all = instructionsOf(bytes).filter((each) =>
    each.op === op && (func === undefined || each.func === func)
  );
  const chosen = which === "all" ? all : all.slice(which, which + 1 || undefined);
  const changed = new Uint8Array(bytes);
  let count = 0;
  for (const { start, end, operands } of chosen) {
    const next = to(bytes.subarray(start, end), operands - start);
    if (next === null) continue;
    if (next.length !== end - start) throw new Error("a change must keep the length");
    changed.set(next, start);
    count++;
  }
  return count === 0 ? null : changed;
}

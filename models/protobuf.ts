/**
 * The fields of a message in the wire format of Protocol Buffers
 * (protobuf.dev/programming-guides/encoding), which ONNX files are. A message is
 * read when it is asked for and its bytes are views of the file's; the fields of
 * all messages together are budgeted by the file's size, as a field of two bytes
 * would otherwise cost a hundred in memory.
 *
 * @module
 */
import { ModelFileError } from "./errors.ts";

/** A field: a number, or the bytes of a text, a message or a packed list. */
type Field = number | bigint | Uint8Array;

// A real file has a field for every twenty bytes or more; its weights are a single one.
const leastFields = 2 ** 14;
const bytesPerField = 16;
// Ten thousand nodes, which are the most, have no more; one such field takes a microsecond.
const mostFields = 2 ** 19;

/** Counts the fields of a file. */
export class FieldBudget {
  #left: number;

  /** @param name The file's name in messages, in quotes. */
  constructor(readonly name: string, size: number) {
    this.#left = Math.min(mostFields, leastFields + Math.floor(size / bytesPerField));
  }

  spend(fields: number): void {
    this.#left -= fields;
    if (this.#left < 0) throw new ModelFileError(`${this.name} has too many fields for its size`);
  }
}

/** A message, its fields by number. */
export class Message {
  #fields = new Map<number, Field[]>();

  /** @param what What it is in errors: the file, and what part of it. */
  constructor(readonly what: string, bytes: Uint8Array, readonly budget: FieldBudget) {
    const reader = new WireReader(what, bytes);
    while (!reader.done) {
      budget.spend(1);
      const [number, field] = reader.field();
      const list = this.#fields.get(number);
      if (list) list.push(field);
      else this.#fields.set(number, [field]);
    }
  }

  /** The same message under another name in errors. */
  named(what: string): Message {
    const other = new Message(what, new Uint8Array(), this.budget);
    other.#fields = this.#fields;
    return other;
  }

  fail(reason: string): never {
    throw new ModelFileError(`${this.what}: ${reason}`);
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  #all<T extends Field>(number: number, fits: (field: Field) => field is T): T[] {
    return (this.#fields.get(number) ?? []).map((field) =>
      fits(field) ? field : this.fail(`its field ${number} is of another kind than it should be`)
    );
  }

  /** All values of a field of bytes. */
  bytes(number: number): Uint8Array[] {
    return this.#all(number, (field) => field instanceof Uint8Array);
  }

  /** The last value of a field of text; `otherwise` where it is absent. */
  text(number: number, otherwise = ""): string {
    return this.texts(number).at(-1) ?? otherwise;
  }

  texts(number: number): string[] {
    return this.bytes(number).map((bytes) => {
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        return this.fail(`its field ${number} is not UTF-8 text`);
      }
    });
  }

  /** The messages of a field. */
  messages(number: number, what: string): Message[] {
    return this.bytes(number).map((bytes) => new Message(what, bytes, this.budget));
  }

  /** Whole numbers, packed or one by one, at most `most`. */
  integers(number: number, most: number): number[] {
    const found: number[] = [];
    for (const field of this.#fields.get(number) ?? []) {
      if (typeof field === "number") {
        this.fail(`its field ${number} is of another kind than it should be`);
      }
      if (typeof field === "bigint") found.push(signed(field));
      else {
        const reader = new WireReader(this.what, field);
        while (!reader.done && found.length <= most) found.push(signed(reader.varint()));
      }
      if (found.length > most) this.fail(`its field ${number} has more than ${most} numbers`);
    }
    return found;
  }

  integer(number: number, otherwise: number): number {
    return this.integers(number, 1000).at(-1) ?? otherwise;
  }

  /** The last value of a field of float32; `otherwise` where it is absent. */
  float(number: number, otherwise: number): number {
    return this.#all(number, (field) => typeof field === "number").at(-1) ?? otherwise;
  }

  /** The bytes of a packed list, or of numbers of fixed size one by one. */
  packed(number: number, size: 4 | 8): Uint8Array<ArrayBuffer> {
    const fields = this.#fields.get(number) ?? [];
    const length = fields.reduce<number>(
      (sum, field) => sum + (field instanceof Uint8Array ? field.length : size),
      0,
    );
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const field of fields) {
      if (field instanceof Uint8Array) bytes.set(field, at);
      else if (typeof field === "number") {
        if (size === 4) view.setFloat32(at, field, true);
        else view.setFloat64(at, field, true);
      } else this.fail(`its field ${number} is of another kind than it should be`);
      at += field instanceof Uint8Array ? field.length : size;
    }
    return bytes;
  }
}

/** A whole number of 64 bits with its sign; beyond 2^53 near enough to be refused. */
function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

class WireReader {
  #at = 0;
  readonly #view: DataView;

  constructor(readonly what: string, readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  #take(length: number): number {
    const at = this.#at;
    if (!(length <= this.bytes.length - at)) {
      throw new ModelFileError(`${this.what} ends early: it was cut or changed`);
    }
    this.#at += length;
    return at;
  }

  varint(): bigint {
    const first = this.bytes[this.#at]!;
    if (first < 0x80) return BigInt(this.bytes[this.#take(1)]!);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#take(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ModelFileError(`${this.what} has a number of more than 64 bits: it was changed`);
  }

  field(): [number: number, field: Field] {
    const key = Number(this.varint());
    const number = Math.floor(key / 8);
    // None has the number 0, of which a file of zeros would be made.
    if (number === 0) throw this.#noMessage();
    switch (key % 8) {
      case 0:
        return [number, this.varint()];
      case 1:
        return [number, this.#view.getFloat64(this.#take(8), true)];
      case 2: {
        const length = Number(this.varint());
        const at = this.#take(length);
        return [number, this.bytes.subarray(at, at + length)];
      }
      case 5:
        return [number, this.#view.getFloat32(this.#take(4), true)];
      default:
        throw this.#noMessage();
    }
  }

  #noMessage(): ModelFileError {
    return new ModelFileError(`${this.what} is no message of ONNX: its fields cannot be read`);
  }
}

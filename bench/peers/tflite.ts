/**
 * A dense layer as a TensorFlow Lite model, encoded by hand: a flatbuffer is
 * tables, each with its vtable before it, that refer forward to what follows
 * them. Field numbers are those of tflite/schema.fbs (github.com/google-ai-edge);
 * the weight is part of the model, so that a runtime may pack it once.
 *
 * @module
 */
import type { Activation } from "../../kernels/activation.ts";
import { entryOf } from "./declared.ts";
import type { DenseModel } from "./onnx.ts";

/** What a table refers to: it writes itself behind what is there, and returns where it begins. */
type Part = (to: Writer) => number;

/** A field of a table: a number in four bytes, what it refers to, or null where it has its default. */
type Field = number | { readonly float: number } | Part | null;

/** A buffer that grows at its end. */
class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #end = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** What was written. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.#end);
  }

  /** Skips bytes until those after the next `skipped` ones begin at a multiple of `unit`. */
  align(unit: number, skipped = 0): void {
    while ((this.#end + skipped) % unit !== 0) this.#end++;
  }

  int32(value: number): number {
    this.#view.setInt32(this.#end, value, true);
    this.#end += 4;
    return this.#end - 4;
  }

  uint16(value: number): void {
    this.#view.setUint16(this.#end, value, true);
    this.#end += 2;
  }

  float(value: number): void {
    this.#view.setFloat32(this.#end, value, true);
    this.#end += 4;
  }

  data(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Makes the reference at an address one to a part that is written now. */
  refer(at: number, part: Part): void {
    this.#view.setInt32(at, part(this) - at, true);
  }
}

/** A table of the fields 0, 1, …. */
export function table(...fields: readonly Field[]): Part {
  return (to) => {
    to.align(4);
    const present = fields.filter((field) => field !== null).length;
    const bytesOfTable = 4 * (1 + present);
    const bytesOfVtable = 4 + 2 * fields.length;
    to.align(4, bytesOfVtable);
    to.uint16(bytesOfVtable);
    to.uint16(bytesOfTable);
    let at = 4;
    for (const field of fields) {
      to.uint16(field === null ? 0 : at);
      if (field !== null) at += 4;
    }
    const start = to.int32(bytesOfVtable);
    const parts: [number, Part][] = [];
    for (const field of fields) {
      if (typeof field === "number") to.int32(field);
      else if (typeof field === "function") parts.push([to.int32(0), field]);
      else if (field !== null) to.float(field.float);
    }
    for (const [from, part] of parts) to.refer(from, part);
    return start;
  };
}

/** A vector of whole numbers. */
export function integers(...values: readonly number[]): Part {
  return (to) => {
    to.align(4);
    const start = to.int32(values.length);
    for (const value of values) to.int32(value);
    return start;
  };
}

/** A vector of tables. */
export function tables(...parts: readonly Part[]): Part {
  return (to) => {
    to.align(4);
    const start = to.int32(parts.length);
    const places = parts.map(() => to.int32(0));
    for (const [i, part] of parts.entries()) to.refer(places[i]!, part);
    return start;
  };
}

/** A vector of bytes, aligned as tensors must be. */
function aligned(bytes: Uint8Array): Part {
  return (to) => {
    to.align(16, 4);
    const start = to.int32(bytes.length);
    to.data(bytes);
    return start;
  };
}

function text(value: string): Part {
  return (to) => {
    to.align(4);
    const bytes = new TextEncoder().encode(value);
    const start = to.int32(bytes.length);
    to.data(bytes);
    // Text ends with a zero that is not counted.
    to.data(new Uint8Array(1));
    return start;
  };
}

/** A flatbuffer of this root, with the identifier of its format, in so many bytes at most. */
export function flatbuffer(
  identifier: string,
  root: Part,
  capacity: number,
): Uint8Array<ArrayBuffer> {
  const to = new Writer(capacity);
  const at = to.int32(0);
  to.data(new TextEncoder().encode(identifier));
  to.refer(at, root);
  to.align(4);
  return to.written;
}

/** The number of an operator, and its options with their number among all options. */
interface Operator {
  readonly code: number;
  readonly options?: { readonly type: number; readonly value: Part };
}

const fullyConnected = (fused: number): Operator => ({
  code: 9,
  options: { type: 8, value: table(fused) },
});

const gelu = (approximate: number): Operator => ({
  code: 150,
  options: { type: 116, value: table(approximate) },
});

/** The operators of an activation that are not a part of the product. */
const operators: Partial<Record<Activation, readonly Operator[]>> = {
  linear: [],
  relu: [],
  sigmoid: [{ code: 14 }],
  tanh: [{ code: 28 }],
  softmax: [{ code: 25, options: { type: 9, value: table({ float: 1 }) } }],
  gelu: [gelu(0)],
  gelu_tanh: [gelu(1)],
};

/** An operator's code; one above 127 has a field of its own, beside the highest that fits the old one. */
function operatorCode({ code }: Operator): Part {
  return table(Math.min(code, 127), null, 1, code);
}

function bytesOf(values: Float32Array): Uint8Array {
  // The format is little-endian, which is what every machine that runs Deno is.
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The transpose of a matrix of so many rows. */
function transposed(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  }
  return result;
}

/** The model x [m, k] → y [m, n]: FULLY_CONNECTED with its bias and relu, then any other activation. */
export function denseModel(
  { m, n, k, activation, weight, bias }: DenseModel,
): Uint8Array<ArrayBuffer> {
  const all = [
    fullyConnected(activation === "relu" ? 1 : 0),
    ...entryOf(operators, activation),
  ];
  // Buffer 0 is the one of all tensors that have no data.
  const values = [null, transposed(weight, k), ...(bias ? [bias] : [])];
  const tensor = (name: string, shape: readonly number[], buffer: number) =>
    table(integers(...shape), null, buffer, text(name));
  // x, weight and bias, then what each operator makes.
  const inputs = [
    tensor("x", [m, k], 0),
    tensor("weight", [n, k], 1),
    ...(bias ? [tensor("bias", [n], 2)] : []),
  ];
  const outputs = all.map((_, i) => tensor(i + 1 === all.length ? "y" : `z${i}`, [m, n], 0));
  const steps = all.map(({ options }, i) =>
    table(
      i,
      i === 0 ? integers(0, 1, bias ? 2 : -1) : integers(inputs.length + i - 1),
      integers(inputs.length + i),
      options?.type ?? null,
      options?.value ?? null,
    )
  );
  const subgraph = table(
    tables(...inputs, ...outputs),
    integers(0),
    integers(inputs.length + all.length - 1),
    tables(...steps),
    text("main"),
  );
  const model = table(
    3,
    tables(...all.map(operatorCode)),
    tables(subgraph),
    text("dense"),
    tables(...values.map((one) => one === null ? table() : table(aligned(bytesOf(one))))),
  );
  const bytesOfValues = values.reduce((sum, one) => sum + (one?.byteLength ?? 0), 0);
  return flatbuffer("TFL3", model, bytesOfValues + 4096);
}

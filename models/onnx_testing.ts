/**
 * For tests: ONNX files by hand, as Protocol Buffers writes them.
 *
 * @module
 */
import { bytesOf, concat } from "./files_testing.ts";

/** A field of a message: a whole number, or the bytes of a text, a message or a list. */
type Value = number | string | Uint8Array;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return new Uint8Array(bytes);
}

/** A message of these fields, in their order. */
export function message(
  ...fields: readonly (readonly [number: number, value: Value])[]
): Uint8Array {
  return concat(...fields.map(([number, value]) => {
    if (typeof value === "number") return concat(varint(8 * number), varint(value));
    const bytes = concat(value);
    return concat(varint(8 * number + 2), varint(bytes.length), bytes);
  }));
}

/** A float32 tensor, or one of other fields besides. */
export function tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  ...more: readonly (readonly [number: number, value: Value])[]
): Uint8Array {
  const dims = shape.map((axis): [number, Value] => [1, axis]);
  return message(...dims, [2, 1], [8, name], [9, bytesOf(values)], ...more);
}

/** An attribute: a whole number, a number (as `{ float }`), a text, or a list of numbers. */
type AttributeValue = number | string | { readonly float: number } | readonly number[];

const float = (value: number) => bytesOf(new Float32Array([value]));

function attribute(name: string, value: AttributeValue): Uint8Array {
  if (typeof value === "number") return message([1, name], [3, value], [20, 2]);
  if (typeof value === "string") return message([1, name], [4, value], [20, 3]);
  if ("float" in value) {
    // Field 2 of four bytes, whose key ends in 5.
    return concat(message([1, name]), new Uint8Array([2 * 8 + 5]), float(value.float));
  }
  return message([1, name], [7, bytesOf(new Float32Array(value))], [20, 6]);
}

/** A node with these attributes. */
export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = "",
): Uint8Array {
  return message(
    ...inputs.map((input): [number, Value] => [1, input]),
    [2, output],
    [3, `the_${output}`],
    [4, operator],
    ...Object.entries(attributes).map(([name, value]): [number, Value] => [
      5,
      attribute(name, value),
    ]),
    ...(domain ? [[7, domain] as [number, Value]] : []),
  );
}

/** An input with its shape, null for an open axis, and its type, float32 where none is given. */
export function input(
  name: string,
  shape: readonly (number | null)[],
  elements = 1,
): Uint8Array {
  const axes = shape.map((length): [number, Value] => [
    1,
    length === null ? message([2, "n"]) : message([1, length]),
  ]);
  const type = message([1, message([1, elements], [2, message(...axes)])]);
  return message([1, name], [2, type]);
}

/** A model with these inputs, or some named so, and the output `y`. */
export function onnxFile(
  nodes: readonly Uint8Array[],
  tensors: readonly Uint8Array[],
  inputs: readonly (string | Uint8Array)[] = ["x"],
  opset = 13,
): Uint8Array<ArrayBuffer> {
  const graph = message(
    ...nodes.map((each): [number, Value] => [1, each]),
    ...tensors.map((each): [number, Value] => [5, each]),
    ...inputs.map((each): [number, Value] => [
      11,
      typeof each === "string" ? message([1, each]) : each,
    ]),
    [12, message([1, "y"])],
  );
  return concat(message([1, 8], [8, message([2, opset])], [7, graph]));
}

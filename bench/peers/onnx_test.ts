import { assertEquals } from "@std/assert";
import { denseModel, encode, integer, nested, text } from "./onnx.ts";

// The examples of protobuf's description of its encoding (protobuf.dev).
Deno.test("onnx.ts encodes the examples of protobuf's documentation", () => {
  assertEquals([...encode(integer(1, 150))], [0x08, 0x96, 0x01]);
  assertEquals([...encode(text(2, "testing"))], [0x12, 7, ...new TextEncoder().encode("testing")]);
  assertEquals([...encode(nested(3, integer(1, 150)))], [0x1a, 0x03, 0x08, 0x96, 0x01]);
});

Deno.test("denseModel() holds the weights as they are, once", () => {
  const weight = new Float32Array([1.5, -2, 3, 4, 5, 6]);
  const model = denseModel({ m: 4, n: 2, k: 3, activation: "gelu_tanh", weight, bias: null });
  const bytes = new Uint8Array(weight.buffer);
  const at = [...model.keys()].filter((start) =>
    bytes.every((byte, i) => model[start + i] === byte)
  );
  assertEquals(at.length, 1);
  // raw_data is field 9, 24 bytes.
  assertEquals([...model.subarray(at[0]! - 2, at[0])], [9 * 8 + 2, 24]);
  const names = new TextDecoder("latin1").decode(model);
  assertEquals(["MatMul", "Gelu", "tanh"].every((name) => names.includes(name)), true);
});

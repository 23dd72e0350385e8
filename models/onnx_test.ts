import { assertEquals, assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { message, node, onnxFile, tensor } from "./onnx_testing.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";

const six = new Float32Array([1, 2, 3, 4, 5, 6]);
const w = tensor("w", [2, 3], six);
const b = tensor("b", [3], six.subarray(0, 3));
const read = async (...args: Parameters<typeof onnxFile>) =>
  await readModelBytes("m.onnx", onnxFile(...args));

Deno.test("readOnnx() reads a bias of [1, n] and of one number, on either side of Add", async () => {
  for (
    const [bias, inputs, values] of [
      [tensor("c", [1, 3], six.subarray(0, 3)), ["z", "c"], [1, 2, 3]],
      [tensor("c", [], six.subarray(1, 2)), ["c", "z"], [2, 2, 2]],
    ] as const
  ) {
    const { layers } = await read([node("MatMul", ["x", "w"], "z"), node("Add", inputs, "y")], [
      w,
      bias,
    ]);
    assertEquals(layers.length, 1);
    assertEquals([...layers[0]!.weights[1]!.values].map(Number), [...values]);
  }
});

Deno.test("readOnnx() reads constants of nodes, and through Identity, Cast and Dropout", async () => {
  const constant = message([2, "v"], [4, "Constant"], [5, message([1, "value"], [5, w])]);
  const { layers } = await read([
    constant,
    node("Identity", ["v"], "u"),
    node("Cast", ["x"], "x1", { to: 1 }),
    node("Gemm", ["x1", "u"], "z"),
    node("Dropout", ["z"], "z1"),
    node("Identity", ["z1"], "y"),
  ], []);
  assertEquals(layers.map(({ className }) => className), ["Dense", "Dropout"]);
  assertEquals(layers[0]?.weights[0]?.values, six);
});

Deno.test("readOnnx() scales before and behind by what Sub, Mul and Div say", async () => {
  const two = tensor("two", [], new Float32Array([2]));
  const one = tensor("one", [1], new Float32Array([1]));
  const model = await read([
    node("Sub", ["x", "one"], "a"),
    node("Div", ["a", "two"], "b"),
    node("Gemm", ["b", "k"], "c"),
    node("Mul", ["two", "c"], "d"),
    node("Sub", ["one", "d"], "y"),
  ], [one, two, tensor("k", [1, 1], new Float32Array([4]))]);
  // 1 - 2 (4 (x - 1) / 2)
  const [layer] = runnableOf(model).layers;
  assertEquals([layer?.weight?.[0], layer?.bias?.[0]], [-4, 5]);
});

const gemm = node("Gemm", ["x", "w", "b"], "y");
const external = [[13, message([1, "location"], [2, "weights.bin"])], [14, 1]] as const;

const refused: Readonly<Record<string, readonly [Parameters<typeof onnxFile>, string]>> = {
  "data in another file": [
    [[gemm], [tensor("w", [2, 3], new Float32Array(), ...external), b]],
    'the tensor "w": its data are in another file, which is never opened',
  ],
  "an unknown operator": [
    [[node("Conv", ["x", "w"], "y")], [w]],
    'the node "the_y" (Conv): its operator is "Conv", which is not read; those that are read are Gemm',
  ],
  "an operator of another domain": [
    [[node("Gemm", ["x", "w"], "y", {}, "com.microsoft")], [w]],
    'its operator is "com.microsoft.Gemm"',
  ],
  "an operator called like a property": [
    [[node("constructor", ["x", "w"], "y")], [w]],
    'its operator is "constructor"',
  ],
  "a branch": [
    [[node("Relu", ["x"], "a"), node("Add", ["a", "x"], "y")], []],
    'the node "the_y" (Add): it takes "a" and "x", where the node before gives "a"; only a chain',
  ],
  "a node that goes back": [
    [[node("Relu", ["x"], "a"), node("Tanh", ["x"], "y")], []],
    'it takes "x", where the node before gives "a"',
  ],
  "a loop": [[[node("Relu", ["y"], "y")], []], 'it takes "y", where the node before gives "x"'],
  "two inputs": [[[gemm], [w, b], ["x", "x2"]], "has 2 inputs; one is read"],
  "an output of no node": [
    [[node("Relu", ["x"], "z")], []],
    'its output is "y", its last node gives "z"',
  ],
  "transA": [
    [[node("Gemm", ["x", "w"], "y", { transA: 1 })], [w]],
    'the node "the_y" (Gemm): it has transA, which is not read',
  ],
  "a matrix that is no constant": [[[node("MatMul", ["x", "x"], "y")], []], 'it takes "x" and "x"'],
  "a shape of more numbers": [
    [[gemm], [tensor("w", [2, 4], six), b]],
    'the tensor "w": its shape [2, 4] of float32 needs 32 bytes; it has 24',
  ],
  "a shape of a terabyte": [
    [[gemm], [tensor("w", [2 ** 20, 2 ** 18], six), b]],
    "274877906944 numbers; at most 134217728 (512 MiB) are read",
  ],
  "a negative axis": [
    [[gemm], [tensor("w", [-2, 3], six), b]],
    "every axis of a shape must be a whole",
  ],
  "two tensors of one name": [[[gemm], [w, w, b]], 'has the tensor "w" twice'],
  "a Softmax along rows": [
    [[node("Softmax", ["x"], "y", { axis: 0 })], []],
    "its axis is 0; the last one is read",
  ],
  "a bias of another length": [
    [[gemm], [w, tensor("b", [2], six.subarray(0, 2))]],
    "its bias has the shape [2]; 3 numbers are needed",
  ],
};

for (const [what, [args, text]] of Object.entries(refused)) {
  Deno.test(`readOnnx() refuses ${what} in one line`, async () => {
    const error = await assertRejects(() => read(...args), ModelFileError, text);
    assertEquals(/^"m\.onnx"[^\n]*$/.test(error.message), true, error.message);
  });
}

Deno.test("readOnnx() refuses fields without end before they fill the memory", async () => {
  // A million empty nodes in two megabytes.
  const graph = new Uint8Array(2e6);
  for (let i = 0; i < graph.length; i += 2) graph[i] = 0x0a;
  const file = message([8, message([2, 13])], [7, graph]);
  await assertRejects(
    () => readModelBytes("m.onnx", file),
    ModelFileError,
    '"m.onnx" has too many fields for its size',
  );
});

Deno.test("readOnnx() refuses what is none", async () => {
  for (
    const [text, reason] of [["\n\n", "ends early"], ["", "has 0 graphs"], [
      "\x7f",
      "is no message",
    ]]
  ) {
    await assertRejects(
      () => readModelBytes("m.onnx", new TextEncoder().encode(text)),
      ModelFileError,
      reason,
    );
  }
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { input, message, node, onnxFile, tensor } from "./onnx_testing.ts";
import { bytesOf } from "./files_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { FieldBudget } from "./protobuf.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { stackOf } from "./stack.ts";

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

Deno.test("readOnnx() gives a single number as one, which an unfolded stack computes too", async () => {
  const two = tensor("two", [1], new Float32Array([2]));
  const nodes = [
    node("Mul", ["x", "two"], "a"),
    node("Gemm", ["a", "w"], "b"),
    node("Div", ["b", "two"], "c"),
    node("Sub", ["two", "c"], "y"),
  ];
  const model = await read(nodes, [two, w], [input("x", [null, 2])]);
  await using kernel = await createKernel("blocked");
  using network = stackOf(kernel, model);
  // 2 - (2 [1, 1] w) / 2
  assertEquals([...(await network.predict([[1, 1]])).data], [-3, -5, -7]);
});

const ones = (name: string, length: number) =>
  tensor(name, [length], new Float32Array(length).fill(1));
const statistics = ["g", "b", "m", "v"].map((name) => ones(name, 2));
const normalize = node("BatchNormalization", ["x", "g", "b", "m", "v"], "y");
const reshape = node("Reshape", ["x", "s"], "y");
// 7 is int64.
const shape = (...axes: number[]) =>
  message([1, axes.length], [2, 7], [8, "s"], [9, bytesOf(BigInt64Array.from(axes, BigInt))]);

Deno.test("readOnnx() takes data of two axes for rows, in every way to say so", async () => {
  const classesOf = async (...args: Parameters<typeof onnxFile>) =>
    (await read(...args)).layers.map(({ className }) => className);
  assertEquals(await classesOf([normalize], statistics, [input("x", [null, 2])]), [
    "BatchNormalization",
  ]);
  const nodes = [node("Gemm", ["x", "w"], "z"), node("Softmax", ["z"], "y", { axis: 1 })];
  assertEquals(await classesOf(nodes, [w]), ["Dense", "Activation"]);
  for (
    const [target, axes] of [
      [[0, -1], null],
      [[0, -1], [null, 2, 3]],
      [[0, 6], [null, null, 3]],
      [[-1, 6], [null, 2, 3]],
      [[1, 6], [null, 2, 3]],
      [[1, -1], [1, 2, 3]],
      [[5, -1], [5, 2, 3]],
      [[1, 6], [1, 6]],
    ] as const
  ) {
    const inputs = axes ? [input("x", axes)] : ["x"];
    assertEquals(await classesOf([reshape], [shape(...target)], inputs), ["Flatten"], `${target}`);
  }
});

Deno.test("readOnnx() reads how much Dropout leaves out where each version says it", async () => {
  const rateOf = async (...args: Parameters<typeof onnxFile>) =>
    (await read(...args)).layers[0]!.config.rate;
  const rate = tensor("r", [], new Float32Array([0.25]));
  assertEquals(await rateOf([node("Dropout", ["x", "r"], "y")], [rate]), 0.25);
  assertEquals(await rateOf([node("Dropout", ["x"], "y")], []), 0.5);
  assertEquals(await rateOf([node("Dropout", ["x"], "y", { is_test: 1 })], [], ["x"], 6), 0.5);
});

const gemm = node("Gemm", ["x", "w", "b"], "y");
const external = [[13, message([1, "location"], [2, "weights.bin"])], [14, 1]] as const;

const refused: Readonly<Record<string, readonly [Parameters<typeof onnxFile>, string]>> = {
  "data in another file": [
    [[gemm], [tensor("w", [2, 3], new Float32Array(), ...external), b]],
    '"m.onnx" needs the file "weights.bin", which was not given',
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
  "a Softmax of all axes, as before version 13": [
    [[node("Softmax", ["x"], "y")], [], [input("x", [null, 2, 3])], 11],
    "its axis is 1; the last one is read",
  ],
  "a BatchNormalization of three axes": [
    [
      [
        node("BatchNormalization", ["x", "g", "b", "m", "v"], "n"),
        node("Flatten", ["n"], "f"),
        node("MatMul", ["f", "w"], "y"),
      ],
      [...statistics, tensor("w", [4, 1], six.subarray(0, 4))],
      [input("x", [null, 2, 2])],
    ],
    "its axis is 1; the last one is read, and its data are [?, 2, 2]",
  ],
  "a BatchNormalization of data of any shape": [
    [[normalize], statistics],
    "and the file does not say how many axes its data have",
  ],
  "a BatchNormalization that trains, as those before version 7 do": [
    [[normalize], statistics, [input("x", [null, 2])], 6],
    "it is in training mode",
  ],
  "a Dropout that trains": [
    [[node("Dropout", ["x", "", "t"], "y")], [ones("t", 1)]],
    "it is in training mode",
  ],
  "a Reshape of all rows to others": [
    [[reshape], [shape(-1, 2)]],
    "its shape is [-1, 2]; it is read where each row stays one: [0, -1], or",
  ],
  "a Reshape of a row to a column": [
    [[reshape], [shape(4, 1)], [input("x", [1, 4])]],
    "its shape is [4, 1] and its data are [1, 4]",
  ],
  "a Reshape of a batch to one row": [
    [[reshape], [shape(1, -1)], [input("x", [null, 4])]],
    "its shape is [1, -1] and its data are [?, 4]",
  ],
  "a Reshape to no rows": [
    [[node("Reshape", ["x", "s"], "y", { allowzero: 1 })], [shape(0, -1)]],
    "its shape is [0, -1]",
  ],
  "a Reshape to other rows": [
    [[reshape], [shape(-1, 2)], [input("x", [null, 2, 2])]],
    "its shape is [-1, 2] and its data are [?, 2, 2]",
  ],
  "a Flatten of two axes for the batch": [
    [[node("Flatten", ["x"], "y", { axis: -1 })], [], [input("x", [null, 2, 2])]],
    "its axis is -1; 1 is read",
  ],
  "a constant of more axes than the data": [
    [[node("Mul", ["x", "c"], "y")], [tensor("c", [1, 1, 2], six.subarray(0, 2))]],
    "its constant has the shape [1, 1, 2]; its data have 2 axes",
  ],
  "a constant that makes more columns": [
    [
      [node("Add", ["x", "c"], "y")],
      [tensor("c", [3], six.subarray(0, 3))],
      [input("x", [null, 1])],
    ],
    "its constant has 3 numbers; its data have 1 columns",
  ],
  "a constant for each row, as before version 7": [
    [
      [node("Add", ["x", "c"], "y", { axis: 0, broadcast: 1 })],
      [tensor("c", [2], six.subarray(0, 2))],
      [input("x", [2, 2])],
      6,
    ],
    "its axis is 0; the last one is read",
  ],
  "arithmetic with whole numbers": [
    [[node("Div", ["x", "c"], "y")], [ones("c", 1)], [input("x", [null, 2], 2)]],
    "its data are whole numbers (data type 2); they are read behind a Cast",
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

Deno.test("readOnnx() looks at no more fields of a large file than of ten thousand nodes", async () => {
  // Eight million numbers that are no field of a model.
  const file = new Uint8Array(2 ** 24).fill(8);
  const start = new FieldBudget("it", file.length);
  assertThrows(() => start.spend(2 ** 19 + 1), ModelFileError, "it has too many fields");
  await assertRejects(() => readModelBytes("m.onnx", file), ModelFileError, "too many fields");
});

Deno.test("readOnnx() refuses what is none", async () => {
  for (
    const [text, reason] of [
      ["\n\n", "ends early"],
      ["", "has 0 graphs"],
      ["\x7f", "is no message"],
      // The first field has the number 0.
      ["\0\0".repeat(10), "is no message"],
    ] as const
  ) {
    await assertRejects(
      () => readModelBytes("m.onnx", new TextEncoder().encode(text)),
      ModelFileError,
      reason,
    );
  }
});

// What each operator of a chain computes, by its definition, folded and unfolded.
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { ModelFileError } from "./errors.ts";
import { input, message, node, onnxFile, tensor } from "./onnx_testing.ts";
import { bytesOf } from "./files_testing.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sequentialOf } from "./sequential.ts";
import { stackOf } from "./stack.ts";

const x = [[-4, -1.5, -0.25, 0], [0.3, 0.75, 2, 7]] as const;
const identity = tensor(
  "i",
  [4, 4],
  Float32Array.from({ length: 16 }, (_, i) => i % 5 === 0 ? 1 : 0),
);
const numbers = (name: string, values: readonly number[], shape = [values.length]) =>
  tensor(name, shape, new Float32Array(values));

type Pointwise = (z: number, column: number) => number;
type Operator = readonly [
  operator: string,
  want: Pointwise | { readonly rows: (row: readonly number[]) => readonly number[] },
  attributes?: Parameters<typeof node>[3],
  constants?: readonly Uint8Array[],
  extra?: {
    readonly before?: readonly string[];
    readonly opset?: number;
    readonly domain?: string;
  },
];

const clamp = (z: number, low: number, high: number) => Math.min(Math.max(z, low), high);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const softplus = (z: number) => Math.log1p(Math.exp(z));
const rowSoftmax = (row: readonly number[]) => {
  const powers = row.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};

const operators: readonly Operator[] = [
  ["Relu", (z) => Math.max(z, 0)],
  ["LeakyRelu", (z) => z < 0 ? 0.01 * z : z],
  ["LeakyRelu", (z) => z < 0 ? 0.3 * z : z, { alpha: { float: 0.3 } }],
  ["Elu", (z) => z < 0 ? 2 * Math.expm1(z) : z, { alpha: { float: 2 } }],
  ["Celu", (z) => z < 0 ? 0.5 * Math.expm1(z / 0.5) : z, { alpha: { float: 0.5 } }],
  ["Selu", (z) => 1.05070102 * (z < 0 ? 1.67326319 * Math.expm1(z) : z)],
  ["Softplus", softplus],
  ["Softsign", (z) => z / (1 + Math.abs(z))],
  ["Sigmoid", sigmoid],
  ["Tanh", Math.tanh],
  ["HardSigmoid", (z) => clamp(0.2 * z + 0.5, 0, 1)],
  ["HardSigmoid", (z) => clamp(z / 6 + 0.5, 0, 1), { alpha: { float: 1 / 6 } }],
  ["HardSwish", (z) => z * clamp(z / 6 + 0.5, 0, 1)],
  ["Mish", (z) => z * Math.tanh(softplus(z))],
  ["Gelu", (z) => z / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))), {
    approximate: "tanh",
  }],
  ["Exp", Math.exp],
  ["ThresholdedRelu", (z) => z > 1 ? z : 0],
  ["Clip", (z) => clamp(z, 0, 6), {}, [numbers("lo", [0], []), numbers("hi", [6], [])]],
  ["Clip", (z) => clamp(z, -1, 1), {}, [numbers("lo", [-1], []), numbers("hi", [1], [])]],
  ["Clip", (z) => clamp(z, 0, 6), { min: { float: 0 }, max: { float: 6 } }, [], { opset: 9 }],
  ["PRelu", (z) => z < 0 ? 0.25 * z : z, {}, [numbers("slope", [0.25])]],
  ["PRelu", (z, j) => z < 0 ? (j + 1) * z : z, {}, [numbers("slope", [1, 2, 3, 4])]],
  ["Identity", (z) => z],
  ["Dropout", (z) => z],
  ["Flatten", (z) => z],
  ["Cast", (z) => z, { to: 1 }],
  ["Softmax", { rows: rowSoftmax }],
  ["Softmax", { rows: rowSoftmax }, { axis: 1 }, [], { opset: 11 }],
  ["LogSoftmax", { rows: (row) => rowSoftmax(row).map(Math.log) }],
  ["Add", (z, j) => z + j, {}, [numbers("c", [0, 1, 2, 3])], { before: ["c"] }],
  ["Sub", (z) => 3 - z, {}, [numbers("c", [3], [])], { before: ["c"] }],
  ["Mul", (z, j) => z * j, {}, [numbers("c", [0, 1, 2, 3], [1, 4])]],
  ["Div", (z) => z / 4, {}, [numbers("c", [4])]],
  [
    "BatchNormalization",
    (z, j) => (z - j) / Math.sqrt(4 + 1e-5) * (j + 1) + 0.5,
    {},
    [
      numbers("g", [1, 2, 3, 4]),
      numbers("b", [0.5, 0.5, 0.5, 0.5]),
      numbers("m", [0, 1, 2, 3]),
      numbers("v", [4, 4, 4, 4]),
    ],
  ],
  ["Scaler", (z, j) => (z - j) * 0.5, { offset: [0, 1, 2, 3], scale: [0.5] }, [], {
    domain: "ai.onnx.ml",
  }],
  [
    "LinearRegressor",
    { rows: (row) => [1, 2, 3, 4].map((factor, i) => factor * row[0]! + row[3]! + i) },
    {
      targets: 4,
      coefficients: [1, 0, 0, 1, 2, 0, 0, 1, 3, 0, 0, 1, 4, 0, 0, 1],
      intercepts: [0, 1, 2, 3],
    },
    [],
    { domain: "ai.onnx.ml" },
  ],
];

Deno.test("readOnnx() reads each operator as what it computes, folded and unfolded", async () => {
  await using kernel = await createKernel("blocked");
  for (const [operator, want, attributes, constants = [], extra = {}] of operators) {
    const { before = [], opset = 18, domain } = extra;
    const inputs = before.length > 0
      ? [...before, "x"]
      : ["x", ...constantNames(operator, constants.length)];
    const bytes = onnxFile(
      [node(operator, inputs, "z", attributes, domain), node("MatMul", ["z", "i"], "y")],
      [...constants, identity],
      [input("x", [null, 4])],
      opset,
    );
    const stored = await readModelBytes("m.onnx", bytes);
    using folded = sequentialOf(kernel, runnableOf(stored));
    using stack = stackOf(kernel, stored);
    const given = x.map((row) => [...row]);
    for (const network of [folded, stack]) {
      const { data } = await network.predict(given);
      const right = x.flatMap((row) =>
        typeof want === "function" ? row.map((z, j) => want(z, j)) : want.rows(row)
      );
      for (const [i, value] of right.entries()) {
        assertAlmostEquals(data[i]!, value, 2e-6 * Math.max(1, Math.abs(value)), operator);
      }
    }
  }
});

function constantNames(operator: string, count: number): string[] {
  const names = operator === "Clip"
    ? ["lo", "hi"]
    : operator === "PRelu"
    ? ["slope"]
    : operator === "BatchNormalization"
    ? ["g", "b", "m", "v"]
    : ["c"];
  return names.slice(0, count);
}

const integers = (name: string, values: readonly number[]) =>
  message([1, values.length], [2, 7], [8, name], [
    9,
    bytesOf(new BigInt64Array(values.map(BigInt))),
  ]);

Deno.test("readOnnx() reads Reshape, Squeeze and Unsqueeze where each example stays one", async () => {
  await using kernel = await createKernel("blocked");
  const matrix = numbers("w", [1, 2, 4, 8, 16, 32, 64, 128], [8, 1]);
  const chains: readonly (readonly [nodes: Uint8Array[], tensors: Uint8Array[]])[] = [
    [
      [
        node("Reshape", ["x", "s"], "a"),
        node("Flatten", ["a"], "b"),
        node("Gemm", ["b", "w"], "y"),
      ],
      [integers("s", [0, 2, -1])],
    ],
    [
      [
        node("Unsqueeze", ["x", "s"], "a"),
        node("Relu", ["a"], "c"),
        node("Squeeze", ["c", "s"], "b"),
        node("Gemm", ["b", "w"], "y"),
      ],
      [integers("s", [1])],
    ],
    [
      [
        node("Unsqueeze", ["x", "s"], "a"),
        node("Reshape", ["a", "t"], "b"),
        node("Gemm", ["b", "w"], "y"),
      ],
      [integers("s", [-1]), integers("t", [-1, 8])],
    ],
  ];
  for (const [i, [nodes, tensors]] of chains.entries()) {
    const bytes = onnxFile(nodes, [...tensors, matrix], [input("x", [null, 8])]);
    const stored = await readModelBytes("m.onnx", bytes);
    for (const network of [sequentialOf(kernel, runnableOf(stored)), stackOf(kernel, stored)]) {
      using own = network;
      const { data } = await own.predict([[1, 2, 3, 4, 5, 6, 7, 8]]);
      assertEquals([...data], [1793], `chain ${i}`);
    }
  }
});

Deno.test("readOnnx() reads a Softmax along the rows of examples, as both ways compute it", async () => {
  await using kernel = await createKernel("blocked");
  const stored = await readModelBytes(
    "m.onnx",
    onnxFile(
      [
        node("Softmax", ["x"], "a", { axis: 1 }),
        node("Flatten", ["a"], "b"),
        node("Gemm", ["b", "i"], "y"),
      ],
      [identity],
      [input("x", [null, 2, 2])],
    ),
  );
  using folded = sequentialOf(kernel, runnableOf(stored));
  const { data } = await folded.predict([[0, 1, Math.log(3), 1]]);
  for (const [i, want] of [0.25, 0.5, 0.75, 0.5].entries()) {
    assertAlmostEquals(data[i]!, want, 1e-6);
  }
  using stack = stackOf(kernel, stored);
  using given = kernel.tensor([1, 2, 2], [0, 1, Math.log(3), 1]);
  using y = stack.predict(given);
  assertEquals(await y.read(), data);
});

Deno.test("readOnnx() refuses what would not keep each example one", async () => {
  const refused = async (own: Uint8Array, axes: readonly (number | null)[], text: string) => {
    const bytes = onnxFile([own], [integers("s", [0]), integers("t", [2])], [input("x", axes)]);
    await assertRejects(() => readModelBytes("m.onnx", bytes), ModelFileError, text);
  };
  await refused(node("Squeeze", ["x", "s"], "y"), [1, 4], "it takes out the axes [0] of [1, 4]");
  await refused(node("Squeeze", ["x", "t"], "y"), [null, 2, 4], "those of length 1 are");
  await refused(node("Unsqueeze", ["x", "s"], "y"), [null, 4], "axes behind the first are");
  await refused(node("Unsqueeze", ["x", "t"], "y"), [null, null], "where the axes of its data are");
  const normalizer = node("Normalizer", ["x"], "y", { norm: "L2" }, "ai.onnx.ml");
  await refused(
    normalizer,
    [null, 4],
    'its operator is "ai.onnx.ml.Normalizer", which is not read',
  );
});

Deno.test("readOnnx() reads activations that PyTorch writes as several nodes", async () => {
  await using kernel = await createKernel("blocked");
  const erf = (z: number) => {
    let sum = 0;
    for (let n = 0, term = z; n < 90; n++, term *= -z * z / n) sum += term / (2 * n + 1);
    return 2 / Math.sqrt(Math.PI) * sum;
  };
  const gelu = (z: number) => z / 2 * (1 + erf(z / Math.SQRT2));
  const constants = [
    numbers("root", [Math.SQRT2], []),
    numbers("inverse", [Math.SQRT1_2], []),
    numbers("one", [1], []),
    numbers("half", [0.5], []),
  ];
  const forms: readonly (readonly [want: Pointwise, nodes: readonly Uint8Array[]])[] = [
    [(z) => z * sigmoid(z), [node("Sigmoid", ["x"], "a"), node("Mul", ["x", "a"], "z")]],
    [(z) => z * sigmoid(z), [node("Sigmoid", ["x"], "a"), node("Mul", ["a", "x"], "z")]],
    [(z) => z * clamp(z / 6 + 0.5, 0, 1), [
      node("HardSigmoid", ["x"], "a", { alpha: { float: 1 / 6 } }),
      node("Mul", ["x", "a"], "z"),
    ]],
    [(z) => z * Math.tanh(softplus(z)), [
      node("Softplus", ["x"], "a"),
      node("Tanh", ["a"], "b"),
      node("Mul", ["x", "b"], "z"),
    ]],
    [gelu, [
      node("Div", ["x", "root"], "a"),
      node("Erf", ["a"], "b"),
      node("Add", ["b", "one"], "c"),
      node("Mul", ["x", "c"], "d"),
      node("Mul", ["d", "half"], "z"),
    ]],
    [gelu, [
      node("Mul", ["x", "inverse"], "a"),
      node("Erf", ["a"], "b"),
      node("Add", ["one", "b"], "c"),
      node("Mul", ["half", "c"], "d"),
      node("Mul", ["x", "d"], "z"),
    ]],
  ];
  const last = node("MatMul", ["z", "i"], "y");
  const file = (nodes: readonly Uint8Array[], ...more: readonly Uint8Array[]) =>
    readModelBytes(
      "m.onnx",
      onnxFile([...nodes, last], [identity, ...constants, ...more], [input("x", [null, 4])]),
    );
  for (const [i, [want, nodes]] of forms.entries()) {
    const stored = await file(nodes);
    assertEquals(stored.layers.length, 2);
    using network = sequentialOf(kernel, runnableOf(stored));
    const { data } = await network.predict(x.map((row) => [...row]));
    for (const [at, z] of x.flat().entries()) {
      assertAlmostEquals(data[at]!, want(z, 0), 2e-6 * Math.max(1, Math.abs(z)), `form ${i}`);
    }
  }
  const refused = (nodes: readonly Uint8Array[], text: string) =>
    assertRejects(() => file(nodes), ModelFileError, text);
  // What is no gate is the branch that it is.
  await refused(
    [node("HardSigmoid", ["x"], "a"), node("Mul", ["x", "a"], "z")],
    'it takes "x" and "a", where the node before gives "a"; only a chain is read',
  );
  await refused(
    [node("Sigmoid", ["x"], "a"), node("Mul", ["a", "a"], "z")],
    'it takes "a" and "a"',
  );
  await refused(
    [
      node("Div", ["x", "half"], "a"),
      node("Erf", ["a"], "b"),
      node("Add", ["b", "one"], "c"),
      node("Mul", ["x", "c"], "d"),
      node("Mul", ["d", "half"], "z"),
    ],
    'its operator is "Erf", which is not read',
  );
  // What is made on the way is not to be had behind it.
  await refused(
    [node("Sigmoid", ["x"], "a"), node("Mul", ["x", "a"], "b"), node("Add", ["b", "a"], "z")],
    'it takes "b" and "a"',
  );
});

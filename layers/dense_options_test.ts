import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, MemoryError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { TensorData } from "../kernels/data.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { matmul } from "./matmul.ts";
import { Sequential } from "./sequential.ts";

const names =
  "units, activation, useBias, kernelInitializer, biasInitializer, seed, name, trainable, activityRegularizer, kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint, loraRank, loraAlpha, quantization and quantizationConfig";

/** Options that are refused, with what the message must say. */
const refused: readonly (readonly [options: unknown, says: string])[] = [
  [undefined, "Dense takes a kernel and then its options: new Dense(kernel, { … })"],
  [null, `Dense takes its options as an object, there are ${names}; got null`],
  [4, "got 4"],
  [[4], "got an array of 1"],
  [{ unitz: 2 }, `Dense has no option "unitz"; there are ${names}`],
  [
    { units: 1, kernelRegularizer: "typo" },
    'Could not interpret regularizer identifier: "typo"; there are l1, l2, l1l2',
  ],
  [{ units: 1, kernelRegularizer: "l1_l2" }, 'regularizer identifier: "l1_l2"; a regularizer is'],
  [
    { units: 1, biasRegularizer: { name: "l1", l1: -1 } },
    "Invalid value for argument l1: expected a non-negative float. Received: l1=-1",
  ],
  [
    { units: 1, kernelConstraint: "typo" },
    'Could not interpret constraint identifier: "typo"; there are max_norm',
  ],
  [{ units: 1, kernelConstraint: { name: "max_norm", rate: 1 } }, 'has no option "rate"'],
  [{ units: 1, loraRank: 0 }, "loraRank must be a whole number above 0; got 0"],
  [{ units: 1, quantization: "int3" }, 'quantization must be "int8", "int4" or null; got "int3"'],
  [{ units: 1, trainable: "yes" }, 'Expected `trainable` to be a boolean. Received: "yes"'],
  [{ units: 1, typo: undefined }, 'no option "typo"'],
  [{ units: Symbol("two") }, "Received: units=a symbol"],
  [{ units: 2n }, "Received: units=2n"],
  [{ units: true }, "Received: units=true"],
  [{ units: [2] }, "Received: units=an array of 1"],
  [{ units: 2 ** 53 }, "expected a positive integer"],
  [{ units: 1, useBias: "no" }, `Dense's option useBias must be true or false; got "no"`],
  [{ units: 1, useBias: null }, "true or false; got null"],
  [{ units: "2" }, 'Received: units="2"'],
  [
    { units: 1, name: 3 },
    "Dense's option name must be a text without a slash, and not an empty one; got 3",
  ],
  [{ units: 1, name: "a/b" }, 'and not an empty one; got "a/b"'],
  [{ units: 1, name: "" }, 'and not an empty one; got ""'],
  [{ units: 1, name: null }, "got null"],
  [{ units: 1, seed: "x" }, `seed must be a whole number from 0 to 2^32 - 1; got "x"`],
  [{ units: 1, seed: -1 }, "got -1"],
  [{ units: 1, seed: 0.5 }, "got 0.5"],
  [{ units: 1, seed: 2 ** 32 }, "got 4294967296"],
  [{ units: 1, seed: NaN }, "got NaN"],
  [{ units: 1, seed: null }, "got null"],
  [{ units: 1, activation: Math.tanh }, "an activation as a function takes an expression"],
  [{ units: 1, activation: { slope: 1 } }, "activation function identifier: an object"],
  [{ units: 1, activation: "Relu" }, 'identifier: "Relu"; there are linear, relu'],
  [{ units: 1, activation: "toString" }, 'identifier: "toString"'],
];

const badInitializers: readonly (readonly [initializer: unknown, says: string])[] = [
  ["typo", 'unknown initializer "typo"; there are glorot_uniform, glorot_normal'],
  ["toString", 'unknown initializer "toString"'],
  [{ name: "typo" }, 'unknown initializer "typo"'],
  [{ name: "ones", seed: "x" }, "'s option seed must be a whole number from 0 to 2^32 - 1"],
  [{ name: "ones", gain: 2 }, 'has no option "gain"; there are name and seed'],
  [{ name: "orthogonal", gain: "2" }, 'gain must be a finite number; got "2"'],
  [
    { name: "variance_scaling", scale: 0 },
    "Argument `scale` must be positive float. Received: scale=0",
  ],
  [{ name: "variance_scaling", mode: "fan" }, 'Invalid `mode` argument: "fan"'],
  [{ name: "variance_scaling", distribution: "gauss" }, 'Invalid `distribution` argument: "gauss"'],
  [{ name: 3 }, "unknown initializer 3"],
  [null, "and orthogonal), { name, seed }"],
  [3, "got 3"],
  [true, "got true"],
  [{}, "got an object"],
  [new ArrayBuffer(8), "got an ArrayBuffer"],
  [new Map(), "got a Map"],
];

Deno.test("Dense() refuses unknown and wrong options by name", async () => {
  await using kernel = await createKernel("naive");
  for (const [options, says] of refused) {
    const error = assertThrows(
      () => new Dense(kernel, options as DenseOptions),
      ArgumentError,
      says,
    );
    assertEquals(error.message.includes("\n"), false);
  }
});

for (const option of ["kernelInitializer", "biasInitializer"] as const) {
  Deno.test(`Dense() refuses what is no ${option}`, async () => {
    await using kernel = await createKernel("naive");
    for (const [initializer, says] of badInitializers) {
      const options = { units: 1, [option]: initializer } as DenseOptions;
      assertThrows(() => new Dense(kernel, options), ArgumentError, says);
    }
  });
}

Deno.test("Dense() takes undefined for every default, and options that are inherited", async () => {
  await using kernel = await createKernel("naive");
  const options = {
    units: 2,
    activation: undefined,
    useBias: undefined,
    kernelInitializer: undefined,
    biasInitializer: undefined,
    seed: undefined,
    name: undefined,
  } as unknown as DenseOptions;
  using layer = new Dense(kernel, options);
  assertEquals([layer.activation, layer.useBias], ["linear", true]);
  using none = new Dense(kernel, { units: 1, activation: null, seed: 0 });
  assertEquals([none.activation, none.seed], ["linear", 0]);
  using inherited = new Dense(kernel, Object.create({ units: 3 }));
  assertEquals(inherited.units, 3);
});

Deno.test("layers refuse what is no kernel", async () => {
  const kernel = createKernel("naive");
  const given: readonly (readonly [unknown, string])[] = [
    [undefined, "a kernel, as await createKernel() makes it; got undefined"],
    ["naive", 'got "naive"'],
    [kernel, "got a Promise, which await turns into its value"],
    [{}, "got an object"],
  ];
  for (const [value, says] of given) {
    const wrong = value as Kernel;
    assertThrows(
      () => new Dense(wrong, { units: 1 }),
      ArgumentError,
      `Dense needs ${says}`.slice(0, 12),
    );
    assertThrows(() => new Dense(wrong, { units: 1 }), ArgumentError, says);
    assertThrows(() => new Sequential(wrong, []), ArgumentError, says);
    assertThrows(() => matmul(wrong, wrong as never, wrong as never), ArgumentError, says);
  }
  await (await kernel)[Symbol.asyncDispose]();
});

Deno.test("Sequential() refuses what is no layer", async () => {
  await using kernel = await createKernel("naive");
  const of = (layers: unknown) => () => new Sequential(kernel, layers as Dense[]);
  using layer = new Dense(kernel, { units: 1 });
  assertThrows(of(null), ArgumentError, "takes an array of layers; got null");
  assertThrows(of(layer), ArgumentError, "takes an array of layers; got a Dense");
  assertThrows(of([layer, undefined]), ArgumentError, "layer 1 of a Sequential must be a layer");
  assertThrows(of([{ units: 2 }]), ArgumentError, "got an object");
  assertThrows(of([null]), ArgumentError, "got null");
});

Deno.test("forward() and predict() refuse what is no tensor, before the layer is built", async () => {
  await using kernel = await createKernel("naive");
  await using other = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, name: "d" });
  const gone = kernel.tensor([1, 2]);
  gone[Symbol.dispose]();
  const wrong: readonly (readonly [unknown, typeof ArgumentError, string])[] = [
    [
      undefined,
      ArgumentError,
      'Input 0 of layer "d" must be a tensor, as kernel.tensor() makes it; got',
    ],
    [null, ArgumentError, "got null"],
    [5, ArgumentError, "got 5"],
    ["x", ArgumentError, 'got "x"'],
    [[[1, 2]], ArgumentError, "got an array of 1"],
    [new Float32Array(2), ArgumentError, "got a Float32Array of 2"],
    [{ shape: [1, 2] }, ArgumentError, "got an object"],
    [Promise.resolve(gone), ArgumentError, "got a Promise"],
    [gone, OwnershipError, 'Input 0 of layer "d" was disposed'],
    [
      other.tensor([1, 2]),
      OwnershipError,
      `must belong to the kernel "naive"; it belongs to another kernel of that name`,
    ],
  ];
  for (const [value, type, says] of wrong) {
    assertThrows(() => layer.forward(value as Tensor), type, says);
    // For results alone layers and models take plain data too.
    if (Array.isArray(value) || value instanceof Float32Array) continue;
    assertThrows(() => layer.predict(value as Tensor), type, says);
    using model = new Sequential(kernel, [new Dense(kernel, { units: 1, name: "d" })]);
    assertThrows(() => model.predict(value as Tensor), type, says);
  }
  using x = kernel.tensor([1, 2]);
  const forward = (options: unknown) => () => layer.forward(x, options as object);
  assertThrows(forward({ trainning: false }), ArgumentError, '"trainning"; there is training');
  assertThrows(forward({ training: "no" }), ArgumentError, "training must be true or false");
  assertThrows(forward(null), ArgumentError, "got null");
  assertThrows(forward(false), ArgumentError, "got false");
  assertEquals(layer.built, false);
});

Deno.test("build() refuses what is no shape", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, name: "d" });
  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, 'layer "d" is built for the shape of its input, such as [null, 3]; got undefined'],
    [3, "got 3"],
    ["3", 'got "3"'],
    [[null, "3"], 'must be a whole number >= 0; got [null, "3"]'],
    [[null, null], "got [null, null]"],
    [[Symbol("x")], "got [a symbol]"],
    [[], "got []"],
    [[null, -1], "got [null, -1]"],
  ];
  for (const [shape, says] of wrong) {
    assertThrows(() => layer.build(shape as number[]), ShapeError, says);
    using model = new Sequential(kernel, [new Dense(kernel, { units: 1, name: "d" })]);
    assertThrows(() => model.build(shape as number[]), ShapeError, says);
  }
});

// One body for all kernels, since data reach the weights through them.
for (const name of await kernelsHere()) {
  Deno.test(`${name}: more units than memory are a MemoryError with the shape`, async () => {
    await using kernel = await createKernel(name);
    const before = kernel.memory?.();
    for (const inputs of [0, 1, 3]) {
      using layer = new Dense(kernel, { units: 2 ** 40, name: "d" });
      const x = kernel.tensor([1, inputs]);
      const part = inputs === 0 ? "bias [1099511627776]" : `weight [${inputs}, 1099511627776]`;
      const says = `no memory for the ${part} of layer "d"`;
      assertThrows(() => layer.build([null, inputs]), MemoryError, says);
      assertThrows(() => layer.forward(x), MemoryError, says);
      x[Symbol.dispose]();
      assertEquals(layer.built, false);
    }
    assertEquals(kernel.memory?.(), before);
  });

  Deno.test(`${name}: initializers and setWeights() take numbers of every kind`, async () => {
    await using kernel = await createKernel(name);
    const kinds: readonly TensorData[][] = [
      [[1, 2], [3]],
      [new Float64Array([1, 2]), new Int32Array([3])],
      [new Float32Array([1, 2]), new Uint8Array([3])],
    ];
    for (const [weight = [], bias = []] of kinds) {
      const wanted = [new Float32Array([1, 2]), new Float32Array([3])];
      for (const given of [(data: TensorData) => data, (data: TensorData) => () => data]) {
        using layer = new Dense(kernel, {
          units: 1,
          kernelInitializer: given(weight),
          biasInitializer: given(bias),
        });
        layer.build([null, 2]);
        assertEquals(await layer.getWeights(), wanted);
      }
      using layer = new Dense(kernel, { units: 1 });
      layer.build([null, 2]);
      layer.setWeights([weight, bias]);
      assertEquals(await layer.getWeights(), wanted);
    }
  });

  Deno.test(`${name}: setWeights() sets nothing where one of them is no data`, async () => {
    await using kernel = await createKernel(name);
    using layer = new Dense(kernel, { units: 2, kernelInitializer: [7, 8], name: "d" });
    layer.build([null, 1]);
    const before = layer.weights.map(({ version }) => version);
    const wrong: readonly (readonly [unknown, string])[] = [
      [undefined, 'setWeights() of layer "d" takes an array with the values of each weight'],
      [new Float32Array(2), "got a Float32Array of 2"],
      [[[1, 2], undefined], 'layer "d" weight [2] needs 2 values; got undefined'],
      [[[1, 2], [1, "2"]], `needs 2 values; got an array whose element 1 is "2"`],
      [[[1, 2], [[1], [2]]], "element 0 is an array of 1"],
      [[[1, 2], new BigInt64Array(2)], "got a BigInt64Array of 2"],
      [[new ArrayBuffer(8), [1, 2]], 'layer "d" weight [1, 2] needs 2 values; got an ArrayBuffer'],
    ];
    for (const [values, says] of wrong) {
      assertThrows(() => layer.setWeights(values as TensorData[]), ArgumentError, says);
    }
    assertThrows(() => layer.setWeights([[1, 2], [1, 2, 3]]), ShapeError, "needs 2 values; got 3");
    assertEquals(await layer.getWeights(), [new Float32Array([7, 8]), new Float32Array(2)]);
    assertEquals(layer.weights.map(({ version }) => version), before);
  });
}

Deno.test("a weight that a kernel has no room for is a MemoryError with the shape", async () => {
  await using kernel = await createKernel("wasm-simd");
  using layer = new Dense(kernel, { units: 2 ** 31, name: "d" });
  assertThrows(
    () => layer.build([null, 2]),
    MemoryError,
    'weight [2, 2147483648] of layer "d": no memory for',
  );
});

Deno.test("an initializer that fails leaves the layer unbuilt, and no memory taken", async () => {
  await using kernel = await createKernel("naive");
  const fails = () => {
    throw new TypeError("mine");
  };
  for (const options of [{ kernelInitializer: fails }, { biasInitializer: fails }]) {
    using layer = new Dense(kernel, { units: 1, ...options });
    assertThrows(() => layer.build([null, 3]), TypeError, "mine");
    assertEquals([layer.built, layer.weights, kernel.memory!()], [false, [], 0]);
  }
  using layer = new Dense(kernel, { units: 1, biasInitializer: () => "x" as unknown as number[] });
  assertThrows(
    () => layer.build([null, 3]),
    ArgumentError,
    'an initializer for the shape [1] must give 1 float32 values; got "x"',
  );
});

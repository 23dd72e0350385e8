import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { Sequential } from "./sequential.ts";

const here = await kernelsHere();

Deno.test("predict() feeds each layer the result of the one before", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential(kernel, [
    new Dense(kernel, { units: 2, kernelInitializer: "ones", activation: "relu" }),
    new Dense(kernel, { units: 1, kernelInitializer: "ones", biasInitializer: "ones" }),
  ]);
  using x = kernel.tensor([2, 2], new Float32Array([1, 2, -5, 1]));
  using y = model.predict(x);
  assertEquals([...await y.read()], [7, 1]);
  assertEquals(x.disposed, false);
});

Deno.test("Sequential throws where it has no layers, and for layers of another kernel", async () => {
  await using kernel = await createKernel("naive");
  await using other = await createKernel("blocked");
  using x = kernel.tensor([1, 1]);
  for (
    const empty of [
      new Sequential(),
      new Sequential(undefined),
      new Sequential([]),
      new Sequential(kernel),
      new Sequential(kernel, undefined),
    ]
  ) {
    for (const use of ["forward", "predict", "backward"] as const) {
      assertThrows(() => empty[use](x), ArgumentError, "needs at least one layer");
    }
    assertThrows(() => empty.build([null, 1]), ArgumentError, "needs at least one layer");
    assertThrows(() => empty.setWeights([]), ArgumentError, "needs at least one layer");
    assertEquals([empty.weights, empty.gradients, empty.countParams(), empty.built], [
      [],
      [],
      0,
      false,
    ]);
  }
  assertThrows(
    () => new Sequential(kernel, [new Dense(other, { units: 1, name: "d" })]),
    OwnershipError,
    `layer "d" is on the kernel "blocked", the Sequential on "naive"`,
  );
  await using same = await createKernel("naive");
  assertThrows(
    () => new Sequential(kernel, [new Dense(same, { units: 1, name: "d" })]),
    OwnershipError,
    `layer "d" is on the kernel "naive", the Sequential on another kernel of that name`,
  );
});

Deno.test("predict() passes on the error of a layer", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential(kernel, [new Dense(kernel, { units: 1 })]);
  using x = kernel.tensor([4]);
  assertThrows(() => model.predict(x), ShapeError, "expected min_ndim=2");
});

/** Two layers on whole numbers, and one linear layer alone. */
function twoLayers(kernel: Kernel): Sequential<Dense> {
  return new Sequential([
    new Dense(kernel, {
      name: "a",
      units: 2,
      activation: "relu",
      kernelInitializer: [1, -1, 2, 3],
    }),
    new Dense(kernel, { name: "b", units: 1, kernelInitializer: [5, 7], biasInitializer: [1] }),
  ]);
}

const values = async (tensors: readonly Tensor[]) =>
  (await Promise.all(tensors.map((tensor) => tensor.read()))).map((each) => [...each]);

Deno.test("forward() and backward() go through all layers, on every kernel", async () => {
  for (const name of here) {
    await using kernel = await createKernel(name);
    using model = twoLayers(kernel);
    using x = kernel.tensor([2, 2], [1, 2, -3, 1]);
    using y = model.forward(x);
    using dx = model.backward(kernel.tensor([2, 1], [1, 10]));
    // Rows [1, 2] and [-3, 1] give z [5, 5] and [-1, 6], of which relu keeps 5, 5 and 6.
    assertEquals(await values([y, dx, ...model.gradients]), [
      [61, 43],
      [5 - 7, 10 + 21, -70, 210],
      [5, 7 - 210, 10, 14 + 70],
      [5, 77],
      [5, 65],
      [11],
    ], name);
  }
});

Deno.test("backward() of a stack agrees with differences of its results", async () => {
  await using kernel = await createKernel("blocked");
  const units = [5, 4, 3];
  using model = new Sequential(
    units.map((units, i) =>
      new Dense(kernel, {
        units,
        activation: (["gelu", "tanh", "softmax"] as const)[i]!,
        seed: i + 1,
      })
    ),
  );
  const input = [0.3, -0.2, 0.5, 0.1];
  const dy = [0.2, -0.5, 0.7];
  const loss = async (at: number, change: number) => {
    using x = kernel.tensor([1, 4], input.map((value, i) => i === at ? value + change : value));
    using y = model.predict(x);
    return (await y.read()).reduce((sum, value, i) => sum + value * dy[i]!, 0);
  };
  using x = kernel.tensor([1, 4], input);
  using _y = model.forward(x);
  using dx = model.backward(kernel.tensor([1, 3], dy));
  for (const [i, value] of (await dx.read()).entries()) {
    const difference = (await loss(i, 2 ** -7) - await loss(i, -(2 ** -7))) * 2 ** 6;
    assertAlmostEquals(value, difference, 1e-4);
  }
});

Deno.test("backward() of a stack takes the pass that is named, and asks where that is not clear", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  using one = kernel.tensor([1, 2], [1, 2]);
  using other = kernel.tensor([1, 2], [3, 4]);
  using dy = kernel.tensor([1, 1], [1]);
  const y = model.forward(one);
  const given = model.forward(other);
  assertThrows(() => model.backward(dy), ArgumentError, 'Sequential "sequential_');
  model.backward(dy, y);
  assertEquals(await values(model.gradients), [[5, 7, 10, 14], [5, 7], [5, 5], [1]]);
  // The other one is given up, so that the next is clear.
  given[Symbol.dispose]();
  const again = model.forward(one);
  model.backward(dy, again);
  model.predict(other);
  model.backward(dy);
  assertEquals(await values(model.gradients), [[5, 7, 10, 14], [5, 7], [5, 5], [1]]);
  // A layer that is called by itself between has its own pass.
  model.forward(one);
  using _ = model.layers[0]!.forward(other);
  model.backward(dy);
  assertEquals(await values(model.gradients), [[5, 7, 10, 14], [5, 7], [5, 5], [1]]);
});

Deno.test("backward() of a stack names the layer whose weight was changed", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  using x = kernel.tensor([1, 2], [1, 2]);
  using dy = kernel.tensor([1, 1], [1]);
  assertThrows(() => model.backward(dy), OwnershipError, "needs a forward() before backward()");
  const y = model.forward(x);
  model.layers[0]!.setWeights([[1, 2, 3, 4], [0, 0]]);
  assertThrows(() => model.backward(dy), OwnershipError, 'the weight of layer "a" was changed');
  y[Symbol.dispose]();
  model.forward(x);
  assertThrows(() => model.backward(kernel.tensor([2])), ShapeError, 'dy of layer "b"');
  assertThrows(() => model.backward(3 as never), ArgumentError, "must be a tensor");
  model.add(new Dense(kernel, { units: 2 }));
  assertThrows(() => model.backward(dy), OwnershipError, "another layer between");
});

Deno.test("training a stack frees all that lies between its layers", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  using x = kernel.tensor([1, 2], [1, 2]);
  using dy = kernel.tensor([1, 1], [1]);
  const step = () => {
    using _y = model.forward(x);
    using _dx = model.backward(dy);
  };
  step();
  const before = kernel.memory!();
  for (let time = 0; time < 3; time++) step();
  model.forward(x)[Symbol.dispose]();
  assertThrows(() => model.forward(kernel.tensor([1, 7])), ShapeError, 'layer "a"');
  step();
  assertEquals(kernel.memory!() - 4 * 7, before);
  model[Symbol.dispose]();
  assertEquals(kernel.memory!() - 4 * 7, x.size * 4 + dy.size * 4);
  assertThrows(() => model.forward(x), OwnershipError, "was disposed");
});

Deno.test("add() builds what is added to a stack that is built, and refuses what does not fit", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential().add(new Dense(kernel, { name: "a", units: 2 }));
  model.build([null, 5, 3]);
  assertEquals(model.add(new Dense(kernel, { name: "b", units: 4 })).built, true);
  assertEquals(model.weights.map(({ shape }) => [...shape]), [[3, 2], [2], [2, 4], [4]]);
  assertEquals(model.weightNames, ["a/weight", "a/bias", "b/weight", "b/bias"]);
  assertEquals(model.countParams(), 6 + 2 + 8 + 4);
  const wrong = new Dense(kernel, { name: "c", units: 1 });
  wrong.build([null, 9]);
  assertThrows(
    () => model.add(wrong),
    ShapeError,
    'layer "c" has 9 inputs, and layer "b" before it gives 4',
  );
  assertThrows(() => model.add(model.layers[0]!), ArgumentError, '"a" is there already');
  for (const layer of [null, undefined, {}, kernel, () => {}]) {
    assertThrows(
      () => model.add(layer as never),
      ArgumentError,
      "layer 2 of a Sequential must be a layer",
    );
  }
  assertThrows(
    () => new Sequential(model.layers[0] as never),
    ArgumentError,
    "takes an array of layers; got a Dense",
  );
  assertThrows(
    () => new Sequential(createKernel("naive") as never),
    ArgumentError,
    "got a Promise",
  );
  assertEquals(model.layers.length, 2);
});

Deno.test("setWeights() of a stack names the layer whose values do not fit, and then writes none", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  assertThrows(() => model.setWeights([]), OwnershipError, "You must build the model");
  model.build([null, 2]);
  const before = await model.getWeights();
  assertEquals(before.map((each) => [...each]), [[1, -1, 2, 3], [0, 0], [5, 7], [1]]);
  const fresh = [[1, 2, 3, 4], [5, 6], [7, 8], [9]];
  assertThrows(
    () => model.setWeights(fresh.slice(1)),
    ShapeError,
    "length 3, but the layer was expecting 4",
  );
  assertThrows(
    () => model.setWeights([...fresh.slice(0, 3), [9, 9]]),
    ShapeError,
    'layer "b" weight [1] needs 1 values',
  );
  assertThrows(() => model.setWeights(5 as never), ArgumentError, "takes an array");
  assertEquals(await model.getWeights(), before);
  model.setWeights(fresh);
  assertEquals((await model.getWeights()).map((each) => [...each]), fresh);
});

Deno.test("summary() says what each layer gives and how many parameters it has", async () => {
  await using kernel = await createKernel("naive");
  using model = twoLayers(kernel);
  const head = `Sequential "${model.name}"

Layer (type)  Output shape  Activation     Params
-------------------------------------------------
`;
  assertEquals(
    model.summary(),
    `${head}a (Dense)     [null, 2]     relu        not built
b (Dense)     [null, 1]     linear      not built
-------------------------------------------------
0 parameters, 0 bytes so far; build([null, inputs]) or the first forward() makes the rest`,
  );
  using x = kernel.tensor([3, 5, 2]);
  using _ = model.predict(x);
  assertEquals(
    Deno.inspect(model).split("\n").slice(4),
    [
      "a (Dense)     [null, 5, 2]  relu             6",
      "b (Dense)     [null, 5, 1]  linear           3",
      "----------------------------------------------",
      "9 parameters, 36 bytes",
    ],
  );
  const [layer] = model.layers;
  assertEquals(Deno.inspect(layer), 'Dense "a": 2 inputs, 2 units, relu, 6 parameters');
  using one = new Dense(kernel, { name: "one", units: 1 });
  one.build([1]);
  assertEquals(Deno.inspect(one), 'Dense "one": 1 input, 1 unit, linear, 2 parameters');
  using short = twoLayers(kernel);
  short.build([2]);
  assertEquals(short.summary().split("\n")[4], "a (Dense)     [null, 2]     relu             6");
  model[Symbol.dispose]();
  assertEquals(
    Deno.inspect([model, layer]),
    `[ Sequential "${model.name}", disposed, Dense "a", disposed ]`,
  );
});

Deno.test("forward() of a stack keeps nothing where it is not one of training", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential(kernel, [new Dense(kernel, { units: 2 })]);
  using x = kernel.tensor([1, 2], [1, 2]);
  using y = model.forward(x, { training: false });
  assertEquals(y.shape, [1, 2]);
  assertThrows(() => model.backward(y), OwnershipError);
  assertThrows(() => model.forward(x, { train: true } as object), ArgumentError, '"train"');
});

Deno.test("quantize() quantizes the Dense layers at any depth, and none where one of them refuses", async () => {
  await using kernel = await createKernel("blocked");
  const dense = (name: string) => new Dense(kernel, { units: 3, name, seed: 1 });
  const layers = [dense("first"), dense("inner"), dense("last")] as const;
  using model = new Sequential([
    layers[0],
    new Sequential([layers[1], new Dropout(kernel, { rate: 0.5, seed: 1 })]),
    layers[2],
  ]);
  const modes = () => layers.map(({ quantizationMode }) => quantizationMode);
  assertThrows(() => model.quantize("int8"), OwnershipError);
  model.build([null, 4]);
  assertThrows(() => model.quantize("int3" as "int8"), ArgumentError);
  assertEquals(modes(), [null, null, null]);
  layers[1].quantize("int8");
  assertThrows(() => model.quantize("int8"), OwnershipError);
  assertEquals(modes(), [null, "int8", null]);
  using whole = new Sequential([dense("a"), new Sequential([dense("b")])]);
  whole.build([null, 4]);
  whole.quantize("int4", { blockSize: 2 });
  assertEquals(
    whole.variables.filter(({ name }) => name.endsWith("kernel_zero")).length,
    2,
  );
});

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../../common/errors.ts";
import { createRandom, normal } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import type { FitOptions } from "./fit_options.ts";
import { adam, sgd } from "./optimizers.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";

const kernels = await formulaKernelsHere();

/** A network of 2 inputs and 3 classes. */
function classifier(kernel: Kernel): Sequential {
  return new Sequential([
    new Dense(kernel, { units: 8, activation: "tanh", seed: 1 }),
    new Dense(kernel, { units: 3, activation: "softmax", seed: 2 }),
  ]);
}

/** Points around three centres, and which. */
function points(count: number): { readonly x: number[][]; readonly labels: number[] } {
  const random = createRandom(3);
  const centres = [[0, 2], [2, -1], [-2, -1]];
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const x = labels.map((label) =>
    centres[label]!.map((c) => Math.fround(c + 0.5 * normal(random)))
  );
  return { x, labels };
}

const compileOptions = {
  optimizer: "adam",
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
} as const;

for (const name of kernels) {
  Deno.test(`${name}: fit() learns, to the same bits again from the same seed`, async () => {
    await using kernel = await createKernel(name);
    const { x, labels } = points(100);
    const run = async (seed: number) => {
      using model = classifier(kernel);
      using optimizer = adam({ learningRate: 0.02 });
      model.compile({ ...compileOptions, optimizer });
      const { epochs, history, stopped } = await model.fit(x, labels, {
        epochs: 8,
        batchSize: 16,
        validationSplit: 0.2,
        seed,
      });
      assertEquals([epochs, stopped], [[1, 2, 3, 4, 5, 6, 7, 8], null]);
      assertEquals(Object.keys(history), ["loss", "accuracy", "val_loss", "val_accuracy"]);
      return { history, weights: await model.getWeights() };
    };
    const before = kernel.memory?.();
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    assertEquals(again, one);
    assert(`${other.weights}` !== `${one.weights}`);
    assertLess(one.history.loss!.at(-1)!, one.history.loss![0]! / 3);
    assertGreater(one.history.val_accuracy!.at(-1)!, 0.9);
    assertEquals(kernel.memory?.(), before);
  });

  Deno.test(`${name}: evaluate() is the mean of all examples, whatever the batch`, async () => {
    await using kernel = await createKernel(name);
    using model = classifier(kernel);
    model.compile(compileOptions);
    const { x, labels } = points(30);
    const y = (await model.predict(x)).toArray() as number[][];
    const costs = y.map((row, i) => -Math.log(row[labels[i]!]!));
    const right = y.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
    for (const batchSize of [1, 7, 30, 1000]) {
      const { loss, accuracy } = await model.evaluate(x, labels, { batchSize });
      assertAllClose([loss!], [costs.reduce((a, b) => a + b, 0) / 30], 1e-6);
      assertAllClose([accuracy!], [right / 30], 1e-7);
    }
    // A weight of 0 leaves an example out of the loss, but is counted among those it is divided by.
    const { loss, accuracy } = await model.evaluate(x, labels, {
      sampleWeight: labels.map((_, i) => i === 4 ? 2 : 0),
    });
    assertAllClose([loss!, accuracy!], [2 * costs[4]! / 30, right / 30], 1e-6);
  });

  Deno.test(`${name}: classWeight is sampleWeight by class, of labels, vectors and bits`, async () => {
    await using kernel = await createKernel(name);
    const { x, labels } = points(30);
    const run = async (y: number[] | number[][], loss: string, options: FitOptions) => {
      using model = classifier(kernel);
      model.compile({ optimizer: "sgd", loss: loss as "mse" });
      await model.fit(x, y, { ...options, batchSize: 8, epochs: 2, shuffle: false });
      return await model.getWeights();
    };
    const classWeight = { 0: 1, 1: 0, 2: 3 };
    const sampleWeight = labels.map((label) => classWeight[label as 0 | 1 | 2]);
    const sparse = "sparse_categorical_crossentropy";
    const expected = await run(labels, sparse, { sampleWeight });
    assertEquals(await run(labels, sparse, { classWeight }), expected);
    assertEquals(
      await run(labels, sparse, { classWeight: new Map([[0, 1], [1, 0], [2, 3]]) }),
      expected,
    );
    const vectors = labels.map((label) => [0, 1, 2].map((j) => j === label ? 1 : 0));
    const dense = await run(vectors, "categorical_crossentropy", { classWeight });
    for (const [i, weights] of dense.entries()) assertAllClose(weights, expected[i]!, 1e-5);
    assert(`${await run(labels, sparse, {})}` !== `${expected}`);
  });

  Deno.test(`${name}: x may be nested arrays, typed arrays with a shape, or a tensor`, async () => {
    await using kernel = await createKernel(name);
    const { x, labels } = points(20);
    using tensor = kernel.tensor([20, 2], x.flat());
    using asTensor = kernel.tensor([20], labels);
    const ways: [Parameters<Sequential["fit"]>[0], Parameters<Sequential["fit"]>[1]][] = [
      [x, labels],
      [x.map((row) => Float64Array.from(row)), Uint8Array.from(labels)],
      [{ shape: [20, 2], data: x.flat() }, labels.map((label) => [label])],
      [tensor, asTensor],
      [{ shape: [20, 2], data: Float32Array.from(x.flat()) }, { shape: [20], data: labels }],
    ];
    const results: string[] = [];
    for (const [given, y] of ways) {
      using model = classifier(kernel);
      model.compile(compileOptions);
      await model.fit(given, y, { seed: 1, validationSplit: 0.25, batchSize: 4 });
      results.push(`${await model.getWeights()}`);
    }
    assertEquals(new Set(results).size, 1);
    assertEquals(tensor.disposed, false);
  });

  Deno.test(`${name}: sequences are rows of examples, with labels and weights for each`, async () => {
    await using kernel = await createKernel(name);
    using model = classifier(kernel);
    model.compile({ ...compileOptions, optimizer: "sgd" });
    const { x, labels } = points(24);
    const group = <T>(list: readonly T[]) =>
      Array.from({ length: 6 }, (_, i) => list.slice(4 * i, 4 * i + 4));
    const flat = await model.evaluate(x, labels);
    const grouped = await model.evaluate(group(x), group(labels), { batchSize: 4 });
    assertAllClose(Object.values(grouped), Object.values(flat), 1e-6);
    const options = { batchSize: 8, shuffle: false, epochs: 2 };
    await model.fit(x, labels, options);
    using other = classifier(kernel);
    other.compile({ ...compileOptions, optimizer: "sgd" });
    await other.fit(group(x), group(labels), { ...options, batchSize: 2 });
    assertEquals(await other.getWeights(), await model.getWeights());
    // A weight for each row, 0 for some, as a mask has it.
    const weights = labels.map((_, i) => i % 3);
    const weighted = await model.evaluate(x, labels, { sampleWeight: weights });
    for (const sampleWeight of [group(weights), group(weights.map((weight) => [weight]))]) {
      const found = await model.evaluate(group(x), group(labels), { sampleWeight, batchSize: 4 });
      assertAllClose(Object.values(found), Object.values(weighted), 1e-6);
    }
  });
}

Deno.test("all kernels make the same steps, within the rounding of float32", async () => {
  const { x, labels } = points(64);
  const all: Float32Array[][] = [];
  for (const name of kernels) {
    await using kernel = await createKernel(name);
    using model = classifier(kernel);
    model.compile(compileOptions);
    await model.fit(x, labels, { seed: 1, epochs: 3, batchSize: 16 });
    all.push(await model.getWeights());
  }
  for (const weights of all) {
    for (const [i, each] of weights.entries()) assertAllClose(each, all[0]![i]!, 1e-5);
  }
});

Deno.test("predict() of plain data gives all results, in batches of any size", async () => {
  await using kernel = await createKernel("blocked");
  using model = classifier(kernel);
  const { x } = points(10);
  const whole = await model.predict(x);
  assertEquals(whole.shape, [10, 3]);
  assertEquals((await model.predict(x, { batchSize: 3 })).data, whole.data);
  using tensor = kernel.tensor([10, 2], x.flat());
  using y = model.predict(tensor);
  assertEquals(await y.read(), whole.data);
  assertEquals((await model.predict([x.slice(0, 5), x.slice(5)])).shape, [2, 5, 3]);
  await assertRejects(() => model.predict(x, { batch: 1 } as object), ArgumentError, "batchSize");
});

Deno.test("fit() says what is wrong with its arguments before it changes anything", async () => {
  await using kernel = await createKernel("blocked");
  await using other = await createKernel("naive");
  using foreign = other.tensor([2, 2], [1, 2, 3, 4]);
  using model = classifier(kernel);
  const x = [[1, 2], [3, 4]];
  await assertRejects(() => model.fit(x, [0, 1]), OwnershipError, "You must call `compile()`");
  model.compile(compileOptions);
  model.build([null, 2]);
  const before = `${await model.getWeights()}`;
  const fit = (x: unknown, y: unknown, options: unknown = {}) => () =>
    model.fit(x as number[][], y as number[], options as FitOptions);
  const cases: [() => Promise<unknown>, typeof ArgumentError | typeof ShapeError, string][] = [
    [
      fit(x, [0, 3]),
      ArgumentError,
      "y has the label 3 at row 1; labels are whole numbers from 0 to 2",
    ],
    [fit(x, [0.5, 1]), ArgumentError, "the label 0.5 at row 0"],
    [fit(x, [0, NaN]), ArgumentError, "the label NaN at row 1"],
    [fit(x, [0, -1]), ArgumentError, "the label -1 at row 1"],
    [fit(x, [0]), ShapeError, "x has 2 examples and y 1; they must be equal"],
    [fit([], []), ShapeError, "x has no examples"],
    [fit({ shape: [0, 2], data: [] }, []), ShapeError, "x has no examples"],
    [fit([1, 2], [0, 1]), ShapeError, "which is written [[1], [2]]"],
    [fit([[1, 2], [3]], [0, 1]), ShapeError, "x[1] has 1 numbers, where others have 2"],
    [fit([[1, 2], ["a", 4]], [0, 1]), ArgumentError, "x[1] must be 2 numbers"],
    [fit([[1], [2]], [0, 1]), ShapeError, "axis -1 of input shape to have value 2"],
    [fit(foreign, [0, 1]), ShapeError, "a tensor of the model's kernel"],
    [fit(new Float32Array(4), [0, 1]), ShapeError, "an axis of examples and one of inputs"],
    [fit(x, [[1, 0, 0], [0, 1, 0]]), ShapeError, "which categorical_crossentropy takes"],
    [fit("data", [0, 1]), ArgumentError, 'got "data"'],
    [
      fit(x, [0, 1], { epoch: 3 }),
      ArgumentError,
      'fit() has no option "epoch"; there are batchSize',
    ],
    [fit(x, [0, 1], { batchSize: 0 }), ArgumentError, "batchSize must be a whole number from 1"],
    [fit(x, [0, 1], { validationSplit: 1e-20 }), ArgumentError, "none to validate with"],
    [fit(x, [0, 1], { validationSplit: 0.9 }), ArgumentError, "none to train with"],
    [fit(x, [0, 1], { validationData: x }), ShapeError, "validation x must have an axis"],
    [fit(x, [0, 1], { validationData: [x] }), ArgumentError, "must be [x, y] or [x, y, sample"],
    [
      fit(x, [0, 1], { validationData: [x, [0, 7]] }),
      ArgumentError,
      "validation y has the label 7",
    ],
    [fit(x, [0, 1], { sampleWeight: [1] }), ShapeError, "sampleWeight must be 2 numbers"],
    [fit(x, [0, 1], { sampleWeight: [1, -1] }), ArgumentError, "got -1 at 1"],
    [fit(x, [0, 1], { classWeight: { 0: "a", 1: 1 } }), ArgumentError, "class 0 must be a number"],
    [
      fit(x, [0, 1], { classWeight: { 0: 1, 1: 1 }, sampleWeight: [1, 1] }),
      ArgumentError,
      "same time",
    ],
    [fit(x, [0, 1], { signal: true }), ArgumentError, "an AbortSignal"],
    [fit(x, [0, 1], { verbose: 3 }), ArgumentError, "0, 1 or 2"],
    [fit(x, [0, 1], { callbacks: [null] }), ArgumentError, "an array of callbacks"],
  ];
  for (const [call, error, says] of cases) await assertRejects(call, error, says, says);
  assertEquals(`${await model.getWeights()}`, before);
  model.compile({ loss: "categorical_crossentropy" });
  await assertRejects(fit(x, [0, 1]), ShapeError, "they need a sparse loss");
  await assertRejects(fit(x, [[0, 1], [1, 0]]), ShapeError, "must have the shape [2, 3]");
  const compile = (options: unknown) => () => model.compile(options as { loss: "mse" });
  assertThrows(compile({ loss: "mse", metrics: "acc" }), ArgumentError, "must be an array");
  assertThrows(compile({ loss: "mse", metrics: ["iou"] }), ArgumentError, "a metric is made by");
  assertThrows(compile({ loss: "x" }), ArgumentError, "a loss is made by");
  assertThrows(compile({}), ArgumentError, "got undefined");
  assertThrows(compile({ loss: "mse", optimizer: "x" }), ArgumentError, "an optimizer is made by");
  await model.fit(x, [[1, 0, 0], [0, 1, 0]], { batchSize: 1000, epochs: 0 });
});

Deno.test("fit() goes on where it was, in its order, and a compile() begins with a new optimizer", async () => {
  await using kernel = await createKernel("blocked");
  const { x, labels } = points(30);
  for (const shuffle of [false, true]) {
    using whole = classifier(kernel);
    whole.compile(compileOptions);
    const options = { shuffle, seed: 7, batchSize: 10 } as const;
    await whole.fit(x, labels, { ...options, epochs: 4 });
    using parts = classifier(kernel);
    parts.compile(compileOptions);
    await parts.fit(x, labels, { ...options, epochs: 2 });
    const { epochs } = await parts.fit(x, labels, { ...options, epochs: 4, initialEpoch: 2 });
    assertEquals(epochs, [3, 4]);
    assertEquals(await parts.getWeights(), await whole.getWeights());
    assertEquals(parts.optimizer.steps, 12);
    parts.compile(compileOptions);
    assertEquals(parts.optimizer.steps, 0);
  }
});

Deno.test("layers that are not trainable stay as they are", async () => {
  await using kernel = await createKernel("blocked");
  const { x, labels } = points(30);
  using model = classifier(kernel);
  model.build([null, 2]);
  model.layers[0]!.trainable = false;
  const before = await model.getWeights();
  model.compile(compileOptions);
  await model.fit(x, labels);
  const after = await model.getWeights();
  const same = after.map((weights, i) => `${weights}` === `${before[i]}`);
  assertEquals(same, [true, true, false, false]);
});

Deno.test("fit() learns from what it was given, whatever becomes of it meanwhile", async () => {
  await using kernel = await createKernel("blocked");
  const { x, labels } = points(30);
  const run = async (changes: boolean) => {
    using model = classifier(kernel);
    model.compile(compileOptions);
    const data = Float32Array.from(x.flat());
    const y = Float32Array.from(labels);
    const sampleWeight = new Float32Array(30).fill(2);
    const done = model.fit({ shape: [30, 2], data }, y, { epochs: 2, seed: 1, sampleWeight });
    if (changes) { for (const array of [data, y, sampleWeight]) array.fill(NaN); }
    await done;
    return await model.getWeights();
  };
  assertEquals(await run(true), await run(false));
});

Deno.test("a model that was disposed says so", async () => {
  await using kernel = await createKernel("blocked");
  const model = classifier(kernel);
  model.compile(compileOptions);
  model[Symbol.dispose]();
  await assertRejects(() => model.fit([[1, 2]], [1]), OwnershipError, "was disposed");
});

Deno.test("two fits of one model at once are refused", async () => {
  await using kernel = await createKernel("blocked");
  using model = classifier(kernel);
  model.compile(compileOptions);
  const { x, labels } = points(30);
  const first = model.fit(x, labels);
  await assertRejects(() => model.fit(x, labels), OwnershipError, "another fit() of");
  await first;
  await model.fit(x, labels);
});

Deno.test("a regression learns a line, and 1-dimensional targets are columns", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1, seed: 1 })]);
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse", metrics: ["mae", "rmse"] });
  const x = Array.from({ length: 20 }, (_, i) => [i / 10 - 1]);
  const y = x.map(([value]) => 3 * value! - 0.5);
  const { history } = await model.fit(x, y, { epochs: 60, batchSize: 5, seed: 1 });
  assertLess(history.loss!.at(-1)!, 1e-6);
  const { loss, mae, root_mean_squared_error: rmse } = await model.evaluate(x, y.map((v) => [v]));
  assertAllClose([rmse! ** 2], [loss!], 1e-6);
  assertLess(mae!, 1e-3);
  assertAllClose((await model.getWeights()).flatMap((each) => [...each]), [3, -0.5], 1e-3);
});

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { Flatten } from "./flatten.ts";
import { foldLayers } from "./fold.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import { Input } from "./input_layer.ts";
import { Normalization } from "./normalization.ts";
import { PReLU } from "./prelu.ts";
import { ReLU } from "./relu_layer.ts";
import { Rescaling } from "./rescaling.ts";
import { Reshape } from "./reshape.ts";
import { Sequential } from "./sequential.ts";
import { setRandomSeed } from "./seeds.ts";

const read = async (tensor: Tensor) => [...await tensor.read()];
const near = (got: readonly number[], expected: readonly number[], tolerance = 2e-6) => {
  assertEquals(got.length, expected.length);
  got.forEach((v, i) => assertAlmostEquals(v, expected[i]!, tolerance));
};

for (const name of await formulaKernelsHere()) {
  const test = (title: string, run: (kernel: Kernel) => Promise<void> | void) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using kernel = await createKernel(name);
      await run(kernel);
    });

  test("BatchNormalization moves its averages in training alone, by the biased variance", async (kernel) => {
    using layer = new BatchNormalization(kernel, { momentum: 0.75, epsilon: 0 });
    using x = kernel.tensor([4, 1], [1, 3, 5, 7]);
    using y = layer.forward(x);
    near(await read(y), [-3, -1, 1, 3].map((v) => v / Math.sqrt(5)));
    near((await layer.getWeights()).map((w) => w[0]!), [1, 0, 1, 0.75 + 0.25 * 5]);
    using used = layer.predict(x);
    near(await read(used), [1, 3, 5, 7].map((v) => (v - 1) / Math.sqrt(2)));
    near((await layer.getWeights()).map((w) => w[0]!), [1, 0, 1, 2]);
    layer.trainable = false;
    using frozen = layer.forward(x);
    assertEquals(await read(frozen), await read(used));
    // A batch of no rows leaves them as they are.
    layer.trainable = true;
    using none = layer.forward(kernel.tensor([0, 1]));
    assertEquals([...none.shape], [0, 1]);
    near((await layer.getWeights()).map((w) => w[0]!), [1, 0, 1, 2]);
    layer.trainable = false;
    assertEquals(layer.variables.map(({ name, trainable }) => [name, trainable]), [
      ["gamma", false],
      ["beta", false],
      ["moving_mean", false],
      ["moving_variance", false],
    ]);
  });

  test("BatchNormalization keeps the digits of columns far from 0", async (kernel) => {
    using layer = new BatchNormalization(kernel, { epsilon: 0 });
    using x = kernel.tensor([2, 1], [10_000, 10_002]);
    using y = layer.forward(x);
    near(await read(y), [-1, 1], 1e-3);
  });

  test("a BatchNormalization is folded before and behind a Dense, with a bias and without", async (kernel) => {
    using normalization = new BatchNormalization(kernel, { epsilon: 0.01 });
    normalization.build([null, 2]);
    normalization.setWeights([[2, -3], [1, 0.5], [5, 6], [4, 9]]);
    using x = kernel.tensor([2, 2], [1, 2, -3, 0.5]);
    for (const useBias of [true, false]) {
      const options = { units: 2, useBias, biasInitializer: [0.25, -0.5], seed: 2 };
      using dense = new Dense(kernel, options);
      dense.build([null, 2]);
      for (const order of [[dense, normalization], [normalization, dense]] as const) {
        using between = order[0].predict(x);
        using expected = order[1].predict(between);
        using folded = foldLayers(order[0], order[1]);
        using y = folded.predict(x);
        near(await read(y), await read(expected), 2e-5);
        assertEquals(folded.name, dense.name);
      }
    }
    using active = new Dense(kernel, { units: 2, activation: "relu" });
    assertThrows(() => foldLayers(active, normalization), ArgumentError, "has the activation relu");
    using open = new Dense(kernel, { units: 2 });
    assertThrows(() => foldLayers(open, normalization), OwnershipError, "that are built");
    using wide = new Dense(kernel, { units: 3 });
    wide.build([null, 1]);
    assertThrows(() => foldLayers(wide, normalization), ShapeError, "has 2 columns");
    assertThrows(
      () => foldLayers(wide, wide),
      ArgumentError,
      "takes a Dense layer and a BatchNormalization",
    );
  });

  test("Normalization adapts to all rows of several tensors, as to one", async (kernel) => {
    const values = [1, 10, 2, 20, 4, 10, 8, 50, 16, 5];
    using one = new Normalization(kernel);
    using parts = new Normalization(kernel);
    using all = kernel.tensor([5, 2], values);
    using first = kernel.tensor([2, 2], values.slice(0, 4));
    using none = kernel.tensor([0, 2]);
    using second = kernel.tensor([3, 1, 2], values.slice(4));
    one.adapt(all);
    parts.adapt([first, none, second]);
    const [mean, variance, count] = await one.getWeights();
    near([...mean!, ...variance!, ...count!], [6.2, 19, 29.76, 264, 5], 1e-4);
    const other = await parts.getWeights();
    near(other.flatMap((w) => [...w]), [...mean!, ...variance!, ...count!], 1e-3);
    // Once more is anew, not more.
    one.adapt(first);
    near((await one.getWeights()).flatMap((w) => [...w]), [1.5, 15, 0.25, 25, 2], 1e-5);
    using y = one.predict(first);
    near(await read(y), [-1, -1, 1, 1]);
    using given = new Normalization(kernel, { mean: 1, variance: [4, 9] });
    assertThrows(() => given.adapt(first), OwnershipError, "Cannot `adapt`");
    using back = new Normalization(kernel, { mean: 1, variance: [4, 9], invert: true });
    using normalized = given.predict(first);
    using again = back.predict(normalized);
    near(await read(again), values.slice(0, 4), 1e-5);
    assertEquals(given.weights, []);
    assertThrows(() => one.adapt([none]), ShapeError, "needs at least one row");
    assertThrows(() => one.adapt(kernel.tensor([1, 3])), ShapeError, "expected axis -1");
    assertThrows(() => one.adapt(1 as never), ArgumentError, "must be a tensor");
    assertThrows(
      () => new Normalization(kernel, { mean: 1 }),
      ArgumentError,
      "both `mean` and `variance`",
    );
    using constant = new Normalization(kernel, { mean: 2, variance: 0 });
    using z = constant.predict(kernel.tensor([1, 1], [2]));
    assertEquals(await read(z), [0]);
  });

  test("Dropout leaves out its share, other elements each time, and the same by a seed", async (kernel) => {
    const size = 4000;
    using x = kernel.tensor([4, size / 4], new Float32Array(size).fill(1));
    const passes = async (layer: Dropout) => {
      using first = layer.forward(x);
      using second = layer.forward(x);
      return [await read(first), await read(second)] as const;
    };
    using layer = new Dropout(kernel, { rate: 0.3, seed: 1 });
    const [first, second] = await passes(layer);
    assert(`${first}` !== `${second}`);
    for (const values of [first, second]) {
      const kept = values.filter((v) => v !== 0);
      assert(kept.every((v) => v === Math.fround(1 / 0.7)));
      assertAlmostEquals(kept.length / size, 0.7, 0.03);
    }
    using same = new Dropout(kernel, { rate: 0.3, seed: 1 });
    assertEquals(await passes(same), [first, second]);
    setRandomSeed(5);
    const drawn = [
      new Dropout(kernel, { rate: 0.3 }).seed,
      new Dropout(kernel, { rate: 0.3 }).seed,
    ];
    setRandomSeed(null);
    assert(drawn[0] !== drawn[1]);
    using all = new Dropout(kernel, { rate: 1 });
    using none = all.forward(x);
    assert((await read(none)).every((v) => v === 0));
    using still = new Dropout(kernel, { rate: 0 });
    using whole = still.forward(x);
    using dx = still.backward(x, whole);
    assertEquals([await read(whole), await read(dx)], [await read(x), await read(x)]);
    for (const rate of [-0.1, 1.1, NaN, "0.5"]) {
      assertThrows(
        () => new Dropout(kernel, { rate: rate as number }),
        ArgumentError,
        "Invalid value received for argument `rate`",
      );
    }
  });

  test("Flatten and Reshape keep the order of elements, and refuse what does not fit", async (kernel) => {
    const values = Array.from({ length: 24 }, (_, i) => i);
    using model = new Sequential([
      new Input(kernel, { shape: [3, 4] }),
      new Flatten(kernel),
      new Reshape(kernel, { targetShape: [-1, 2] }),
    ]);
    assertEquals(model.computeOutputShape([null, 3, 4]), [null, 6, 2]);
    using x = kernel.tensor([2, 3, 4], values);
    using y = model.forward(x);
    assertEquals([[...y.shape], await read(y)], [[2, 6, 2], values]);
    using dx = model.backward(y);
    assertEquals([[...dx.shape], await read(dx)], [[2, 3, 4], values]);
    assertThrows(
      () => model.predict(kernel.tensor([2, 4, 3])),
      ShapeError,
      "expected shape=[null, 3, 4], found shape=[2, 4, 3]",
    );
    using later = new Sequential([
      new Dense(kernel, { units: 2 }),
      new Input(kernel, { shape: [5] }),
    ]);
    assertThrows(
      () => later.build([null, 3]),
      ShapeError,
      "expected shape=[null, 5], found shape=[null, 2]",
    );
    using five = new Reshape(kernel, { targetShape: [5] });
    assertThrows(
      () => five.computeOutputShape([null, 4]),
      ShapeError,
      "The total size of the tensor must be unchanged",
    );
    assertThrows(
      () => new Reshape(kernel, { targetShape: [-1, -1] }),
      ArgumentError,
      "of which one may be -1; got [-1, -1]",
    );
    assertThrows(
      () => new Input(kernel, { shape: 3 as never }),
      ArgumentError,
      "the shape of an Input",
    );
    using flat = new Flatten(kernel);
    assertEquals(flat.computeOutputShape([null]), [null, 1]);
    assertEquals(flat.computeOutputShape([2, null, 3]), [2, null]);
  });

  test("layers refuse inputs of other columns, and options that are none", (kernel) => {
    using slopes = new PReLU(kernel);
    slopes.build([null, 3]);
    assertThrows(
      () => slopes.predict(kernel.tensor([1, 2, 3])),
      ArgumentError,
      "takes inputs [batch, columns]",
    );
    using columns = new Rescaling(kernel, { scale: [1, 2] });
    assertThrows(
      () => columns.predict(kernel.tensor([1, 3])),
      ShapeError,
      "has 2 numbers for the columns of inputs, of which there are 3",
    );
    assertThrows(
      () => new Rescaling(kernel, { scale: "2" as never }),
      ArgumentError,
      "scale of a Rescaling layer",
    );
    assertThrows(
      () => new ReLU(kernel, { threshold: -1 }),
      ArgumentError,
      "cannot be negative value. Received: -1",
    );
    assertThrows(
      () => new BatchNormalization(kernel, { momentum: 2 }),
      ArgumentError,
      "momentum must be a number from 0 to 1",
    );
    assertThrows(
      () => new BatchNormalization(kernel, { axis: 1 } as object),
      ArgumentError,
      'has no option "axis"',
    );
  });

  test("a stack of every layer frees all that it made", (kernel) => {
    const before = kernel.memory?.();
    {
      using model = new Sequential([
        new Rescaling(kernel, { scale: [1, 2], offset: 1 }),
        new Normalization(kernel, { mean: 0, variance: 1 }),
        new Dense(kernel, {
          units: 4,
          loraRank: 1,
          activation: "squareplus",
          activityRegularizer: "l1",
        }),
        new BatchNormalization(kernel),
        new Dropout(kernel, { rate: 0.5 }),
        new PReLU(kernel, { alphaRegularizer: "l2" }),
        new Sequential([new Dense(kernel, { units: 2, activation: "log_softmax" })]),
      ]);
      using x = kernel.tensor([3, 2], [1, 2, 3, 4, 5, 6]);
      for (let step = 0; step < 3; step++) {
        using y = model.forward(x);
        using _dx = model.backward(y, y);
        for (const loss of model.losses()) loss[Symbol.dispose]();
        using _p = model.predict(x);
      }
      assertEquals(model.layers.length, 7);
      assert(model.summary().includes("batch_normalization"));
    }
    assertEquals(kernel.memory?.(), before);
  });
}

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { createRandom, normal } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { ActivationLayer } from "../activation_layer.ts";
import { BatchNormalization } from "../batch_normalization.ts";
import { Dense } from "../dense.ts";
import { Dropout } from "../dropout.ts";
import { Flatten } from "../flatten.ts";
import { Sequential } from "../sequential.ts";
import { Softmax } from "../softmax_layer.ts";
import { adam, sgd } from "./optimizers.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";

const random = createRandom(9);
const x = Array.from({ length: 48 }, () => Array.from({ length: 4 }, () => normal(random)));
const labels = x.map(([a, b, c]) => a! > b! ? 0 : c! > 0 ? 1 : 2);

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: penalties of weights are part of the loss and of the step`, async () => {
    await using kernel = await createKernel(name);
    const weight = [0.5, -1, 2, 0.25];
    using model = new Sequential([
      new Dense(kernel, { units: 1, kernelRegularizer: { name: "l2", l2: 0.1 } }),
    ]);
    model.build([null, 4]);
    model.setWeights([weight, [0]]);
    model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "mse" });
    // Targets are what the model says already: only the penalty is left.
    const y = x.map((row) => row.reduce((sum, value, i) => sum + value * weight[i]!, 0));
    const penalty = 0.1 * weight.reduce((sum, w) => sum + w * w, 0);
    assertAllClose([(await model.evaluate(x, y)).loss!], [penalty], 1e-5);
    const { history } = await model.fit(x, y, { batchSize: 48 });
    assertAllClose(history.loss!, [penalty], 1e-5);
    assertAllClose((await model.getWeights())[0]!, weight.map((w) => w - 0.5 * 0.2 * w), 1e-5);
  });

  Deno.test(`${name}: constraints hold after every step`, async () => {
    await using kernel = await createKernel(name);
    using model = new Sequential([
      new Dense(kernel, { units: 3, kernelConstraint: "non_neg", activation: "softmax", seed: 1 }),
    ]);
    model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
    await model.fit(x, labels, { epochs: 2 });
    const [weight] = await model.getWeights();
    assert(weight!.every((value) => value >= 0) && weight!.some((value) => value > 0));
  });

  Deno.test(`${name}: a softmax of a layer of its own, or of a Dense, gives the same steps`, async () => {
    await using kernel = await createKernel(name);
    const all: Float32Array[][] = [];
    for (const last of ["dense", "activation", "softmax"] as const) {
      using model = new Sequential([
        new Dense(kernel, {
          units: 3,
          seed: 1,
          activation: last === "dense" ? "softmax" : "linear",
        }),
        ...last === "activation"
          ? [new ActivationLayer(kernel, { activation: "softmax" })]
          : last === "softmax"
          ? [new Softmax(kernel)]
          : [],
      ]);
      model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
      await model.fit(x, labels, { epochs: 3, seed: 1, batchSize: 8 });
      all.push(await model.getWeights());
    }
    for (const weights of all) {
      for (const [i, each] of weights.entries()) assertAllClose(each, all[0]![i]!, 1e-5);
    }
  });
}

Deno.test("a stack of many kinds of layers learns, and says the same again without dropout", async () => {
  await using kernel = await createKernel("blocked");
  const before = kernel.memory!();
  {
    using model = new Sequential([
      new Flatten(kernel),
      new Dense(kernel, { units: 16, activation: "relu", seed: 1, kernelRegularizer: "l2" }),
      new BatchNormalization(kernel, { momentum: 0.9 }),
      new Dropout(kernel, { rate: 0.2, seed: 3 }),
      new Dense(kernel, { units: 3, activation: "softmax", seed: 2 }),
    ]);
    using optimizer = adam({ learningRate: 0.01 });
    model.compile({
      optimizer,
      loss: "sparse_categorical_crossentropy",
      metrics: ["accuracy"],
    });
    const squares = x.map(([a, b, c, d]) => [[a!, b!], [c!, d!]]);
    const { history } = await model.fit(squares, labels, { epochs: 40, batchSize: 16, seed: 1 });
    assertLess(history.loss!.at(-1)!, history.loss![0]! / 1.5);
    const one = await model.evaluate(squares, labels);
    assertEquals(await model.evaluate(squares, labels), one);
    assertGreater(one.accuracy!, 0.85);
  }
  assertEquals(kernel.memory!(), before);
});

Deno.test("a loss that is no number leaves the statistics as the last good step made them", async () => {
  await using kernel = await createKernel("blocked");
  const make = () =>
    new Sequential([
      new Dense(kernel, { units: 5, seed: 1 }),
      new BatchNormalization(kernel),
      new Dense(kernel, { units: 3, activation: "softmax", seed: 2 }),
    ]);
  const options = { shuffle: false, batchSize: 4 } as const;
  const compiled = { optimizer: "adam", loss: "sparse_categorical_crossentropy" } as const;
  for (const bad of [0, 3, 11]) {
    using expected = make();
    expected.compile(compiled);
    expected.build([null, 4]);
    if (bad > 0) await expected.fit(x.slice(0, 4 * bad), labels.slice(0, 4 * bad), options);
    using model = make();
    model.compile(compiled);
    const poisoned = x.with(4 * bad + 1, [0, NaN, 0, 0]);
    const { stopped } = await model.fit(poisoned, labels, options);
    assertEquals(stopped?.step, bad + 1);
    assertEquals(await model.getWeights(), await expected.getWeights(), `${bad}`);
  }
});

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import { sgd } from "./optimizers.ts";
import { formulaKernelsHere } from "./training_testing.ts";

const line = (kernel: Kernel) =>
  new Sequential([new Dense(kernel, { units: 1, kernelInitializer: [1, 2] })]);

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: the last update of a training is undone where it makes weights infinite`, async () => {
    await using kernel = await createKernel(name);
    for (const good of [0, 1, 40]) {
      using model = line(kernel);
      model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
      const x = Array.from({ length: good + 1 }, () => [1, 1]);
      const plain = { batchSize: 1, shuffle: false } as const;
      if (good > 0) await model.fit(x.slice(1), x.slice(1).map(() => 0), plain);
      else model.build([null, 2]);
      const expected = await model.getWeights();
      using other = line(kernel);
      // Only the last step has the rate.
      const optimizer = sgd({ learningRate: (step) => step === good ? 3e38 : 0.1 });
      other.compile({ loss: "mse", optimizer });
      let validated = 0;
      const { epochs, stopped } = await other.fit(x, [...x.slice(1).map(() => 0), -9e4], {
        ...plain,
        callbacks: [{ onEpochEnd: () => void validated++ }],
      });
      assertEquals([epochs, validated, other.optimizer.steps], [[], 0, good]);
      assertEquals([stopped?.reason, stopped?.step], ["not finite", good + 1]);
      assertMatch(stopped!.message, /^the weights are not finite at epoch 1/);
      assertEquals(await other.getWeights(), expected);
    }
  });
}

Deno.test("an abort reads the losses that are left, and goes back before one that is not finite", async () => {
  await using kernel = await createKernel("blocked");
  using model = line(kernel);
  const controller = new AbortController();
  const learningRate = (step: number) => {
    if (step === 12) controller.abort();
    return 0.01;
  };
  model.compile({ loss: "mse", optimizer: sgd({ learningRate }) });
  const x = Array.from({ length: 20 }, (_, i) => [i === 5 ? NaN : 1, 1]);
  const { stopped } = await model.fit(x, x.map(() => 0), {
    batchSize: 1,
    shuffle: false,
    signal: controller.signal,
  });
  assertEquals([stopped?.reason, stopped?.step, model.optimizer.steps], ["not finite", 6, 5]);
  for (const weights of await model.getWeights()) assert(weights.every(Number.isFinite));
});

Deno.test("weights that were infinite before a training do not end it", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([
    new Dense(kernel, { units: 3, activation: "softmax", biasInitializer: [-Infinity, 0, 1] }),
  ]);
  model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "sgd" });
  const { stopped, epochs } = await model.fit([[1], [2]], [1, 2], { epochs: 3 });
  assertEquals([stopped, epochs], [null, [1, 2, 3]]);
});

Deno.test("fit() refuses a kernel that has the methods of formulas and computes none", async () => {
  await using kernel = await createKernel("blocked");
  const { formulas: _, ...traits } = kernel.traits;
  const without: Kernel = Object.create(kernel, { traits: { value: traits } });
  using model = new Sequential([new Dense(without, { units: 1 })]);
  model.compile({ loss: "mse" });
  await assertRejects(() => model.fit([[1]], [1]), ArgumentError, "computes no formulas");
});

Deno.test("weights that are as large as float32 has them are kept", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([
    new Dense(kernel, { units: 1, useBias: false, kernelInitializer: [1] }),
  ]);
  // The gradient is -1.
  const rate = 3.4e38;
  model.compile({ loss: "mae", optimizer: sgd({ learningRate: rate }) });
  const { stopped } = await model.fit([[1]], [9]);
  assertEquals(stopped, null);
  assertEquals([...(await model.getWeights())[0]!], [Math.fround(rate)]);
});

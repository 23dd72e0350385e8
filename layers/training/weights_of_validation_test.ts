import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import { createKernel } from "../../kernels/registry.ts";
import { Dense } from "../dense.ts";
import { Sequential } from "../sequential.ts";
import { sparseCategoricalCrossentropy } from "./crossentropy.ts";
import { recall } from "./metrics.ts";
import { sgd } from "./optimizers.ts";

const still = () => sgd({ learningRate: 0 });

Deno.test("evaluate() and val_loss have the activity penalty of their own examples", async () => {
  await using kernel = await createKernel("blocked");
  const penalty = { name: "l2", l2: 1 } as const;
  const options = { units: 1, kernelInitializer: [1], activityRegularizer: penalty };
  using model = new Sequential([new Dense(kernel, options)]);
  model.compile({ loss: "mse", optimizer: still() });
  // (10² + 20²)/2 of the loss, and as much of the penalty.
  const judge = async () => (await model.evaluate([[10], [20]], [0, 0])).loss;
  assertEquals(await judge(), 500);
  const { history } = await model.fit([[1], [2], [3]], [0, 0, 0], {
    batchSize: 1,
    validationData: [[[10], [20]], [0, 0]],
  });
  assertEquals([history.val_loss, await judge()], [[500], 500]);
});

Deno.test("classWeight weighs training alone, and classes that it lacks count 1", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([
    new Dense(kernel, { units: 1, kernelInitializer: [0], activation: "sigmoid" }),
  ]);
  model.compile({ loss: "binary_crossentropy", optimizer: still() });
  const { history } = await model.fit([[0], [1], [2], [3]], [0, 1, 1, 0], {
    validationSplit: 0.5,
    classWeight: { 1: 10 },
  });
  assertAlmostEquals(history.val_loss![0]!, Math.LN2, 1e-6);
  assertAlmostEquals(history.loss![0]!, 5.5 * Math.LN2, 1e-5);
});

Deno.test("metrics of one name are numbered", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1, kernelInitializer: [1] })]);
  const metrics = [recall({ threshold: 0.5 }), recall({ threshold: 0.05 })];
  model.compile({ loss: "mse", optimizer: still(), metrics });
  const found = await model.evaluate([[0.1], [0.9]], [1, 1]);
  assertEquals([found.recall, found.recall_1], [0.5, 1]);
});

Deno.test("sparseCategoricalCrossentropy() refuses labelSmoothing, which it has none of", () => {
  const options = { labelSmoothing: 0.5 } as object;
  assertThrows(
    () => sparseCategoricalCrossentropy(options),
    ArgumentError,
    "labelSmoothing",
  );
});

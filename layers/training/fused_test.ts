import { assertEquals } from "@std/assert";
import { activated, type Expression, mul } from "../../kernels/formula/expression.ts";
import { createKernel } from "../../kernels/registry.ts";
import { ActivationLayer } from "../activation_layer.ts";
import type { ActivationLike } from "../activations.ts";
import { Dense } from "../dense.ts";
import type { Layer } from "../layer.ts";
import { Sequential } from "../sequential.ts";
import { Softmax } from "../softmax_layer.ts";
import { sgd } from "./optimizers.ts";
import { assertAllClose, formulaKernelsHere } from "./training_testing.ts";

Deno.test("a function of the caller called sigmoid has its own gradient under a cross-entropy", async () => {
  await using kernel = await createKernel("blocked");
  const sigmoid = (z: Expression) => activated("sigmoid", mul(5, z));
  for (const ownLayer of [false, true]) {
    using model = new Sequential([
      new Dense(kernel, {
        units: 1,
        useBias: false,
        kernelInitializer: [0.1],
        activation: ownLayer ? "linear" : sigmoid,
      }),
      ...ownLayer ? [new ActivationLayer(kernel, { activation: sigmoid })] : [],
    ]);
    model.compile({ loss: "binary_crossentropy", optimizer: sgd({ learningRate: 1 }) });
    await model.fit([[2]], [[1]]);
    const y = 1 / (1 + Math.exp(-5 * 0.1 * 2));
    assertAllClose((await model.getWeights())[0]!, [0.1 - (y - 1) * 5 * 2], 1e-5);
  }
});

Deno.test("softmax along the first axis is not taken as one of rows by a cross-entropy", async () => {
  await using kernel = await createKernel("blocked");
  const along: ActivationLike = { name: "softmax", axis: 0 };
  const lasts: readonly (readonly Layer[])[] = [
    [new Dense(kernel, { units: 3, seed: 1, activation: along })],
    [new Dense(kernel, { units: 3, seed: 1 }), new Softmax(kernel, { axis: 0 })],
    [new Dense(kernel, { units: 3, seed: 1 }), new ActivationLayer(kernel, { activation: along })],
  ];
  for (const layers of lasts) {
    using model = new Sequential(layers);
    model.compile({ loss: "categorical_crossentropy", optimizer: sgd({ learningRate: 1 }) });
    model.build([null, 2]);
    const before = await model.getWeights();
    // Of one row the softmax down the columns is 1, whatever the weights: there is no gradient.
    await model.fit([[1, 2]], [[0, 1, 0]]);
    assertEquals(await model.getWeights(), before);
  }
});

for (const name of await formulaKernelsHere()) {
  Deno.test(`${name}: a sigmoid that was rounded to 0 or 1 has a loss that is finite`, async () => {
    await using kernel = await createKernel(name);
    const layer = { units: 1, activation: "sigmoid", kernelInitializer: "ones" } as const;
    using model = new Sequential([new Dense(kernel, layer)]);
    model.compile({ loss: "binary_crossentropy" });
    const lossOf = async (z: number, t: number) => (await model.evaluate([[z]], [t])).loss!;
    assertAllClose([await lossOf(100, 0)], [24 * Math.LN2], 1e-5);
    assertAllClose([await lossOf(100, 1), await lossOf(-200, 0)], [0, 0], 1e-6);
    assertAllClose([await lossOf(-200, 1)], [126 * Math.LN2], 1e-5);
  });
}

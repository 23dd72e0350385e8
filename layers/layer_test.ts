import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import type { Tensor } from "../kernels/kernel.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import type { Layer } from "./layer.ts";
import { Sequential } from "./sequential.ts";

const values = async (tensors: readonly (Tensor | null)[]) =>
  await Promise.all(tensors.map(async (tensor) => tensor && [...await tensor.read()]));

for (const name of await kernelsHere()) {
  Deno.test(`${name}: a Layer has variables with gradients, and none of those that training leaves alone`, async () => {
    await using kernel = await createKernel(name);
    const dense = new Dense(kernel, { name: "a", units: 2, kernelInitializer: [1, 2, 3, 4] });
    const last = new Dense(kernel, { name: "b", units: 1, useBias: false, trainable: false });
    using model: Layer = new Sequential([dense, last]);
    assertEquals(model.variables, []);
    using x = kernel.tensor([1, 2], [1, 10]);
    using _y = model.forward(x);
    last.setWeights([[5, 7]]);
    using y = model.forward(x);
    using dy = kernel.tensor([1, 1], [1]);
    assertEquals(
      model.variables.map(({ name, trainable, gradient }) => [name, trainable, gradient]),
      [["a/kernel", true, null], ["a/bias", true, null], ["b/kernel", false, null]],
    );
    assertEquals(model.backward(dy, y, { inputGradient: false }), null);
    assertEquals(
      await values(model.variables.map(({ gradient }) => gradient)),
      [[5, 7, 50, 70], [5, 7], null],
    );
    assertEquals(await values([model.backward(dy, y, {})]), [[19, 43]]);
    using logits = new Dense(kernel, {
      units: 1,
      activation: "sigmoid",
      kernelInitializer: "ones",
    });
    using p = logits.forward(x);
    assertEquals(logits.outputActivation, "sigmoid");
    assertEquals(await values([logits.backward(dy, p, { beforeActivation: true })]), [[1, 1]]);
    model.trainable = false;
    assertEquals(dense.trainable, false);
    assertEquals(model.variables.map(({ gradient }) => gradient), [null, null, null]);
    assertThrows(() => model.backward(dy, y, { dx: 1 } as object), ArgumentError, '"dx"');
    assertThrows(() => model.trainable = 1 as never, ArgumentError, "to be a boolean");
    assertEquals(model.computeOutputShape([null, 5, 2]), [null, 5, 1]);
  });
}

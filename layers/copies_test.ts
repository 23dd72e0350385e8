import { assertEquals } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { getActivation } from "./activations.ts";
import { Dense } from "./dense.ts";
import type { Initializer } from "./initializers.ts";
import { Softmax } from "./softmax_layer.ts";

Deno.test("layers keep copies of the arrays that they are given", async () => {
  await using kernel = await createKernel("naive");
  const axis = [0, 1];
  const activation = getActivation({ name: "log_softmax", axis });
  using softmax = new Softmax(kernel, { axis });
  const given: readonly (number[] | Float32Array)[] = [[1, 2], new Float32Array([1, 2])];
  for (const values of given) {
    using layer = new Dense(kernel, { units: 2, kernelInitializer: values as Initializer });
    values[0] = 9;
    layer.build([null, 1]);
    assertEquals([...(await layer.getWeights())[0]!], [1, 2]);
  }
  axis.pop();
  assertEquals(activation.parameters.axis, [0, 1]);
  assertEquals(softmax.getConfig().axis, [0, 1]);
  // What is computed, too: with one axis left, each row would sum to 2.
  using x = kernel.tensor([2, 2]);
  using y = softmax.predict(x);
  assertEquals([...await y.read()], [0.25, 0.25, 0.25, 0.25]);
});

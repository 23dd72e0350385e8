import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";

const badUnits = [0, -3, 1.5, NaN, "4", null, undefined];

for (const units of badUnits) {
  Deno.test(`Dense() throws for units: ${JSON.stringify(units) ?? "undefined"}`, async () => {
    await using kernel = await createKernel("naive");
    assertThrows(
      () => new Dense(kernel, { units } as DenseOptions),
      ArgumentError,
      `expected a positive integer. Received: units=${
        typeof units === "string" ? `"${units}"` : units
      }`,
    );
  });
}

Deno.test("Dense() throws for an unknown activation or initializer", async () => {
  await using kernel = await createKernel("naive");
  const of = (options: object) => new Dense(kernel, { units: 1, ...options } as DenseOptions);
  assertThrows(
    () => of({ activation: "typo" }),
    ArgumentError,
    'activation function identifier: "typo"',
  );
  assertThrows(
    () => of({ kernelInitializer: "typo" }).build([null, 1]),
    ArgumentError,
    'unknown initializer "typo"; there are glorot_uniform, glorot_normal',
  );
  assertThrows(
    () => of({ kernelInitializer: new Float32Array(3) }).build([null, 2]),
    ShapeError,
    "an initializer for the shape [2, 1] must give 2 float32 values; got 3",
  );
});

Deno.test("forward() throws for a 1-D input, in Keras's words", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, name: "d" });
  using x = kernel.tensor([3]);
  assertThrows(
    () => layer.forward(x),
    ShapeError,
    'Input 0 of layer "d" is incompatible with the layer: expected min_ndim=2, found ndim=1. Full shape received: [3]',
  );
  assertEquals(layer.built, false);
});

Deno.test("forward() throws for another number of inputs than it was built for", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1 });
  layer.build([null, 2]);
  using x = kernel.tensor([1, 3]);
  assertThrows(
    () => layer.forward(x),
    ShapeError,
    "expected axis -1 of input shape to have value 2, but received input with shape [1, 3]",
  );
});

Deno.test("forward() maps the last axis and keeps the others", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 4, kernelInitializer: "ones" });
  using x = kernel.tensor([2, 3, 5], new Float32Array(30).fill(1));
  using y = layer.forward(x);
  assertEquals(y.shape, [2, 3, 4]);
  assertEquals([...await y.read()], new Array(24).fill(5));
});

Deno.test("setWeights() sets nothing where one of the weights does not fit", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 2, kernelInitializer: "zeros", name: "d" });
  assertThrows(() => layer.setWeights([]), OwnershipError, "You must build the layer");
  layer.build([null, 1]);
  assertThrows(
    () => layer.setWeights([new Float32Array([1, 2]), new Float32Array(3)]),
    ShapeError,
    'layer "d" weight [2] needs 2 values; got 3',
  );
  assertThrows(() => layer.setWeights([new Float32Array(2)]), ShapeError, "expecting 2 weights");
  assertEquals((await layer.getWeights()).map((values) => [...values]), [[0, 0], [0, 0]]);
});

Deno.test("useBias: false leaves out the bias and its gradient", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, useBias: false, kernelInitializer: "ones" });
  using x = kernel.tensor([1, 2], new Float32Array([3, 4]));
  using y = layer.forward(x);
  assertEquals([...await y.read()], [7]);
  assertEquals(layer.bias, null);
  assertEquals(layer.weights.length, 1);
  using _dx = layer.backward(y);
  assertEquals(layer.biasGradient, null);
});

Deno.test("backward() gives the gradients of a small tanh layer", async () => {
  // y = tanh(w·x + b) at w·x + b = 0: the derivative is 1, so that dz = dy.
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 1, activation: "tanh" });
  layer.build([null, 2]);
  layer.setWeights([new Float32Array([3, -2]), new Float32Array([1])]);
  using x = kernel.tensor([1, 2], new Float32Array([1, 2]));
  using y = layer.forward(x);
  assertEquals([...await y.read()], [0]);
  using dy = kernel.tensor([1, 1], new Float32Array([5]));
  using dx = layer.backward(dy);
  assertEquals([...await dx.read()], [15, -10]);
  assertEquals([...await layer.weightGradient.read()], [5, 10]);
  assertEquals([...await layer.biasGradient!.read()], [5]);
});

Deno.test("backward() throws where its input or result was changed or disposed", async () => {
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: 1, name: "d" });
  using x = kernel.tensor([1, 2]);
  using dy = kernel.tensor([1, 1]);
  assertThrows(() => layer.backward(dy), OwnershipError, "needs a forward() before backward()");
  const y = layer.forward(x);
  x.write(new Float32Array(2));
  assertThrows(() => layer.backward(dy), OwnershipError, 'the input of layer "d" was changed');
  using _again = layer.forward(x);
  _again[Symbol.dispose]();
  assertThrows(() => layer.backward(dy), OwnershipError, "needs the result of its last forward()");
  y[Symbol.dispose]();
});

Deno.test("a disposed layer throws", async () => {
  await using kernel = await createKernel("naive");
  const layer = new Dense(kernel, { units: 1, name: "d" });
  layer[Symbol.dispose]();
  using x = kernel.tensor([1, 2]);
  assertThrows(() => layer.forward(x), OwnershipError, 'layer "d" was disposed');
  assertThrows(() => layer.weight, OwnershipError, 'layer "d" was disposed');
});

Deno.test("glorot_uniform stays within its limit, and a seed repeats it", async () => {
  await using kernel = await createKernel("naive");
  const first = async (seed: number) => {
    using layer = new Dense(kernel, { units: 50, seed });
    layer.build([null, 100]);
    return (await layer.getWeights())[0]!;
  };
  const weight = await first(1);
  const limit = Math.sqrt(6 / 150);
  assertEquals(weight.some((value) => Math.abs(value) > limit), false);
  assertEquals(weight.some((value) => value > 0.95 * limit), true);
  assertEquals(weight.some((value) => value < -0.95 * limit), true);
  assertEquals(Math.abs(weight.reduce((sum, value) => sum + value, 0) / 5000) < 0.01, true);
  assertEquals(await first(1), weight);
  assertNotEquals(await first(2), weight);
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { Input } from "./input_layer.ts";
import { Sequential } from "./sequential.ts";

const x = [[1, 2, 3], [4, 5, 6]];

// wasm-simd computes layers in a row as one network, which must not be that of before.
for (const name of ["naive", "wasm-simd"] as const) {
  Deno.test(`${name}: pop() gives the last layer back, and the stack goes on without it`, async () => {
    await using kernel = await createKernel(name);
    const layers = [4, 5, 2].map((units, seed) => new Dense(kernel, { units, seed }));
    using model = new Sequential(layers);
    const whole = await model.predict(x);
    assertEquals(whole.shape, [2, 2]);
    using popped = model.pop();
    assertEquals([popped === layers[2], popped.built, model.layers.length], [true, true, 2]);
    const features = await model.predict(x);
    assertEquals(features.shape, [2, 5]);
    assertEquals((await popped.predict(features)).data, whole.data);
    model.add(new Dense(kernel, { units: 3, seed: 9 }));
    assertEquals((await model.predict(x)).shape, [2, 3]);
    model.compile({ loss: "mse", optimizer: "adam" });
    await model.fit(x, [[1, 0, 0], [0, 1, 0]]);
    model.pop()[Symbol.dispose]();
    model.add(new Dense(kernel, { units: 1, seed: 9 }));
    await model.fit(x, [1, 2]);
    assertEquals((await model.predict(x)).shape, [2, 1]);
  });
}

Deno.test("pop() leaves nothing that waits for gradients, and no shape in an empty stack", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([
    new Input(kernel, { shape: [3] }),
    new Dense(kernel, { units: 2, seed: 1 }),
  ]);
  using input = kernel.tensor([1, 3], [1, 2, 3]);
  using y = model.forward(input);
  using dense = model.pop();
  model.add(new Dense(kernel, { units: 2, seed: 2 }));
  using dy = kernel.tensor([1, 2], [1, 1]);
  assertThrows(() => model.backward(dy, y), OwnershipError);
  assertEquals(dense.built, true);
  for (const layer of [model.pop(), model.pop()]) layer[Symbol.dispose]();
  assertThrows(() => model.pop(), ArgumentError, "needs at least one layer");
  model.add(new Dense(kernel, { units: 1 }));
  assertEquals((await model.predict([[1, 2, 3, 4, 5]])).shape, [1, 1]);
});

Deno.test("getLayer() finds a layer by its name, or says which there are", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([
    new Dense(kernel, { units: 2, name: "first" }),
    new Dense(kernel, { units: 1, name: "second" }),
  ]);
  assertEquals(model.getLayer("second"), model.layers[1]);
  assertThrows(
    () => model.getLayer("third"),
    ArgumentError,
    'has no layer "third"; there are "first" and "second"',
  );
  assertThrows(() => model.getLayer(1 as never), ArgumentError, "has no layer 1; there are");
  using empty = new Sequential(kernel);
  assertThrows(() => empty.getLayer("first"), ArgumentError, "it has none");
});

Deno.test("what would change a network under its fit() is refused, and works behind it", async () => {
  await using kernel = await createKernel("naive");
  const changes: Record<string, (model: Sequential) => void> = {
    "add()": (model) => model.add(new Dense(kernel, { units: 1 })),
    "pop()": (model) => model.pop()[Symbol.dispose](),
    "quantize()": (model) => model.quantize("int8"),
    "compile()": (model) => model.compile({ loss: "mae" }),
  };
  for (const [name, change] of Object.entries(changes)) {
    using model = new Sequential([
      new Dense(kernel, { units: 2, seed: 1 }),
      new Dense(kernel, { units: 2, seed: 2 }),
    ]);
    model.compile({ loss: "mse" });
    const fit = model.fit(x, [[1, 2], [3, 4]], { epochs: 3 });
    assertThrows(
      () => change(model),
      OwnershipError,
      `${name} of "${model.name}" was called while its fit() runs; await that first`,
    );
    assertEquals((await fit).history.loss!.length, 3);
    change(model);
  }
});

Deno.test("predict() of no examples gives no results, of the shape that they would have", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 2 })]);
  const none = (...shape: number[]) => ({ shape, data: new Float32Array(0) });
  const flat = await model.predict(none(0, 3));
  assertEquals([flat.shape, flat.data.length, flat.toArray()], [[0, 2], 0, []]);
  assertEquals((await model.predict(none(0, 4, 3))).shape, [0, 4, 2]);
  assertEquals((await model.layers[0]!.predict(none(0, 3))).shape, [0, 2]);
  await assertRejects(() => model.predict(none(0, 5)), Error, "expected axis -1");
  await assertRejects(() => model.predict([]), Error, "x has no examples");
  model.compile({ loss: "mse" });
  await assertRejects(() => model.evaluate(none(0, 3), none(0, 2)), Error, "x has no examples");
});

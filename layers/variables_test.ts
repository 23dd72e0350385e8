import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import type { ConstraintLike } from "./constraints.ts";
import { Dense } from "./dense.ts";
import { Normalization } from "./normalization.ts";
import { PReLU } from "./prelu.ts";
import { getRegularizer, type RegularizerLike } from "./regularizers.ts";
import { Sequential } from "./sequential.ts";
import { setRandomSeed } from "./seeds.ts";

Deno.test("a lora whose initializers fail leaves the layer as it was", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2 });
  layer.build([null, 3]);
  const before = kernel.memory!();
  for (const bInitializer of ["nonsense" as "zeros", [1, 2, 3]]) {
    assertThrows(() => layer.enableLora(2, { bInitializer }), Error);
    assertEquals(layer.variables.map(({ name, trainable }) => `${name} ${trainable}`), [
      "kernel true",
      "bias true",
    ]);
    assertEquals(kernel.memory!(), before);
  }
  layer.enableLora(2);
  assertEquals(layer.variables.length, 4);
});

Deno.test("a constraint or a penalty that the shape of a variable does not have is refused when that is made", async () => {
  await using kernel = await createKernel("blocked");
  const constraint: ConstraintLike = { name: "max_norm", axis: 1 };
  const layers = [
    new Dense(kernel, { units: 2, biasConstraint: constraint }),
    new Dense(kernel, { units: 2, kernelConstraint: { name: "unit_norm", axis: 2 } }),
    new Dense(kernel, { units: 2, biasRegularizer: "orthogonal_regularizer" }),
    new BatchNormalization(kernel, { gammaConstraint: constraint }),
    new PReLU(kernel, { alphaConstraint: constraint }),
  ];
  const before = kernel.memory!();
  for (const layer of layers) {
    assertThrows(() => layer.build([null, 3]), ShapeError);
    assertEquals([layer.built, kernel.memory!()], [false, before]);
  }
  using fits = new Dense(kernel, { units: 2, kernelConstraint: constraint });
  fits.build([null, 3]);
});

Deno.test("a regularizer or a constraint of the caller that lacks something is refused when it is given", async () => {
  await using kernel = await createKernel("blocked");
  const penalties: readonly unknown[] = [
    () => undefined,
    () => 1,
    { penalty: () => {}, addGradient: () => {}, getConfig: () => ({}) },
    { check: () => {}, penalty: () => {}, addGradient: () => {} },
  ];
  for (const given of penalties) {
    assertThrows(() => getRegularizer(given as RegularizerLike), ArgumentError);
  }
  assertThrows(
    () => new Dense(kernel, { units: 1, kernelConstraint: { apply: () => {} } as never }),
    ArgumentError,
    "an object with check(), apply() and getConfig()",
  );
});

Deno.test("compile() is refused while fit() runs, which goes on", async () => {
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 1 })]);
  model.compile({ loss: "mse", optimizer: "adam" });
  const compile = () => model.compile({ loss: "mse" });
  const fit = model.fit([[1], [2]], [1, 2], {
    epochs: 3,
    callbacks: [{ onEpochEnd: (epoch) => epoch === 2 ? compile() : undefined }],
  });
  assertThrows(compile, OwnershipError, "while its fit() runs");
  await assertRejects(() => fit, OwnershipError, "while its fit() runs");
  assertEquals(model.optimizer.name, "adam");
  compile();
});

Deno.test("statistics, a lora or scales that change between forward() and backward() are seen", async () => {
  await using kernel = await createKernel("blocked");
  using x = kernel.tensor([2, 2], [1, 2, 3, 5]);
  using dy = kernel.tensor([2, 2], [1, 1, 1, 1]);
  const changed = (layer: Dense | Normalization, change: () => void) => {
    using y = layer.forward(x);
    layer.backward(dy, y)[Symbol.dispose]();
    change();
    assertThrows(
      () => layer.backward(dy, y),
      OwnershipError,
      "was changed between forward() and backward()",
    );
  };
  using normalization = new Normalization(kernel);
  normalization.adapt(x);
  using other = kernel.tensor([2, 2], [1, 20, 3, 50]);
  changed(normalization, () => normalization.adapt(other));
  using lora = new Dense(kernel, { units: 2, loraRank: 1 });
  lora.build([null, 2]);
  changed(lora, () => lora.weights[2]!.write([1, 2]));
  using int8 = new Dense(kernel, { units: 2 });
  int8.build([null, 2]);
  int8.quantize("int8");
  changed(int8, () => int8.weights[2]!.write([1, 2]));
});

Deno.test("a lora that begins or ends, and int8, between forward() and backward() are refused", async () => {
  await using kernel = await createKernel("blocked");
  using x = kernel.tensor([2, 2], [1, 2, 3, 5]);
  using dy = kernel.tensor([2, 1], [1, 1]);
  const changes: readonly (readonly [object, (layer: Dense) => void])[] = [
    [{}, (layer) => layer.enableLora(1, { bInitializer: "ones" })],
    [{}, (layer) => layer.enableLora(1)],
    [{ loraRank: 1 }, (layer) => layer.mergeLora()],
    [{}, (layer) => layer.quantize("int8")],
    [{ loraRank: 1 }, (layer) => layer.quantize("int8")],
  ];
  for (const [options, change] of changes) {
    const empty = kernel.memory!();
    {
      using layer = new Dense(kernel, { units: 1, activation: "gelu", ...options });
      using older = layer.forward(x);
      using y = layer.forward(x);
      change(layer);
      for (const result of [older, y]) {
        assertThrows(
          () => layer.backward(dy, result),
          OwnershipError,
          "between forward() and backward()",
        );
      }
      // The next pass is one of the new variables.
      using next = layer.forward(x);
      using dx = layer.backward(dy, next);
      assertEquals(dx.shape, [2, 2]);
    }
    assertEquals(kernel.memory!(), empty);
  }
});

Deno.test("random first values of a BatchNormalization differ by variable and by layer", async () => {
  await using kernel = await createKernel("blocked");
  const valuesOf = async (seed: number) => {
    setRandomSeed(seed);
    using layer = new BatchNormalization(kernel, {
      betaInitializer: "random_normal",
      gammaInitializer: "random_normal",
    });
    setRandomSeed(null);
    layer.build([null, 4]);
    return (await layer.getWeights()).slice(0, 2);
  };
  const [[gamma, beta], again, [other]] = [await valuesOf(1), await valuesOf(1), await valuesOf(2)];
  assert(`${gamma}` !== `${beta}` && `${gamma}` !== `${other}`);
  assertEquals(again, [gamma, beta]);
});

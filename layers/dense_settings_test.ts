import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgumentError, OwnershipError, ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "./dense.ts";
import { Flatten } from "./flatten.ts";

Deno.test("a Dense has the attributes that Keras's has", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, {
    units: 2,
    kernelInitializer: "he_normal",
    kernelRegularizer: "l2",
    biasConstraint: "non_neg",
    quantizationConfig: { mode: "int4", blockSize: 4 },
  });
  assertEquals(layer.kernelInitializer, "he_normal");
  assertEquals(layer.biasInitializer, "zeros");
  assertEquals(layer.kernelRegularizer?.getConfig().class_name, "L2");
  assertEquals([layer.biasRegularizer, layer.kernelConstraint], [null, null]);
  assertEquals(layer.biasConstraint?.getConfig().class_name, "NonNeg");
  assertEquals([layer.loraRank, layer.loraAlpha], [null, null]);
  assertEquals(layer.inputSpec, { minNdim: 2, axes: {} });
  assertEquals(layer.getBuildConfig(), null);
  assertEquals(layer.quantizationConfig, { mode: "int4", inputs: false, blockSize: 4 });
  layer.buildFromConfig({ input_shape: [null, 3] });
  assertEquals(layer.inputSpec, { minNdim: 2, axes: { "-1": 3 } });
  assertEquals(layer.getBuildConfig(), { input_shape: [null, 3] });
  assertEquals([layer.computeDtype, layer.variableDtype, layer.dtypePolicy], [
    "float32",
    "float32",
    "float32",
  ]);
  layer.quantize();
  assertEquals(layer.dtypePolicy, "int4/4_from_float32");
  const mask = [true, false];
  assertEquals(layer.computeMask(null, mask), mask);
  assertEquals(layer.supportsMasking, true);
});

Deno.test("buildFromConfig() leaves a layer as it is where nothing is said, and refuses a wrong shape", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2 });
  layer.buildFromConfig(null);
  layer.buildFromConfig({});
  assertEquals(layer.built, false);
  assertThrows(() => layer.buildFromConfig({ input_shape: 5 }), ShapeError);
  assertThrows(() => layer.buildFromConfig({ input_shape: [null, null] }), ShapeError);
});

Deno.test("predict() of a layer takes arrays as it takes tensors", async () => {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units: 2, kernelInitializer: [[1, 2], [3, 4]] });
  const { shape, data } = await layer.predict([[1, 0], [0, 1], [1, 1]]);
  assertEquals([shape, [...data]], [[3, 2], [1, 2, 3, 4, 4, 6]]);
  const cube = await layer.predict({ shape: [1, 1, 2], data: [1, 1] });
  assertEquals(cube.toArray<number[][][]>(), [[[4, 6]]]);
  using flatten = new Flatten(kernel);
  assertEquals((await flatten.predict([[[1], [2]]])).shape, [1, 2]);
  const before = kernel.memory!();
  for (
    const [given, type, message] of [
      [[1, 2], ShapeError, "expected min_ndim=2, found ndim=1"],
      [[[1, 2, 3]], ShapeError, "expected axis -1 of input shape to have value 2"],
      [[[1, 2], [3]], ShapeError, "1 numbers, where others have 2"],
      [[["1", "2"]], ArgumentError, ""],
      [{ shape: [2, 2], data: [1] }, ShapeError, ""],
    ] as const
  ) await assertRejects(() => layer.predict(given as unknown as number[][]), type, message);
  assertEquals(kernel.memory!(), before);
  assertThrows(() => layer.predict("rows" as never), ArgumentError, "Input 0 of layer");
  layer[Symbol.dispose]();
  await assertRejects(() => layer.predict([[1, 2]]), OwnershipError, "disposed");
});

Deno.test("initializers take rows and shapes, which must be the weight's, and keep a copy", async () => {
  await using kernel = await createKernel("blocked");
  const rows = [new Float32Array([1, 2]), new Float32Array([3, 4]), new Float32Array([5, 6])];
  const build = (kernelInitializer: typeof rows | { shape: number[]; data: number[] }) => {
    const layer = new Dense(kernel, { units: 2, kernelInitializer });
    rows[0]![0] = 99;
    layer.build([null, 3]);
    return layer;
  };
  using layer = build(rows);
  assertEquals([...await layer.weight.read()], [1, 2, 3, 4, 5, 6]);
  using shaped = build({ shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
  assertEquals([...await shaped.weight.read()], [1, 2, 3, 4, 5, 6]);
  for (const shape of [[2, 3], [6], [1, 3, 2]]) {
    assertThrows(
      () => build({ shape, data: [1, 2, 3, 4, 5, 6] }),
      ShapeError,
      `Expected \`shape\` to be [3, 2] for direct tensor as initializer. Received shape=[${
        shape.join(", ")
      }]`,
    );
  }
  assertThrows(() => build(rows.slice(1)), ShapeError, "Received shape=[2, 2]");
  assertEquals(shaped.getConfig().kernel_initializer, null);
});

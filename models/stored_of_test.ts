import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { ArgumentError } from "../common/errors.ts";
import { exp, mul, neg } from "../kernels/formula/expression.ts";
import {
  ActivationLayer,
  BatchNormalization,
  Dense,
  Dropout,
  Flatten,
  Input,
  LeakyReLU,
  PReLU,
  ReLU,
  Rescaling,
  Reshape,
  Sequential,
  Softmax,
} from "../mod.ts";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { kerasJson } from "./keras_json.ts";
import { encodeNpz } from "./npz.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { stackOf } from "./stack.ts";
import { storedOf } from "./stored_of.ts";
import type { StoredModel } from "./stored_model.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const jsonOf = (model: StoredModel) => new TextEncoder().encode(kerasJson(model)!);

/** A stored model written in each format, and read again. */
const formats: Readonly<Record<string, (model: StoredModel) => Promise<StoredModel>>> = {
  ".keras": async (model) => await readModelBytes("m.keras", await encodeKeras(model)),
  ".weights.h5": async (model) =>
    await readModelBytes("m.weights.h5", encodeKerasWeights(model), { "m.json": jsonOf(model) }),
  ".npz": async (model) =>
    await readModelBytes("m.npz", await encodeNpz(model), { "m.json": jsonOf(model) }),
  ".safetensors": async (model) =>
    await readModelBytes("m.safetensors", encodeSafetensorsModel(model)),
  "TensorFlow.js": async (model) => {
    const { "model.json": json, ...shards } = encodeTfjs(model);
    return await readModelBytes("model.json", json!, shards);
  },
};

/** A network of many layers, trained for two steps so that no weight is what it began as. */
async function trained(kernel: Kernel): Promise<Sequential> {
  const inner = new Sequential([
    new Dense(kernel, { units: 6, activation: "silu", seed: 2 }),
    new PReLU(kernel),
  ]);
  const model = new Sequential([
    new Input(kernel, { shape: [2, 3] }),
    new Flatten(kernel),
    new Rescaling(kernel, { scale: 0.5, offset: -1 }),
    new Dense(kernel, { units: 8, activation: "relu", seed: 1 }),
    new BatchNormalization(kernel),
    new Dropout(kernel, { rate: 0.25, seed: 3 }),
    inner,
    new LeakyReLU(kernel, { negativeSlope: 0.1 }),
    new Reshape(kernel, { targetShape: [3, 2] }),
    new ReLU(kernel, { maxValue: 6 }),
    new ActivationLayer(kernel, { activation: "tanh" }),
    new Flatten(kernel),
    new Dense(kernel, { units: 4, useBias: false, seed: 4 }),
    new Softmax(kernel),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  const x = { shape: [4, 2, 3], data: Array.from({ length: 24 }, (_, i) => Math.sin(i)) };
  const y = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
  await model.fit(x, y, { epochs: 2, batchSize: 2, seed: 1 });
  return model;
}

for (const [format, again] of Object.entries(formats)) {
  Deno.test(`storedOf(): a trained network comes back from ${format} to the bit`, async () => {
    await using kernel = await createKernel("wasm-simd");
    using model = await trained(kernel);
    const stored = await storedOf(model);
    using same = stackOf(kernel, await again(stored));
    const x = { shape: [5, 2, 3], data: Array.from({ length: 30 }, (_, i) => Math.cos(3 * i)) };
    const [first, second] = [await model.predict(x), await same.predict(x)];
    assertEquals(second.shape, first.shape);
    assertEquals(second.data, first.data);
    assertEquals(await same.getWeights(), await model.getWeights());
  });
}

for (
  const file of [
    "sequential_bn.keras",
    "functional_mlp.h5",
    "normalization_mlp.keras",
    "int8_mlp.keras",
    "torch_style.onnx",
    "tfjs_bn/model.json",
  ]
) {
  Deno.test(`storedOf() of the layers of ${file}, written for Keras, gives the same results`, async () => {
    await using kernel = await createKernel("wasm-simd");
    using model = stackOf(kernel, await readModelFile(fixture(file)));
    using same = stackOf(kernel, await formats[".keras"]!(await storedOf(model)));
    const columns = model.layers.find((layer) => layer.variables.length > 0)!.variables[0]!.tensor
      .shape[0]!;
    const x = { shape: [3, columns], data: Array.from({ length: 3 * columns }, (_, i) => i % 7) };
    assertEquals((await same.predict(x)).data, (await model.predict(x)).data);
  });
}

Deno.test("storedOf() writes whole numbers as bytes, and merges a lora", async () => {
  await using kernel = await createKernel("blocked");
  const x = { shape: [3, 5], data: Array.from({ length: 15 }, (_, i) => Math.sin(i)) };
  for (const mode of [null, "int8", "int4"] as const) {
    for (const lora of [false, true]) {
      using model = new Sequential([new Dense(kernel, { units: 3, seed: 1, activation: "tanh" })]);
      model.build([null, 5]);
      const [layer] = model.layers as [Dense];
      if (mode) layer.quantize(mode);
      if (lora) layer.enableLora(2, { bInitializer: "ones" });
      const stored = await storedOf(model);
      assertEquals(stored.layers[0]!.weights[0]!.dtype, mode ? "int8" : "float32");
      using same = stackOf(kernel, await formats[".keras"]!(stored));
      if (lora) layer.mergeLora();
      assertEquals((await same.predict(x)).data, (await model.predict(x)).data, `${mode} ${lora}`);
      assertEquals((same.layers.at(-1) as Dense).quantizationMode, mode);
    }
  }
});

Deno.test("storedOf() refuses what a file would not have, by the layer's name", async () => {
  await using kernel = await createKernel("blocked");
  const refused = async (model: Sequential, part: string) => {
    await assertRejects(() => storedOf(model), ModelFileError, part);
    model[Symbol.dispose]();
  };
  await refused(
    new Sequential([new Dense(kernel, { units: 2, name: "late" })]),
    'the layer "late" (Dense) has no weights yet',
  );
  const initializer = () => new Float32Array(2);
  const activation = new Dense(kernel, { units: 2, name: "odd", kernelInitializer: initializer });
  const penalized = Object.assign(activation, {
    getConfig() {
      throw new Error("a function is no configuration");
    },
  });
  const odd = new Sequential([penalized]);
  odd.build([null, 1]);
  await refused(odd, 'the layer "odd" (Dense) cannot be written: a function is no configuration');
  const callable = new Sequential([
    new Dense(kernel, { units: 2, name: "own", activation: (z) => exp(neg(mul(z, z))) }),
  ]);
  callable.build([null, 1]);
  await refused(callable, 'the layer "own" (Dense) cannot be written: ');
  await assertRejects(
    () => storedOf(new Dense(kernel, { units: 1 }) as unknown as Sequential),
    ArgumentError,
    "storedOf() takes a Sequential; got",
  );
  await assertRejects(() => storedOf(null as unknown as Sequential), ArgumentError, "got null");
});

Deno.test("storedOf(): layers of one name in two stacks are two layers of the file", async () => {
  await using kernel = await createKernel("blocked");
  const dense = (seed: number) => new Dense(kernel, { units: 2, name: "a", seed });
  using model = new Sequential([dense(1), new Sequential([dense(2)])]);
  model.build([null, 2]);
  for (const again of [formats[".npz"]!, formats[".safetensors"]!, formats[".keras"]!]) {
    using same = stackOf(kernel, await again(await storedOf(model)));
    assertEquals(await same.getWeights(), await model.getWeights());
  }
});

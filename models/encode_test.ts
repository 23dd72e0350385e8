// What is written is read again: the same layers, and the same bits.
import { assertEquals, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { kerasJson } from "./keras_json.ts";
import { encodeHdf5 } from "./hdf5/encode.ts";
import { Hdf5File } from "./hdf5/hdf5.ts";
import { encodeNpz } from "./npz.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sameBits, type StoredModel, type StoredWeight } from "./stored_model.ts";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const samples = [
  "sequential_bn.keras",
  "functional_mlp.h5",
  "normalization_mlp.keras",
  "int8_mlp.keras",
  "tfjs_quantized/model.json",
  "gemm_matmul.onnx",
  "torch_style.onnx",
];

/** Holds that two models have the same layers, but for an InputLayer, and the same weights to the bit. */
function assertSame(one: StoredModel, other: StoredModel): void {
  const layersOf = ({ layers }: StoredModel) =>
    layers.filter(({ className }) => className !== "InputLayer");
  const named = (model: StoredModel) =>
    layersOf(model).map(({ className, name }) => [className, name]);
  assertEquals(named(one), named(other));
  for (const [i, { weights, name }] of layersOf(one).entries()) {
    const found = layersOf(other)[i]!.weights;
    assertEquals(weights.map(({ name }) => name), found.map(({ name }) => name));
    assertEquals(weights.every((weight, j) => sameBits(weight, found[j]!)), true, name);
  }
  assertEquals(one.inputShape, other.inputShape);
}

for (const name of samples) {
  Deno.test(`encodeSafetensorsModel() writes ${name}, which is read again`, async () => {
    const model = await readModelFile(`${folder}/${name}`);
    assertSame(model, await readModelBytes("m.safetensors", encodeSafetensorsModel(model)));
  });

  Deno.test(`encodeNpz() writes ${name}, which is read again with its JSON`, async () => {
    const model = await readModelFile(`${folder}/${name}`);
    const json = new TextEncoder().encode(kerasJson(model)!);
    assertSame(model, await readModelBytes("m.npz", await encodeNpz(model), { "m.json": json }));
  });
}

for (
  const name of [
    "sequential_bn.keras",
    "functional_mlp.h5",
    "tfjs_bn/model.json",
    "torch_style.onnx",
  ]
) {
  Deno.test(`encodeTfjs() writes ${name}, which is read again`, async () => {
    const model = await readModelFile(`${folder}/${name}`);
    const { "model.json": json, ...shards } = encodeTfjs(model);
    assertSame(model, await readModelBytes("model.json", json!, shards));
  });
}

for (const name of samples.filter((name) => name !== "torch_style.onnx")) {
  Deno.test(`encodeKeras() and encodeKerasWeights() write ${name}, which is read again`, async () => {
    const model = await readModelFile(`${folder}/${name}`);
    assertSame(model, await readModelBytes("m.keras", await encodeKeras(model)));
    const json = new TextEncoder().encode(kerasJson(model)!);
    const weights = encodeKerasWeights(model);
    assertSame(model, await readModelBytes("m.weights.h5", weights, { "m.json": json }));
  });
}

Deno.test("encodeKeras() refuses names and layers that Keras does not take", async () => {
  const refused = async (model: StoredModel, message: string) => {
    const error = await encodeKeras(model).catch((reason: unknown) => `${reason}`);
    assertEquals(String(error).includes(message), true, String(error));
  };
  const slashes = await readModelFile(`${folder}/torch_style.onnx`);
  await refused(slashes, 'the layer "/fc1/out" (Dense) has a name that Keras does not take');
  const weights = await readModelFile(`${folder}/sequential_bn.npz`);
  await refused(weights, "cannot be written for Keras");
});

Deno.test("encodeHdf5() writes every kind of number, and groups of many", async () => {
  const arrays = {
    f8: { dtype: "float64", values: new Float64Array([0.1]) },
    f4: { dtype: "float32", values: new Float32Array([NaN]) },
    f2: { dtype: "float16", values: new Float16Array([1.5]) },
    i8: { dtype: "int64", values: new BigInt64Array([-3n]) },
    u2: { dtype: "uint16", values: new Uint16Array([65535]) },
    i1: { dtype: "int8", values: new Int8Array([-128]) },
  } as const;
  const group: Record<string, StoredWeight> = {};
  for (let i = 0; i < 300; i++) {
    for (const [name, each] of Object.entries(arrays)) {
      group[`${name}_${i}`] = { name, shape: [1], ...each };
    }
  }
  const empty = {
    name: "empty",
    shape: [0, 3],
    dtype: "float32",
    values: new Float32Array(),
  } as const;
  const bytes = encodeHdf5({ group, vars: {}, empty, ü: group.f4_0! });
  const file = new Hdf5File("it", bytes);
  assertEquals(file.namesIn("group").length, 1800);
  assertEquals(file.namesIn("vars"), []);
  for (const [name, weight] of Object.entries(group).filter((_, i) => i % 37 === 0)) {
    assertEquals(sameBits(await file.numbers(`group/${name}`, weight.name), weight), true, name);
  }
  assertEquals((await file.numbers("empty", "empty")).shape, [0, 3]);
  assertEquals((await file.numbers("ü", "f4")).dtype, "float32");
});

Deno.test("encodeTfjs() refuses what TensorFlow.js does not know, by name", async () => {
  const refused = async (name: string, message: string) => {
    const model = await readModelFile(`${folder}/${name}`);
    assertThrows(() => encodeTfjs(model), ModelFileError, message);
  };
  await refused(
    "normalization_mlp.keras",
    'the layer "normalization" (Normalization) cannot be written',
  );
  await refused(
    "int8_mlp.keras",
    'the layer "q0" (Dense) cannot be written for TensorFlow.js, being quantized',
  );
});

Deno.test("encodeTfjs() cuts weights into shards of 4 MiB", async () => {
  const values = Float32Array.from({ length: 3 * 2 ** 19 }, (_, i) => i);
  const weights = [{ name: "kernel", shape: [3, 2 ** 19], dtype: "float32", values }] as const;
  const config = { units: 2 ** 19, use_bias: false };
  const layers = [{ className: "Dense", name: "fc", config, weights }];
  const model = { name: "m", format: "", producer: null, layers, inputShape: [3], notes: [] };
  const { "model.json": json, ...shards } = encodeTfjs(model);
  assertEquals(Object.entries(shards).map(([name, { length }]) => [name, length]), [
    ["group1-shard1of2.bin", 2 ** 22],
    ["group1-shard2of2.bin", 2 ** 21],
  ]);
  const back = await readModelBytes("model.json", json!, shards);
  assertEquals(runnableOf(back).layers[0]?.weight?.[1_572_863], 1_572_863);
});

Deno.test("encodeSafetensorsModel() keeps bfloat16, and encodeNpz() refuses it", async () => {
  const values = new Uint16Array([0x3f80, 0xc000]);
  const weights = [{ name: "kernel", shape: [2, 1], dtype: "bfloat16", values }] as const;
  const config = { units: 1, use_bias: false };
  const layers = [{ className: "Dense", name: "fc", config, weights }];
  const model = { name: "m", format: "", producer: null, layers, inputShape: null, notes: [] };
  const back = await readModelBytes("m.safetensors", encodeSafetensorsModel(model));
  assertEquals(runnableOf(back).layers[0]?.weight, new Float32Array([1, -2]));
  const error = await encodeNpz(model).catch((reason: unknown) => `${reason}`);
  assertEquals(error, 'ModelFileError: "kernel" is bfloat16, which NumPy\'s files cannot hold');
});

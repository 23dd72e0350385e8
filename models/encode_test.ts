// What is written is read again: the same layers, and the same bits.
import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createKernel } from "../kernels/registry.ts";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { kerasJson } from "./keras_json.ts";
import { encodeHdf5 } from "./hdf5/encode.ts";
import { Hdf5File } from "./hdf5/hdf5.ts";
import { safeNames, unsafeForKeras } from "./layer_names.ts";
import { encodeNpz } from "./npz.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { stackOf } from "./stack.ts";
import { type Config, sameBits, type StoredModel, type StoredWeight } from "./stored_model.ts";

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

Deno.test("encodeKeras() and encodeTfjs() change names that are not taken, and no others", async () => {
  const model = await readModelFile(`${folder}/torch_style.onnx`);
  const namesOf = ({ layers }: StoredModel) =>
    layers.filter(({ className }) => className !== "InputLayer").map(({ name }) => name);
  const keras = await readModelBytes("m.keras", await encodeKeras(model));
  assertEquals(namesOf(keras), ["_fc1_out", "_act", "_fc2_out", "y"]);
  const { "model.json": json, ...shards } = encodeTfjs(model);
  const tfjs = await readModelBytes("model.json", json!, shards);
  assertEquals(namesOf(tfjs), ["fc1_out", "act", "fc2_out", "y"]);
  const renamed = model.layers.map((layer, i) => ({ ...layer, name: namesOf(tfjs)[i]! }));
  assertSame({ ...model, layers: renamed }, tfjs);
});

Deno.test("safeNames() keeps names different", () => {
  assertEquals(safeNames(["a/b", "a_b", "", "layer", "a/b"], unsafeForKeras), [
    "a_b",
    "a_b_2",
    "layer",
    "layer_2",
    "a_b_3",
  ]);
});

const values = new Float32Array([1]);
const kernel = { name: "kernel", shape: [1, 1], dtype: "float32", values } as const;
/** A model of one Dense with these words, by a program. */
const wordsOf = (config: Config, producer: string | null, format = ""): StoredModel => ({
  name: "m",
  format,
  producer,
  layers: [{
    className: "Dense",
    name: "fc",
    config: { units: 1, use_bias: false, ...config },
    weights: [kernel],
  }],
  inputShape: [1],
  notes: [],
});

/** What a model gives for 1. */
async function valueAtOne(model: StoredModel): Promise<number> {
  await using blocked = await createKernel("blocked");
  using stack = stackOf(blocked, model);
  return (await stack.predict([[1]])).data[0]!;
}

const old = ["Keras 2.15.0", "keras v2.15.0", "TensorFlow.js tfjs-layers v4.22.0"];

Deno.test("encodeKeras() refuses a word that Keras 3 takes for another function", async () => {
  const asFunction = { class_name: "function", config: "hard_sigmoid" };
  for (const activation of ["hard_sigmoid", "hardSigmoid", asFunction]) {
    for (const producer of [...old, null]) {
      await assertRejects(
        () => encodeKeras(wordsOf({ activation }, producer)),
        ModelFileError,
        'the layer "fc" (Dense) has the hard_sigmoid of Keras 2 and TensorFlow.js, 0.2x + 0.5',
      );
    }
  }
  const gelu = wordsOf({ activation: "gelu_new" }, null);
  await assertRejects(() => encodeKeras(gelu), ModelFileError, "has the activation gelu_tanh");
});

Deno.test("every writer keeps what the words of a model mean", async () => {
  const layersOf = async (model: StoredModel) => ({
    "m.safetensors": await readModelBytes("m.safetensors", encodeSafetensorsModel(model)),
    "m.npz": await readModelBytes("m.npz", await encodeNpz(model), {
      "m.json": new TextEncoder().encode(kerasJson(model)!),
    }),
    "m.weights.h5": await readModelBytes("m.weights.h5", encodeKerasWeights(model), {
      "m.json": new TextEncoder().encode(kerasJson(model)!),
    }),
  });
  const activation = "hard_sigmoid";
  for (
    const [model, value] of [
      [wordsOf({ activation }, null, "ONNX (opset 20)"), 1 / 6 + 0.5],
      [wordsOf({ activation }, "pytorch 2.1", "ONNX (opset 20)"), 1 / 6 + 0.5],
      [wordsOf({ activation }, "Keras 3.3.3"), 1 / 6 + 0.5],
      ...old.map((producer) => [wordsOf({ activation }, producer), 0.7] as const),
      [wordsOf({ activation }, null), 0.7],
      [wordsOf({ activation: "softmax_v2" }, null), 1],
    ] as const
  ) {
    assertAlmostEquals(await valueAtOne(model), value, 1e-6);
    for (const [name, back] of Object.entries(await layersOf(model))) {
      assertAlmostEquals(await valueAtOne(back), value, 1e-6, `${name} of ${model.producer}`);
    }
  }
  const modern = wordsOf({ activation }, "Keras 3.16.0");
  const back = await readModelBytes("m.keras", await encodeKeras(modern));
  assertAlmostEquals(await valueAtOne(back), 1 / 6 + 0.5, 1e-6);
});

Deno.test("a JSON of Keras 3 is of Keras 3, also where it does not say so", async () => {
  const json = JSON.parse(kerasJson(wordsOf({ activation: "hard_sigmoid" }, null))!);
  json.module = "keras";
  const others = { "m.json": new TextEncoder().encode(JSON.stringify(json)) };
  const back = await readModelBytes("m.npz", await encodeNpz(wordsOf({}, null)), others);
  assertEquals(back.producer, "Keras 3");
  assertAlmostEquals(await valueAtOne(back), 1 / 6 + 0.5, 1e-6);
});

Deno.test("what is written has the keys of Keras 1 under their new names, and one axis", async () => {
  const first = { units: null, output_dim: 1, use_bias: null, bias: false };
  const written = {
    keras: await readModelBytes("m.keras", await encodeKeras(wordsOf(first, null))),
    tfjs: await (() => {
      const { "model.json": json, ...shards } = encodeTfjs(wordsOf(first, null));
      return readModelBytes("model.json", json!, shards);
    })(),
  };
  for (const [name, { layers }] of Object.entries(written)) {
    const { units, use_bias: useBias } = layers.at(-1)!.config;
    assertEquals([units, useBias], [1, false], name);
  }
  const config = { axis: [1, 2], scale: false, center: false };
  const [layer] = wordsOf({}, null).layers;
  const values = new Float32Array(1);
  const weights = ["moving_mean", "moving_variance"]
    .map((name) => ({ ...layer!.weights[0]!, name, shape: [1], values }));
  const normalization = { className: "BatchNormalization", name: "bn", config, weights };
  const model = { ...wordsOf({}, null), layers: [normalization] };
  await assertRejects(() => encodeKeras(model), ModelFileError, "works along 2 axes");
  assertThrows(() => encodeTfjs(model), ModelFileError, "works along 2 axes");
});

Deno.test("encodeKeras() refuses layers that Keras does not take", async () => {
  const weights = await readModelFile(`${folder}/sequential_bn.npz`);
  const error = await encodeKeras(weights).catch((reason: unknown) => `${reason}`);
  assertEquals(String(error).includes("cannot be written for Keras"), true, String(error));
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

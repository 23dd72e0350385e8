import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { Dense } from "../layers/dense.ts";
import { layerObject } from "../layers/sequential_config.ts";
import { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { kerasJson } from "./keras_json.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sequentialOf } from "./sequential.ts";
import { stackOf } from "./stack.ts";
import {
  type Config,
  sameBits,
  type StoredLayer,
  type StoredModel,
  type StoredWeight,
} from "./stored_model.ts";

const modelOf = (layer: StoredLayer, inputs: number): StoredModel => ({
  name: "m",
  format: "",
  producer: "Keras 3.16.0",
  layers: [layer],
  inputShape: [inputs],
  notes: [],
});

/** A layer of int4 numbers, its arrays as Keras's files have them. */
async function stored(
  inputs: number,
  units: number,
  blockSize: number | null,
  useBias = true,
): Promise<StoredLayer> {
  await using kernel = await createKernel("blocked");
  using layer = new Dense(kernel, { units, useBias, name: "q", seed: 5, activation: "relu" });
  layer.build([null, inputs]);
  layer.quantize("int4", { blockSize });
  const { config } = JSON.parse(JSON.stringify(layerObject(layer)));
  const values = await layer.getWeights();
  const weights = layer.variables.map(({ name, tensor: { shape } }, i): StoredWeight => {
    const inBytes = name === "kernel" || name === "kernel_zero";
    return inBytes
      ? { name, shape, dtype: "int8", values: new Int8Array(values[i]!) }
      : { name, shape, dtype: "float32", values: new Float32Array(values[i]!) };
  });
  return { className: "Dense", name: "q", config, weights };
}

const cases: readonly [inputs: number, units: number, block: number | null, bias: boolean][] = [
  [5, 3, 2, true],
  [5, 3, null, true],
  [5, 3, null, false],
  [130, 4, 128, false],
  [2, 1, 128, true],
];

for (const [inputs, units, block, bias] of cases) {
  const what = `${inputs} inputs, ${units} units, ${
    block ? `groups of ${block}` : "whole columns"
  }`;
  Deno.test(`a .keras file of int4 is read to the bit, and computes as the layer does: ${what}, ${bias ? "a" : "no"} bias`, async () => {
    const layer = await stored(inputs, units, block, bias);
    const model = modelOf(layer, inputs);
    const json = new TextEncoder().encode(kerasJson(model)!);
    const files = [
      await readModelBytes("m.keras", await encodeKeras(model)),
      await readModelBytes("m.weights.h5", encodeKerasWeights(model), { "m.json": json }),
    ];
    for (const file of files) {
      const found = file.layers.find(({ className }) => className === "Dense")!;
      assertEquals(found.weights.map(({ name }) => name), layer.weights.map(({ name }) => name));
      assertEquals(found.weights.every((each, i) => sameBits(each, layer.weights[i]!)), true);
      await using kernel = await createKernel("blocked");
      using whole = stackOf(kernel, file);
      const runnable = runnableOf(file);
      assertEquals(runnable.notes.length, 1);
      using folded = sequentialOf(kernel, runnable);
      const data = Float32Array.from({ length: 2 * inputs }, (_, i) => Math.sin(i));
      using x = kernel.tensor([2, inputs], data);
      using a = whole.predict(x);
      using b = folded.predict(x);
      const other = await b.read();
      const values = await a.read();
      assertEquals(values.some((each) => each > 0), true);
      for (const [i, value] of values.entries()) assertAlmostEquals(value, other[i]!, 1e-5);
      assertEquals((whole.layers.at(-1) as Dense).quantizationMode, "int4");
    }
  });
}

Deno.test("a file of int4 with arrays that do not fit is refused by their names", async () => {
  const layer = await stored(5, 3, 2);
  const withWeight = (name: string, change: Partial<StoredWeight>, config: Config = {}) =>
    modelOf({
      ...layer,
      config: { ...layer.config, ...config },
      weights: layer.weights.map((each) => each.name === name ? { ...each, ...change } : each),
    }, 5);
  const bytes = (length: number) => new Int8Array(length);
  const floats = (...values: number[]) => new Float32Array(values);
  const refused: readonly (readonly [StoredModel, string])[] = [
    [withWeight("kernel", { shape: [5, 3], values: bytes(15) }), "and not two rows in a byte"],
    [withWeight("kernel", { shape: [3, 3], values: bytes(9) }), "as older versions of Keras"],
    [withWeight("kernel", { shape: [5, 1], values: bytes(5) }), "the shape [inputs, 2] in int8"],
    [
      withWeight("kernel", { dtype: "float32", values: new Float32Array(10) }),
      "the shape [inputs, 2] in int8",
    ],
    [withWeight("kernel_scale", { shape: [3], values: floats(1, 1, 1) }), "the shape [3, 3]"],
    [withWeight("kernel_zero", { shape: [2, 3], values: bytes(6) }), "the shape [3, 3]"],
    [
      withWeight("kernel_zero", { values: bytes(9).fill(8) }),
      "whole numbers from -8 to 7",
    ],
    [withWeight("g_idx", { values: floats(0, 1, 0, 1, 0) }), "groups of 2 rows one after"],
    [withWeight("g_idx", { shape: [4], values: floats(0, 0, 1, 1) }), "the shape [5]"],
    [withWeight("bias", { shape: [2], values: floats(1, 1) }), "the shape [3]"],
    [withWeight("kernel", {}, { units: 9 }), "the shape [inputs, 5] in int8"],
  ];
  for (const [model, message] of refused) {
    const error = assertThrows(() => encodeKerasWeights(model), ModelFileError, message);
    assertEquals(error.message.includes("\n"), false);
  }
  const zero = withWeight("kernel_scale", { values: new Float32Array(9) });
  assertThrows(() => runnableOf(zero), ModelFileError, "has 0 in its kernel_scale");
  assertThrows(() => encodeTfjs(modelOf(layer, 5)), ModelFileError, "being quantized");
});

Deno.test("what a file says of int4 in ways that are not read is refused at its field", async () => {
  const layer = await stored(5, 3, 2);
  const read = (config: Config) => {
    const model = modelOf({ ...layer, config: { ...layer.config, ...config } }, 5);
    const json = new TextEncoder().encode(
      JSON.stringify({
        class_name: "Sequential",
        config: { layers: [{ class_name: "Dense", config: model.layers[0]!.config }] },
      }),
    );
    return readModelBytes("m.weights.h5", encodeKerasWeights(modelOf(layer, 5)), {
      "m.json": json,
    });
  };
  for (
    const [config, message] of [
      [{ dtype: "int4/0_from_float32" }, "says that it is quantized, int4/0"],
      [{ dtype: "gptq/4/8_from_float32" }, "says that it is quantized, gptq/4/8"],
      [{ quantization_config: { class_name: "AWQConfig", config: {} } }, 'by "AWQConfig"'],
      [{ quantization_config: 5 }, "is quantized by"],
      [
        { dtype: "int4_from_float32", quantization_config: null },
        "has 5 weights; it should have 3",
      ],
    ] as const
  ) await assertRejects(() => read(config), ModelFileError, message);
});

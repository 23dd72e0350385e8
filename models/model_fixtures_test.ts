// The sample models of every format: their weights to the bit, and what they compute.
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { bitPatterns } from "../common/float_bits.ts";
import { ModelFileError } from "./errors.ts";
import { readModel } from "./read_model.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { bytesOfWeight, type StoredModel } from "./stored_model.ts";
import { computeStored, type Expected } from "./stored_model_testing.ts";
import { Zip } from "./zip.ts";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const read = (name: string) => readModelFile(`${folder}/${name}`);

async function expectedOf(name: string): Promise<Expected> {
  return JSON.parse(await Deno.readTextFile(`${folder}/${name}`)) as Expected;
}

/** Holds that all weights are there, under their names and shapes, and to the bit. */
function assertWeights(model: StoredModel, { weights = [] }: Expected): void {
  const key = (layer: string, weight: string) => `${layer}/${weight}`;
  const found = new Map(
    model.layers.flatMap(({ name, weights }) =>
      weights.map((weight) => [key(name, weight.name), weight] as const)
    ),
  );
  assertEquals(
    [...found.keys()].toSorted(),
    weights.map(({ layer, weight }) => key(layer, weight)).toSorted(),
  );
  for (const { layer, weight, shape, first, bits_xor } of weights) {
    const { values, shape: got } = found.get(key(layer, weight))!;
    assertEquals(got, shape);
    assertEquals([...values].slice(0, first.length).map(Number), first);
    if (bits_xor === undefined || !(values instanceof Float32Array)) continue;
    assertEquals(bitPatterns(values).reduce((all, each) => (all ^ each) >>> 0, 0), bits_xor);
  }
}

function assertOutputs(
  model: StoredModel,
  input: Expected["input"],
  wanted: Expected["output_float64"],
  tolerance = 1e-12,
): void {
  const got = computeStored(model, input);
  assertEquals(got.map(({ length }) => length), wanted.map(({ length }) => length));
  const errors = got.flatMap((row, i) => row.map((value, j) => Math.abs(value - wanted[i]![j]!)));
  assertLess(Math.max(...errors), tolerance);
}

const withJson = async (base: string, name: string) => {
  const bytes = await Deno.readFile(`${folder}/${base}.keras`);
  const config = await (await Zip.open("keras", bytes)).read("config.json");
  const file = await Deno.readFile(`${folder}/${name}`);
  return await readModelBytes(name, file, { [`${base}.json`]: config });
};

for (const base of ["sequential_bn", "functional_mlp", "normalization_mlp"]) {
  for (const ending of [".keras", ".h5"]) {
    Deno.test(`readModelFile() reads ${base}${ending}: every bit, and what it computes`, async () => {
      const model = await read(base + ending);
      const expected = await expectedOf(`${base}.expected.json`);
      assertWeights(model, expected);
      assertOutputs(model, expected.input, expected.output_float64);
      assertEquals(model.producer, "Keras 3.16.0");
      assertEquals(model.inputShape, [base === "sequential_bn" ? 6 : 4]);
    });
  }
  const others = base === "sequential_bn"
    ? [".weights.h5", ".npz", ".safetensors"]
    : [".weights.h5"];
  for (const ending of others) {
    Deno.test(`readModelBytes() reads ${base}${ending} with its layers' JSON beside it`, async () => {
      const model = await withJson(base, base + ending);
      const expected = await expectedOf(`${base}.expected.json`);
      assertWeights(model, expected);
      assertOutputs(model, expected.input, expected.output_float64);
    });
    Deno.test(`readModelFile() reads ${base}${ending} alone as weights, which cannot be run`, async () => {
      const model = await read(base + ending);
      assertEquals(model.layers.every(({ className }) => className === null), true);
      const { weights = [] } = await expectedOf(`${base}.expected.json`);
      const bits = (values: Iterable<number>) =>
        [...values].reduce((all, each) => (all ^ each) >>> 0, 0);
      const found = model.layers.flatMap((layer) => layer.weights).map((weight) =>
        bits(new Uint32Array(bytesOfWeight(weight).slice().buffer))
      );
      assertEquals(found.toSorted(), weights.map(({ bits_xor }) => bits_xor!).toSorted());
      await assertRejects(
        () => readModel(`${folder}/${base}${ending}`),
        ModelFileError,
        `has weights alone, and needs a JSON with its layers: "${folder}/${base}.json"`,
      );
    });
  }
}

Deno.test("readModelFile() reads int8_mlp.keras with its quantized weights and their scales", async () => {
  const model = await read("int8_mlp.keras");
  const expected = await expectedOf("int8_mlp.expected.json");
  assertWeights(model, expected);
  assertEquals(
    model.layers.flatMap(({ weights }) => weights.map(({ dtype }) => dtype)),
    ["int8", "float32", "float32", "int8", "float32", "float32"],
  );
  // Quantizing moves results by some thousandths.
  assertOutputs(model, expected.input, expected.output_before_quantizing!, 0.1);
});

Deno.test("readModel() says that it decodes int8, and decodes it", async () => {
  const { notes, layers } = await readModel(`${folder}/int8_mlp.keras`);
  assertEquals(notes.filter((note) => note.includes("with its weights decoded")).length, 2);
  const stored = (await read("int8_mlp.keras")).layers.find(({ className }) =>
    className === "Dense"
  )!;
  const [kernel, , scale] = stored.weights;
  assertEquals(
    layers[0]?.weight?.[30],
    Math.fround(Number(kernel!.values[30]) / Number(scale!.values[6])),
  );
});

for (
  const [name, file, layers] of [
    ["tfjs_bn/model.json", "tfjs_bn/expected.json", 3],
    ["tfjs_quantized/model.json", "tfjs_quantized/expected.json", 2],
    ["gemm_matmul.onnx", "gemm_matmul.onnx.expected.json", 6],
    ["torch_style.onnx", "torch_style.onnx.expected.json", 4],
  ] as const
) {
  Deno.test(`readModelFile() reads ${name}, and what it computes`, async () => {
    const model = await read(name);
    const expected = await expectedOf(file);
    assertEquals(model.layers.length, layers);
    // The file's slope is the float32 next to 0.01, the expected one's is 0.01.
    const tolerance = name === "torch_style.onnx" ? 1e-9 : 1e-12;
    assertOutputs(model, expected.input, expected.output_float64, tolerance);
  });
}

Deno.test("readModelFile() says which weights of tfjs it decoded", async () => {
  const { notes } = await read("tfjs_quantized/model.json");
  assertEquals(notes.map((note) => note.replace(/^.* is /, "")), [
    "uint8, decoded to float32",
    "uint16, decoded to float32",
    "float16, decoded to float32",
  ]);
});

const refused: Readonly<Record<string, string>> = {
  "bad/shape_bomb.h5": 'has no group "layers", as Keras\'s weights have; it has "w"',
  "bad/cycle.h5": 'has no group "layers", as Keras\'s weights have; it has "a"',
  "bad/softlink.h5": 'has no group "layers"',
  "bad/external.h5": 'has no group "layers"',
};

for (const [name, message] of Object.entries(refused)) {
  Deno.test(`readModelFile() refuses ${name} in one line`, async () => {
    await assertRejects(() => read(name), ModelFileError, message);
  });
}

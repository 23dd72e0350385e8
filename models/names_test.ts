// Names that every object of JavaScript has, in every place of a file that holds a text: each is
// refused as an unknown name is, so that no text of a file finds a property that all objects have.
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { encodeKeras } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { encodeTfjs } from "./encode_tfjs.ts";
import { ModelFileError } from "./errors.ts";
import { bytesOf, concat, npyWith, safetensorsWith } from "./files_testing.ts";
import { kerasJson } from "./keras_json.ts";
import { activationText } from "./model.ts";
import { encodeNpz } from "./npz.ts";
import { node, onnxFile, tensor } from "./onnx_testing.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sequentialOf } from "./sequential.ts";
import { stackOf } from "./stack.ts";
import type { StoredModel } from "./stored_model.ts";
import { encodeZip, Zip } from "./zip.ts";

const words = ["constructor", "__proto__", "hasOwnProperty", "valueOf", "toString"] as const;
const neutral = "quiteUnknown";
const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const fixture = (name: string) => Deno.readFileSync(`${folder}/${name}`);
const decoder = new TextDecoder();

type Files = readonly [name: string, bytes: Uint8Array, others?: Record<string, Uint8Array>];

/** What comes of an action, the word put out of it as a message may write it; anything but a refusal is thrown on. */
async function outcomeOf(word: string, action: () => Promise<unknown>): Promise<string> {
  let found: string;
  try {
    found = JSON.stringify(await action()) ?? "nothing";
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    found = error.message;
  }
  const flat = (text: string) => text.toLowerCase().replaceAll("_", "");
  // Long messages end where the word's length says.
  return flat(found).replaceAll(flat(word), "WORD").slice(0, 160);
}

/** Reads a model and makes of it all that can be made. */
function using(kernel: Kernel, make: (word: string) => Files | Promise<Files>) {
  return (word: string) =>
    outcomeOf(word, async () => {
      const stored = await readModelBytes(...await make(word));
      const layers = stored.layers.map(({ className, weights }) => [className, weights.length]);
      const parts = [
        layers,
        await outcomeOf(word, async () => {
          const model = runnableOf(stored);
          sequentialOf(kernel, model)[Symbol.dispose]();
          return await Promise.resolve(
            model.layers.map(({ activation }) => activationText(activation)),
          );
        }),
      ];
      for (const write of [encodeTfjs, encodeSafetensorsModel, kerasJson]) {
        parts.push(
          await outcomeOf(word, async () => await Promise.resolve(write(stored) && "written")),
        );
      }
      parts.push(
        await outcomeOf(word, async () => {
          stackOf(kernel, stored)[Symbol.dispose]();
          return await Promise.resolve("a stack");
        }),
      );
      return parts;
    });
}

/** Two of the words, others each time. */
const twoAt = (i: number) => [words[i % words.length]!, words[(i + 2) % words.length]!];

/** Holds that none of the words is more than an unknown one. */
async function expectPlain(
  what: string,
  outcome: (word: string) => Promise<string>,
  some: readonly string[] = words,
) {
  const want = await outcome(neutral);
  for (const word of some) assertEquals(await outcome(word), want, `${what}: ${word}`);
}

const strings = /"(?:[^"\\]|\\.)*"/g;

/** A text with each of its JSON strings in turn, keys too, as another one. */
function* replaced(
  text: string,
): Generator<readonly [what: string, make: (word: string) => string]> {
  const seen = new Set<string>();
  for (const { index, 0: found } of text.matchAll(strings)) {
    const what = text.slice(Math.max(0, index - 30), index + found.length);
    // The same keys stand in every layer.
    if (seen.has(what)) continue;
    seen.add(what);
    yield [
      what,
      (word) => text.slice(0, index) + JSON.stringify(word) + text.slice(index + found.length),
    ];
  }
}

const zipped = await Zip.open("it", fixture("sequential_bn.keras"));
const config = decoder.decode(await zipped.read("config.json"));

Deno.test("no text of a Keras configuration is looked up among what all objects have", async () => {
  await using kernel = await createKernel("naive");
  const others = { "m.safetensors": fixture("sequential_bn.safetensors") };
  for (const [i, [what, make]] of [...replaced(config)].entries()) {
    const outcome = using(kernel, (word) => ["m.json", concat(make(word)), others]);
    await expectPlain(what, outcome, twoAt(i));
  }
});

Deno.test("no text of a functional .keras file is looked up among what all objects have", async () => {
  await using kernel = await createKernel("naive");
  const zip = await Zip.open("it", fixture("functional_mlp.keras"));
  const text = decoder.decode(await zip.read("config.json"));
  const weights = await zip.read("model.weights.h5");
  for (const [what, make] of [...replaced(text)].filter((_, i) => i % 8 === 1)) {
    await expectPlain(
      what,
      using(kernel, async (word) => [
        "m.keras",
        await encodeZip({ "config.json": concat(make(word)), "model.weights.h5": weights }),
      ]),
    );
  }
});

Deno.test("no text of a TensorFlow.js model is looked up among what all objects have", async () => {
  await using kernel = await createKernel("naive");
  for (const sample of ["tfjs_bn", "tfjs_quantized"]) {
    const names = [...Deno.readDirSync(`${folder}/${sample}`)].map(({ name }) => name);
    const shards = Object.fromEntries(
      names.filter((name) => name.endsWith(".bin")).map((
        name,
      ) => [name, fixture(`${sample}/${name}`)]),
    );
    for (const [what, make] of replaced(decoder.decode(fixture(`${sample}/model.json`)))) {
      await expectPlain(what, using(kernel, (word) => ["model.json", concat(make(word)), shards]));
    }
  }
});

Deno.test("no text of a safetensors or .npy header is looked up among what all objects have", async () => {
  await using kernel = await createKernel("naive");
  const bytes = fixture("sequential_bn.safetensors");
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = decoder.decode(bytes.subarray(8, 8 + length));
  for (const [what, make] of replaced(header)) {
    const file = (word: string) => safetensorsWith(make(word), bytes.subarray(8 + length));
    const json = { "m.json": concat(config) };
    await expectPlain(what, using(kernel, (word) => ["m.safetensors", file(word), json]));
    await expectPlain(what, using(kernel, (word) => ["m.safetensors", file(word)]));
  }
  const layer = { class_name: "Dense", config: { units: 1, use_bias: false } };
  const json = concat(JSON.stringify({ layers: [{ ...layer, weights: { kernel: "w" } }] }));
  const npy = (descr: string) =>
    npyWith(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1, 1)}`, new Uint8Array(8));
  for (const before of ["", "<", "|"]) {
    await expectPlain(
      "descr",
      using(kernel, (word) => ["m.json", json, { "w.npy": npy(before + word) }]),
    );
  }
});

Deno.test("no text of an ONNX file is looked up among what all objects have", async () => {
  await using kernel = await createKernel("naive");
  const weight = (name: string) => tensor(name, [2, 2], new Float32Array([1, 2, 3, 4]));
  const files: Readonly<Record<string, (word: string) => Uint8Array>> = {
    operator: (word) =>
      onnxFile([node("Gemm", ["x", "w"], "z"), node(word, ["z"], "y")], [weight("w")]),
    domain: (word) => onnxFile([node("Gemm", ["x", "w"], "y", {}, word)], [weight("w")]),
    attribute: (word) => onnxFile([node("Gemm", ["x", "w"], "y", { [word]: 1 })], [weight("w")]),
    tensor: (word) => onnxFile([node("Gemm", ["x", word], "y")], [weight(word)]),
    result: (word) =>
      onnxFile([node("Gemm", ["x", "w"], word), node("Relu", [word], "y")], [weight("w")]),
    input: (word) => onnxFile([node("Gemm", [word, "w"], "y")], [weight("w")], [word]),
    missing: (word) => onnxFile([node("Gemm", ["x", word], "y")], [weight("w")]),
  };
  for (const [what, make] of Object.entries(files)) {
    await expectPlain(what, using(kernel, (word) => ["m.onnx", make(word)]));
  }
});

/** A model with such a name for a layer, and for a weight's. */
function named(word: string): StoredModel {
  const values = new Float32Array([1, 2]);
  const kernel = { name: "kernel", shape: [2, 1], dtype: "float32", values } as const;
  const config = { units: 1, use_bias: false };
  return {
    name: "m",
    format: "",
    producer: null,
    layers: [{ className: "Dense", name: word, config, weights: [kernel] }],
    inputShape: [2],
    notes: [],
  };
}

Deno.test("a layer may have a name that all objects have, in every format that is written", async () => {
  for (const word of words) {
    const model = named(word);
    const json = concat(kerasJson(model)!);
    const { "model.json": tfjs, ...shards } = encodeTfjs(model);
    const files: Files[] = [
      ["m.keras", await encodeKeras(model)],
      ["m.safetensors", encodeSafetensorsModel(model)],
      ["m.npz", await encodeNpz(model), { "m.json": json }],
      ["model.json", tfjs!, shards],
    ];
    for (const file of files) {
      const { layers } = await readModelBytes(...file);
      const found = layers.find(({ className }) => className === "Dense");
      assertEquals([...bytesOf(found!.weights[0]!.values)], [
        ...bytesOf(model.layers[0]!.weights[0]!.values),
      ]);
      if (file[0] !== "model.json") assertEquals(found?.name, word, file[0]);
    }
  }
});

import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects } from "@std/assert";
import { createKernel, Dense, Input, Normalization, Sequential } from "../mod.ts";
import { encodeKeras } from "./encode_keras.ts";
import { encodeSafetensorsModel } from "./encode_safetensors.ts";
import { ModelFileError } from "./errors.ts";
import { readModelBytes } from "./read_model_file.ts";
import { stackOf } from "./stack.ts";
import { storedOf } from "./stored_of.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

Deno.test("a Normalization that was adapted is written and read, with the count that Keras needs", async () => {
  await using kernel = await createKernel("blocked");
  const normalization = new Normalization(kernel);
  await normalization.adapt([[1, 2], [3, 6], [5, 5]]);
  using model = new Sequential([
    new Input(kernel, { shape: [2] }),
    normalization,
    new Dense(kernel, { units: 1, seed: 1 }),
  ]);
  const wanted = await model.predict([[1, 2]]);
  const stored = await storedOf(model);
  const shapes = (layers: typeof stored.layers) =>
    layers[1]!.weights.map(({ name, shape, dtype }) => [name, shape, dtype]);
  const three = [["mean", [2], "float32"], ["variance", [2], "float32"], ["count", [], "int32"]];
  assertEquals(shapes(stored.layers), three);
  const [input, layer, dense] = stored.layers;
  const two = { ...layer!, weights: layer!.weights.slice(0, 2) };
  for (const layers of [stored.layers, [input!, two, dense!]]) {
    const read = await readModelBytes("m.keras", await encodeKeras({ ...stored, layers }));
    assertEquals(shapes(read.layers), three);
    const others = await readModelBytes(
      "m.safetensors",
      encodeSafetensorsModel({ ...stored, layers }),
    );
    for (const each of [read, others]) {
      using network = stackOf(kernel, each);
      assertEquals((await network.predict([[1, 2]])).data, wanted.data);
    }
  }
});

Deno.test("HDF5 behind a user block is read, wherever it says that it begins", async () => {
  const bytes = await Deno.readFile(fixture("sequential_bn.h5"));
  const wanted = await readModelBytes("m.h5", bytes);
  // The base address of superblock 0 and the end of the file, which counts from the block's beginning.
  for (const says of [true, false]) {
    for (const size of [512, 1024, 4096]) {
      const moved = new Uint8Array(size + bytes.length).fill(0x20);
      moved.set(bytes, size);
      const view = new DataView(moved.buffer);
      if (says) {
        view.setBigUint64(size + 24, BigInt(size), true);
        view.setBigUint64(size + 40, BigInt(size + bytes.length), true);
      }
      assertEquals((await readModelBytes("m.h5", moved)).layers, wanted.layers);
      view.setBigUint64(size + 24, 64n, true);
      await assertRejects(
        () => readModelBytes("m.h5", moved),
        ModelFileError,
        `says that it begins at byte 64; it begins at ${size}`,
      );
    }
  }
  const elsewhere = new Uint8Array(600 + bytes.length);
  elsewhere.set(bytes, 600);
  await assertRejects(() => readModelBytes("m.h5", elsewhere), ModelFileError, "no HDF5 file");
});

Deno.test("TensorFlow.js's weights are found with :0, and its optimizer is passed over", async () => {
  const part = (name: string) => Deno.readFile(fixture(`tfjs_bn/${name}`));
  const model = JSON.parse(new TextDecoder().decode(await part("model.json")));
  const names = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  const shards = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await part(name)] as const)),
  );
  const read = async () =>
    await readModelBytes(
      "model.json",
      new TextEncoder().encode(JSON.stringify(model)),
      { ...shards, "optimizer.bin": new Uint8Array(12) },
    );
  const wanted = await read();
  for (const weight of model.weightsManifest[0].weights) weight.name += ":0";
  model.weightsManifest.push({
    paths: ["optimizer.bin"],
    weights: [
      { name: "iter", shape: [], dtype: "int32", group: "optimizer" },
      { name: "hidden/bias/m", shape: [2], dtype: "float32", group: "optimizer" },
    ],
  });
  const stored = await read();
  assertEquals(stored.layers, wanted.layers);
  assertEquals(stored.notes, [
    ...wanted.notes,
    "the optimizer is passed over: TensorFlow.js's form of it is not read",
  ]);
});

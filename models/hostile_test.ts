// Files that lie: each is refused in one line, before it costs more than its size warrants.
import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { concat } from "./files_testing.ts";
import { ModelFileError } from "./errors.ts";
import { encodeHdf5 } from "./hdf5/encode.ts";
import { Hdf5File } from "./hdf5/hdf5.ts";
import { inflate } from "./inflate.ts";
import { readModel } from "./read_model.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { encodeZip, Zip } from "./zip.ts";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const bytesOf = (name: string) => Deno.readFileSync(`${folder}/${name}`);
const decoder = new TextDecoder();

async function assertRefused(action: () => Promise<unknown>, message: string): Promise<void> {
  const error = await assertRejects(action, ModelFileError, message);
  assertEquals(/\p{Cc}/u.test(error.message), false, error.message);
}

/** The places of a text, or of bytes, in bytes. */
function placesOf(bytes: Uint8Array, part: string | Uint8Array): number[] {
  const letters = concat(part);
  return [...bytes.keys()].filter((i) => letters.every((letter, j) => bytes[i + j] === letter));
}

const hdf5 = (name: string) => new Hdf5File(`"${name}"`, bytesOf(name));

for (
  const [name, path, message] of [
    ["bad/shape_bomb.h5", "w", "17179869184 numbers; at most 134217728 (512 MiB) are read"],
    ["bad/softlink.h5", "x", '"x" is a soft link, which is never followed'],
    ["bad/external.h5", "x", '"x" is an external link, which is never followed'],
    ["bad/external.h5", "w", '"w": its values lie in another file, which is never opened'],
    ["bad/dtypes.h5", "lzf", '"lzf": its values are packed with LZF, which is not read'],
    ["bad/latest.h5", "chunk", "it has an index of chunks that h5py's"],
    ["bad/dtypes.h5", "nothing", '"nothing" is missing'],
    ["bad/dtypes.h5", "__proto__", '"__proto__" is missing'],
    ["bad/dtypes.h5", "f4/below", '"f4/below" is missing'],
    ["bad/cycle.h5", "a", '"a": it is no dataset'],
  ] as const
) {
  Deno.test(`Hdf5File refuses ${path} of ${name}`, async () => {
    await assertRefused(() => hdf5(name).numbers(path, path), message);
  });
}

Deno.test("Hdf5File reads every kind of storage and number that it knows, beside those that it does not", async () => {
  const file = hdf5("bad/dtypes.h5");
  const found: Record<string, unknown> = {};
  for (const path of file.namesIn("").filter((name) => name !== "lzf")) {
    const { dtype, shape, values } = await file.numbers(path, path);
    found[path] = [dtype, shape, [...values].slice(0, 3).map(Number)];
  }
  const numbers = [0, 1, 2];
  assertEquals(found, {
    b: ["bool", [2, 3], [0, 1, 1]],
    be: ["float32", [2, 3], numbers],
    compact: ["float32", [4], numbers],
    empty: ["float32", [0, 4], []],
    f2: ["float16", [2, 3], numbers],
    f4: ["float32", [2, 3], numbers],
    f8: ["float64", [2, 3], numbers],
    fletcher: ["float32", [100], numbers],
    gz: ["float32", [10, 100], numbers],
    i1: ["int8", [2, 3], numbers],
    i8: ["int64", [2, 3], numbers],
    scalar: ["float32", [], [1.5]],
    u1: ["uint8", [2, 3], numbers],
  });
});

Deno.test("Hdf5File follows a group into itself no further than a path does", async () => {
  const file = hdf5("bad/cycle.h5");
  const path = `a${"/self".repeat(50)}/w`;
  assertEquals([...(await file.numbers(path, "w")).values].map(Number), [0, 1, 2]);
});

Deno.test("Hdf5File refuses a checksum that is wrong", async () => {
  const bytes = bytesOf("bad/dtypes.h5");
  // One bit of a number, wherever the numbers 40 to 42 stand one after the other.
  const numbers = new Uint8Array(new Float32Array([40, 41, 42]).buffer);
  for (const start of placesOf(bytes, numbers)) bytes[start]! ^= 1;
  await assertRefused(
    () => new Hdf5File('"it"', bytes).numbers("fletcher", "w"),
    "Fletcher32 checksum is wrong",
  );
});

Deno.test("Hdf5File refuses a B-tree whose nodes lead to each other, and does not go round in it", async () => {
  const bytes = bytesOf("sequential_bn.h5");
  const view = new DataView(bytes.buffer);
  // Every node is a parent now, of many children that are itself: 2^255 paths for one that follows them.
  for (const at of placesOf(bytes, "TREE")) {
    bytes[at + 5] = 255;
    view.setUint16(at + 6, 8, true);
    for (let i = 0; i < 8; i++) view.setBigUint64(at + 32 + 16 * i, BigInt(at), true);
  }
  await assertRefused(() => readModelBytes("m.h5", bytes), "is reached twice");
});

Deno.test("Hdf5File refuses a heap of texts that is read again and again", async () => {
  const bytes = bytesOf("sequential_bn.h5");
  const view = new DataView(bytes.buffer);
  // Each text of the file is as long as the file.
  for (const at of placesOf(bytes, "GCOL")) view.setBigUint64(at + 8, BigInt(bytes.length), true);
  await assertRefused(() => readModelBytes("m.h5", bytes), "m.h5");
});

Deno.test("Hdf5File unpacks no more than the bytes that it was stored in warrant", async () => {
  const values = new Float32Array(17 * 2 ** 20);
  const w = { name: "w", shape: [17, 2 ** 20], dtype: "float32", values } as const;
  const bytes = encodeHdf5({ w });
  assertEquals((await new Hdf5File('"it"', bytes).numbers("w", "w")).shape, [17, 2 ** 20]);
  // As within an archive that was packed to a thousand bytes.
  await assertRefused(
    () => new Hdf5File('"it"', bytes, 1000).numbers("w", "w"),
    '"w": its shape says 71303168 bytes; of a file of 1000 at most 67108864 are unpacked',
  );
});

Deno.test("inflate() makes no more bytes than are asked for", async () => {
  const packed = new Blob([new Uint8Array(2 ** 24)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const bomb = await new Response(packed).bytes();
  assertEquals(await inflate("deflate", bomb, 1000), null);
  assertEquals((await inflate("deflate", bomb, 2 ** 24))?.length, 2 ** 24);
  // Of what is cut there is the beginning, whose length says that it is not all.
  assertEquals(
    (await inflate("deflate", bomb.subarray(0, 100), 2 ** 24) ?? []).length < 2 ** 24,
    true,
  );
  assertEquals(await inflate("deflate", new Uint8Array([1, 2, 3]), 100), null);
});

async function keras(change: (config: string) => string): Promise<Uint8Array> {
  const zip = await Zip.open("it", bytesOf("sequential_bn.keras"));
  const config = change(decoder.decode(await zip.read("config.json")));
  const weights = await zip.read("model.weights.h5");
  return await encodeZip({ "config.json": concat(config), "model.weights.h5": weights });
}

const changes: Readonly<Record<string, readonly [from: string, to: string, message: string]>> = {
  "a Lambda": [
    '"class_name": "Dropout"',
    '"class_name": "Lambda"',
    '"config.json": config.layers[3].class_name is a Lambda, code that is never run, which is not read',
  ],
  "a class that is none of Keras's": [
    '"registered_name": null, "build_config": {"input_shape": [null, 6]}}',
    '"registered_name": "mine>MyDense"}',
    'config.layers[1].class_name is "mine>MyDense", which is not read; the layers that are read are',
  ],
  "an int4 layer without its scales": [
    '"class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}, "units": 8',
    '"class_name": "QuantizedDTypePolicy", "config": {"mode": "int4", "source_name": "float32"}}, "units": 8',
    'the layer "hidden" (Dense) has 2 weights; it should have 3, kernel, bias and kernel_scale',
  ],
  "a float8 layer": [
    '"class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": null}, "units": 8',
    '"class_name": "QuantizedDTypePolicy", "config": {"mode": "float8", "source_name": "float32"}}, "units": 8',
    "config.layers[1].config.dtype says that it is quantized, float8",
  ],
  "a layer more than its weights": [
    '{"module": "keras.layers", "class_name": "Dropout"',
    '{"class_name": "Dense", "config": {"units": 2, "name": "more"}}, {"class_name": "Dropout"',
    '"layers/dense_1/vars" is of the layer "dense"; the configuration has "more" there',
  ],
  "a bias that is not there": [
    '"use_bias": false',
    '"use_bias": true',
    'the layer "dense" (Dense) has 1 weights; it should have 2, kernel and bias',
  ],
  "a key twice": [
    '"units": 8',
    '"units": 8, "units": 9',
    '"config.json" has the key "units" twice',
  ],
};

for (const [what, [from, to, message]] of Object.entries(changes)) {
  Deno.test(`readModelBytes() refuses a .keras file with ${what}`, async () => {
    const file = await keras((config) => {
      assertEquals(config.includes(from), true);
      return config.replace(from, to);
    });
    await assertRefused(() => readModelBytes("m.keras", file), message);
  });
}

Deno.test("readModelBytes() refuses a branch of a Functional model by the names of its layers", async () => {
  const zip = await Zip.open("it", bytesOf("functional_mlp.keras"));
  const text = decoder.decode(await zip.read("config.json"));
  const other = text.replace('"keras_history": ["act", 0, 0]', '"keras_history": ["a", 0, 0]');
  const file = await encodeZip({ "config.json": concat(other) });
  await assertRefused(
    () => readModelBytes("m.keras", file),
    'config.layers cannot be read: the result of layer "a" goes to layer "act" and to layer "leaky_re_lu"',
  );
});

Deno.test("Zip refuses what would unpack to more than its size warrants", async () => {
  const packed = await new Response(
    new Blob([new Uint8Array(70 * 2 ** 20)]).stream().pipeThrough(
      new CompressionStream("deflate-raw"),
    ),
  ).bytes();
  // One entry, as its central directory says it: 70 MiB in 70 kB.
  const size = 70 * 2 ** 20;
  const entry = (start: number[], rest: number[]) => {
    const bytes = new Uint8Array([...start, 20, 0, 0, 0, 8, 0, 0, 0, 33, 0, 0, 0, 0, 0]);
    const sizes = new Uint8Array(new Uint32Array([packed.length, size]).buffer);
    return concat(bytes, sizes, new Uint8Array([5, 0, 0, 0, ...rest]), "w.npy");
  };
  const local = entry([0x50, 0x4b, 3, 4], []);
  const central = entry([0x50, 0x4b, 1, 2, 20, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const ends = new Uint8Array(
    new Uint32Array([central.length, local.length + packed.length]).buffer,
  );
  const end = concat(
    new Uint8Array([0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0]),
    ends,
    new Uint8Array(2),
  );
  const file = concat(local, packed, central, end);
  await assertRefused(
    () => readModelBytes("m.npz", file),
    '"m.npz": its entry "w.npy" would unpack to 73400320 bytes; of a file of',
  );
});

Deno.test("Zip refuses a byte that was changed, by its checksum", async () => {
  const bytes = bytesOf("sequential_bn.npz");
  const [at = 0] = placesOf(bytes, "NUMPY");
  // Within the first array's numbers.
  bytes[at + 140]! ^= 1;
  await assertRefused(
    () => readModelBytes("m.npz", bytes),
    "is no sound zip archive: Invalid CRC32",
  );
});

Deno.test("Zip refuses two entries of one name", async () => {
  const npy = bytesOf("npy_bool.npy");
  const file = await encodeZip({ "a.npy": npy, "b.npy": npy });
  for (const at of placesOf(file, "b.npy")) file.set(concat("a"), at);
  await assertRefused(
    () => readModelBytes("m.npz", file),
    '"m.npz": its entry "a.npy" is there twice',
  );
});

Deno.test("readModelBytes() refuses a pickle in a .npz and a .keras file", async () => {
  const pickle = concat(bytesOf("npy_bool.npy"));
  const [at = 0] = placesOf(pickle, "|b1");
  pickle.set(concat("|O "), at);
  const npz = await encodeZip({ "w.npy": pickle });
  await assertRefused(() => readModelBytes("m.npz", npz), '"m.npz": "w.npy"');
  const zip = await Zip.open("it", bytesOf("sequential_bn.keras"));
  const config = await zip.read("config.json");
  const file = await encodeZip({ "config.json": config, "model.weights.npz": npz });
  await assertRefused(() => readModelBytes("m.keras", file), "are pickles (model.weights.npz)");
});

Deno.test("readModelBytes() takes names of properties as names, and changes no prototype", async () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const layer = { class_name: "Dense", config: { name, units: 3, use_bias: false } };
    const json = concat(JSON.stringify({ layers: [layer] }).replace("{", '{"__proto__":{"a":1},'));
    const npz = await encodeZip({ [`${name}.kernel.npy`]: bytesOf("npy_f2.npy") });
    const model = await readModelBytes("m.npz", npz, { "m.json": json });
    assertEquals(runnableOf(model).layers[0]?.name, name);
    assertEquals(Object.hasOwn(Object.prototype, "a"), false);
  }
});

const tfjs = (
  change: (json: string) => string,
  shards: Readonly<Record<string, Uint8Array>> = {},
) => {
  const own = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  const files = Object.fromEntries(own.map((name) => [name, bytesOf(`tfjs_bn/${name}`)]));
  const json = change(decoder.decode(bytesOf("tfjs_bn/model.json")));
  return () => readModelBytes("model.json", concat(json), { ...files, ...shards });
};

const manifests: Readonly<Record<string, readonly [from: string, to: string, message: string]>> = {
  "a graph model": ['"layers-model"', '"graph-model"', 'format is "graph-model", a graph'],
  "a shard that is not there": ["shard2of2", "shard3of3", 'needs the file "group1-shard3of3.bin"'],
  "a shard twice": ["shard2of2", "shard1of2", "weightsManifest[0].paths names a file twice"],
  "a shape of other bytes": [
    '"shape":[6,8]',
    '"shape":[6,9]',
    "weights needs 484 bytes; the 2 files",
  ],
  "a shape beyond all memory": [
    '"shape":[6,8]',
    '"shape":[9007199254740991,8]',
    "at most 134217728",
  ],
  "a weight of no layer": ['"hidden/kernel"', '"other/kernel"', 'has no weight "hidden/kernel"'],
  "a dtype of text": [
    '"dtype":"float32"},{"name":"hidden/bias"',
    '"dtype":"string"},{"name":"hidden/bias"',
    'dtype is "string"',
  ],
  "a scale that is no number": [
    '"dtype":"float32"},{"name":"hidden/bias"',
    '"dtype":"float32","quantization":{"dtype":"uint8","scale":1e999,"min":0}},{"name":"hidden/bias"',
    "quantization.scale is Infinity; it must be a finite number",
  ],
};

for (const [what, [from, to, message]] of Object.entries(manifests)) {
  Deno.test(`readModelBytes() refuses a tfjs model with ${what}`, async () => {
    await assertRefused(tfjs((json) => json.replace(from, to)), message);
  });
}

Deno.test("readModel() refuses a tfjs shard outside of the model's folder", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/model`);
    await Deno.writeFile(`${root}/secret.bin`, new Uint8Array(160));
    const json = decoder.decode(bytesOf("tfjs_bn/model.json"));
    for (const path of ["../secret.bin", `${root}/secret.bin`, "..\\\\secret.bin"]) {
      const text = json.replace("group1-shard2of2.bin", path);
      await Deno.writeTextFile(`${root}/model/model.json`, text);
      await Deno.writeFile(`${root}/model/group1-shard1of2.bin`, new Uint8Array(300));
      await assertRefused(
        () => readModel(`${root}/model/model.json`),
        "must lie in the model's folder",
      );
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { readModel } from "./read_model.ts";
import { bytesOf, inFolder, npy, npyWith, safetensors } from "./files_testing.ts";

const six = new Float32Array([1, 2, 3, 4, 5, 6]);
const two = new Float32Array([7, 8]);
const three = new Float32Array([7, 8, 9]);

/** The JSON of one Dense layer of three inputs and two units, changed. */
function small(
  weights: Record<string, unknown> = { kernel: "w", bias: "b" },
  config: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    layers: [{ class_name: "Dense", config: { name: "fc", units: 2, ...config }, weights }],
  });
}

const files = { "m.json": small(), "w.npy": npy([3, 2], six), "b.npy": npy([2], two) };

Deno.test("readModel() reads .npy files in the JSON's folder", async () => {
  await inFolder(files, async (folder) => {
    const { layers, inputs, notes, flatten } = await readModel(`${folder}/m.json`);
    assertEquals({ inputs, notes, flatten }, { inputs: 3, notes: [], flatten: false });
    assertEquals(layers, [
      { name: "fc", activation: "linear", inputs: 3, units: 2, weight: six, bias: two },
    ]);
  });
});

Deno.test("readModel() reads a safetensors file of the JSON's base name, from either's name", async () => {
  const weights = safetensors({ w: [[3, 2], six], b: [[2], two] });
  await inFolder({ "m.json": small(), "m.safetensors": weights }, async (folder) => {
    for (const name of ["m.json", "m.safetensors"]) {
      const { layers } = await readModel(`${folder}/${name}`);
      assertEquals(layers[0]?.weight, six, name);
      assertEquals(layers[0]?.bias, two, name);
    }
  });
});

Deno.test("readModel() reads the JSON in a safetensors file's metadata", async () => {
  const weights = safetensors({ w: [[3, 2], six], b: [[2], two] }, { model: small() });
  await inFolder({ "m.safetensors": weights }, async (folder) => {
    assertEquals((await readModel(`${folder}/m.safetensors`)).layers[0]?.weight, six);
  });
});

Deno.test("readModel() transposes PyTorch's order", async () => {
  const json = small({ kernel: "w", bias: "b", transposed: true });
  const turned = new Float32Array([1, 3, 5, 2, 4, 6]);
  const stored = { "m.json": json, "w.npy": npy([2, 3], turned), "b.npy": npy([2], two) };
  await inFolder(stored, async (folder) => {
    const { layers, inputs } = await readModel(`${folder}/m.json`);
    assertEquals(inputs, 3);
    assertEquals(layers[0]?.weight, six);
  });
});

Deno.test("readModel() says what it converts", async () => {
  const header = (descr: string, shape: string) =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}}`;
  const stored = {
    "m.json": small(),
    "w.npy": npyWith(header("<f8", "(3, 2)"), bytesOf(new Float64Array(six).fill(0.1))),
    "b.npy": npyWith(header("<f2", "(2,)"), bytesOf(new Float16Array(two))),
  };
  await inFolder(stored, async (folder) => {
    const { notes, layers } = await readModel(`${folder}/m.json`);
    assertEquals([...notes], [
      '"fc/kernel" is float64, rounded to float32',
      '"fc/bias" is float16, exact in float32',
    ]);
    assertEquals(layers[0]?.weight, new Float32Array(6).fill(0.1));
  });
});

Deno.test("readModel() reads an array once that two layers share", async () => {
  const square = {
    class_name: "Dense",
    config: { units: 2, use_bias: false },
    weights: { kernel: "s" },
  };
  const stored = {
    "m.json": JSON.stringify({ layers: [square, square] }),
    "s.npy": npy([2, 2], six.subarray(0, 4)),
  };
  await inFolder(stored, async (folder) => {
    const [one, other] = (await readModel(`${folder}/m.json`)).layers;
    assert(one?.weight);
    assert(one.weight === other?.weight);
  });
});

Deno.test("readModel() reads a .npy file in a folder below", async () => {
  await inFolder(
    { "m.json": small({ kernel: "sub/w.npy", bias: "b" }), "b.npy": npy([2], two) },
    async (folder) => {
      await Deno.mkdir(`${folder}/sub`);
      await Deno.writeFile(`${folder}/sub/w.npy`, npy([3, 2], six));
      assertEquals((await readModel(`${folder}/m.json`)).layers[0]?.weight, six);
    },
  );
});

const chain = (units: readonly number[], first: unknown[] = []) =>
  JSON.stringify({
    layers: [
      ...first,
      ...units.map((n, i) => ({
        class_name: "Dense",
        config: { units: n, use_bias: false },
        weights: { kernel: `w${i}` },
      })),
    ],
  });

const refused: Record<string, [files: Record<string, Uint8Array | string>, message: string]> = {
  "no file": [{}, "there is no such file"],
  "a missing array": [{ "m.json": small() }, '/w.npy": there is no such file'],
  "a JSON of other bytes": [{ "m.json": npy([2], two) }, "is no text in UTF-8 or UTF-16"],
  "a weight of another shape": [
    { ...files, "w.npy": npy([3, 2, 1], six) },
    "must have two axes, [inputs, units]; got [3, 2, 1]",
  ],
  "a weight of other units": [
    { ...files, "w.npy": npy([2, 3], six) },
    'must have the shape [2, 2], [inputs, units] of layer "fc" (or "transposed": true); got [2, 3]',
  ],
  "a weight without inputs": [
    { ...files, "w.npy": npy([0, 2], new Float32Array()) },
    "must have two axes, [inputs, units]; got [0, 2]",
  ],
  "a bias of another length": [
    { ...files, "b.npy": npy([3], three) },
    'the bias of "fc" must have the shape [2]; got [3]',
  ],
  "a bias of two axes": [{ ...files, "b.npy": npy([1, 2], two) }, "must have the shape [2]"],
  "layers that do not fit together": [
    {
      "m.json": chain([2, 3]),
      "w0.npy": npy([3, 2], six),
      "w1.npy": npy([1, 3], three),
    },
    'the layer "layer_1" (Dense) takes 1 inputs; the layer before it gives 2',
  ],
  "a batch_input_shape of another width": [
    {
      ...files,
      "m.json": JSON.stringify({
        layers: [
          { class_name: "Dense", config: { name: "w", units: 2, batch_input_shape: [null, 4] } },
        ],
      }),
      "w.kernel.npy": npy([3, 2], six),
      "w.bias.npy": npy([2], two),
    },
    "its input shape gives 4 inputs, its first Dense takes 3",
  ],
  "an InputLayer of another width": [
    {
      "m.json": chain([2], [{ class_name: "InputLayer", config: { batch_shape: [null, 4] } }]),
      "w0.npy": npy([3, 2], six),
    },
    "its input shape gives 4 inputs, its first Dense takes 3",
  ],
  "NaN among the weights": [
    { ...files, "b.npy": npy([2], new Float32Array([1, NaN])) },
    '/m.json": the bias of "fc": its number 1 is NaN; weights and inputs must be finite',
  ],
  "a file of weights that is none": [
    { ...files, "m.safetensors": "hello, this is a text" },
    "is no safetensors file",
  ],
  "a tensor that is not there": [
    { "m.json": small(), "m.safetensors": safetensors({ v: [[3, 2], six] }) },
    'has no tensor "w"; it has "v"',
  ],
  "layers too wide for the memory": [
    {
      "m.json": JSON.stringify({
        layers: [
          {
            class_name: "Dense",
            config: { units: 9000, use_bias: false },
            weights: { kernel: "w" },
          },
          ...Array.from(
            { length: 999 },
            () => ({ class_name: "Activation", config: { activation: "relu" } }),
          ),
        ],
      }),
      "w.npy": npy([1, 9000], new Float32Array(9000)),
    },
    "a row has 9000001 values in all layers; at most 8388608",
  ],
};

for (const [what, [given, message]] of Object.entries(refused)) {
  Deno.test(`readModel() refuses ${what} in one line`, async () => {
    await inFolder(given, async (folder) => {
      const error = await assertRejects(
        () => readModel(`${folder}/m.json`),
        ModelFileError,
        message,
      );
      assertEquals(error.message.includes("\n"), false);
    });
  });
}

Deno.test("readModel() refuses a safetensors file without a JSON", async () => {
  await inFolder({ "m.safetensors": safetensors({ w: [[3, 2], six] }) }, async (folder) => {
    await assertRejects(
      () => readModel(`${folder}/m.safetensors`),
      ModelFileError,
      'needs a JSON with its layers: "',
    );
  });
});

for (const path of ["m.tflite", "m", "json", ".json/"]) {
  Deno.test(`readModel() refuses ${path}, whose ending is of no format that is read`, async () => {
    await assertRejects(
      () => readModel(path),
      ModelFileError,
      "a model is a .keras, .h5, .hdf5, .json, .onnx, .safetensors or .npz file; got",
    );
  });
}

// Each would be a good weight, were it not where it is.
for (
  const name of [
    "../outside/w",
    "../../etc/passwd",
    "sub/../../outside/w",
    "/etc/passwd",
    "sub/./w",
    "sub//w",
    "..\\outside\\w",
    "C:w",
    "w\0",
    "w\n",
  ]
) {
  Deno.test(`readModel() refuses ${JSON.stringify(name)} as the name of a weight`, async () => {
    await inFolder({}, async (root) => {
      for (const folder of ["outside", "model", "model/sub"]) await Deno.mkdir(`${root}/${folder}`);
      await Deno.writeFile(`${root}/outside/w.npy`, npy([3, 2], six));
      await Deno.writeTextFile(`${root}/model/m.json`, small({ kernel: name, bias: "b" }));
      await assertRejects(
        () => readModel(`${root}/model/m.json`),
        ModelFileError,
        "a weight's file must lie in the model's folder",
      );
    });
  });
}

Deno.test("readModel() refuses a link out of the folder, and follows one within", async () => {
  await inFolder({}, async (root) => {
    for (const folder of ["model-outside", "model"]) await Deno.mkdir(`${root}/${folder}`);
    // The name of the folder outside begins with that of the model's.
    await Deno.writeFile(`${root}/model-outside/w.npy`, npy([3, 2], six));
    await Deno.writeFile(`${root}/model/b.npy`, npy([2], two));
    await Deno.writeTextFile(`${root}/model/m.json`, small());
    await Deno.symlink(`${root}/model-outside/w.npy`, `${root}/model/w.npy`);
    const read = () => readModel(`${root}/model/m.json`);
    await assertRejects(read, ModelFileError, "is a link that leads out of the model's folder");
    await Deno.remove(`${root}/model/w.npy`);
    await Deno.rename(`${root}/model-outside/w.npy`, `${root}/model/real.npy`);
    await Deno.symlink(`${root}/model/real.npy`, `${root}/model/w.npy`);
    assertEquals((await read()).layers[0]?.weight, six);
    await Deno.symlink(`${root}/nowhere`, `${root}/model/m.safetensors`);
    await assertRejects(read, ModelFileError, "there is no such file");
    await Deno.remove(`${root}/model/m.safetensors`);
    await Deno.symlink("/etc/hostname", `${root}/model/m.safetensors`);
    await assertRejects(read, ModelFileError, "is a link that leads out");
  });
});

Deno.test("readModel() refuses what is no regular file, without waiting for it", async () => {
  await inFolder({}, async (folder) => {
    await Deno.mkdir(`${folder}/m.json`);
    await assertRejects(
      () => readModel(`${folder}/m.json`),
      ModelFileError,
      "is a folder; a file is",
    );
    const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/pipe.json`] })
      .output();
    assert(success);
    await assertRejects(
      () => readModel(`${folder}/pipe.json`),
      ModelFileError,
      "is no regular file",
    );
  });
});

Deno.test("readModel() reports errors of the system", async () => {
  const long = "x".repeat(5000);
  await inFolder({ "m.json": small({ kernel: long, bias: "b" }) }, async (folder) => {
    await assertRejects(() => readModel(`${folder}/m.json`), ModelFileError, "too long (os error");
    await Deno.symlink(`${folder}/round.json`, `${folder}/round.json`);
    await assertRejects(() => readModel(`${folder}/round.json`), ModelFileError, "cannot read");
  });
});

Deno.test("readModel() refuses a JSON beyond 4 MiB without reading it", async () => {
  await inFolder({ "m.json": "{" }, async (folder) => {
    await Deno.truncate(`${folder}/m.json`, 2 ** 40);
    await assertRejects(
      () => readModel(`${folder}/m.json`),
      ModelFileError,
      "has 1099511627776 bytes; at most 4194304 are read as JSON",
    );
  });
});

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  ArgumentError,
  BatchNormalization,
  cosineDecay,
  createKernel,
  Dense,
  exponentialDecay,
  type Kernel,
  lion,
  nadam,
  type Optimizer,
  piecewiseConstantDecay,
  polynomialDecay,
  rmsprop,
  Sequential,
  sgd,
} from "../mod.ts";
import { encodeKeras } from "./encode_keras.ts";
import { ModelFileError } from "./errors.ts";
import { optimizerOf } from "./optimizer.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { stackOf } from "./stack.ts";
import { storedOf } from "./stored_of.ts";
import type { StoredModel } from "./stored_model.ts";
import { encodeZip, Zip } from "./zip.ts";

const x = [[1, 2, 3], [0, -1, 1], [2, 0, -2], [-1, 1, 0]];
const y = [[1, 0], [0, 1], [1, 1], [0, 0]];
const three = { epochs: 3, batchSize: 2, shuffle: false } as const;

function network(kernel: Kernel): Sequential {
  const model = new Sequential([
    new Dense(kernel, { units: 4, activation: "tanh", seed: 1 }),
    new BatchNormalization(kernel),
    new Dense(kernel, { units: 2, seed: 2 }),
  ]);
  model.build([null, 3]);
  return model;
}

/** A network that was trained for three epochs with an optimizer, and its file. */
async function trained(kernel: Kernel, optimizer: Optimizer, change?: (model: Sequential) => void) {
  const model = network(kernel);
  change?.(model);
  model.compile({ optimizer, loss: "mse" });
  await model.fit(x, y, three);
  return { model, file: await encodeKeras(await storedOf(model)) };
}

async function resumedBits(kernel: Kernel, optimizer: Optimizer, change?: (m: Sequential) => void) {
  const { model, file } = await trained(kernel, optimizer, change);
  await model.fit(x, y, three);
  const wanted = await model.getWeights();
  const stored = await readModelBytes("m.keras", file);
  using resumed = stackOf(kernel, stored);
  using read = optimizerOf(stored, resumed);
  assertEquals([read.name, read.steps], [optimizer.name, 6]);
  resumed.compile({ optimizer: read, loss: "mse" });
  await resumed.fit(x, y, three);
  assertEquals(await resumed.getWeights(), wanted);
  model[Symbol.dispose]();
}

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  "sgd": () => sgd({ learningRate: 0.05 }),
  "sgd with Nesterov's momentum": () => sgd({ momentum: 0.9, nesterov: true }),
  "rmsprop": () => rmsprop(),
  "rmsprop, centered, with momentum": () => rmsprop({ centered: true, momentum: 0.5 }),
  "adam": () => adam({ learningRate: 0.01, beta1: 0.8, clipnorm: 1 }),
  "adam with amsgrad": () => adam({ amsgrad: true, globalClipnorm: 0.5 }),
  "adamw without a decay": () => adamW({ weightDecay: null }),
  "adamw": () => adamW({ weightDecay: 0.1, clipvalue: 0.5 }),
  "nadam": () => nadam({ learningRate: 0.01 }),
  "adamax": () => adamax({ epsilon: 1e-5 }),
  "adagrad": () => adagrad({ initialAccumulatorValue: 0.2 }),
  "adadelta": () => adadelta({ learningRate: 0.5, rho: 0.9 }),
  "lion": () => lion({ beta2: 0.95 }),
  "adam by an exponential decay": () =>
    adam({
      learningRate: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 4, decayRate: 0.5 }),
    }),
  "sgd by a cosine with a warm-up": () =>
    sgd({
      learningRate: cosineDecay({
        initialLearningRate: 0,
        warmupTarget: 0.1,
        warmupSteps: 8,
        decaySteps: 20,
      }),
    }),
  "sgd by steps": () =>
    sgd({
      learningRate: piecewiseConstantDecay({ boundaries: [2, 7], values: [0.1, 0.05, 0.01] }),
    }),
  "sgd by a polynomial": () =>
    sgd({ learningRate: polynomialDecay({ initialLearningRate: 0.1, decaySteps: 10, power: 2 }) }),
};

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`training goes on from a .keras file to the bit: ${name}`, async () => {
    await using kernel = await createKernel("blocked");
    using optimizer = make();
    await resumedBits(kernel, optimizer);
  });
}

Deno.test("training goes on where layers are frozen, and where the rate was changed", async () => {
  await using kernel = await createKernel("blocked");
  using optimizer = adam();
  await resumedBits(kernel, optimizer, (model) => {
    model.layers[0]!.trainable = false;
  });
  using other = adam();
  const { model, file } = await trained(kernel, other);
  other.learningRate = 0.125;
  const stored = await readModelBytes("m.keras", file);
  using first = stackOf(kernel, stored);
  using before = optimizerOf(stored, first);
  assertEquals(before.learningRate, 0.001);
  using after = optimizerOf(await storedOf(model), first);
  assertEquals(after.learningRate, 0.125);
  using chosen = optimizerOf(stored, first, { learningRate: () => 0.5 });
  assertEquals([chosen.currentLearningRate, chosen.steps], [0.5, 6]);
  model[Symbol.dispose]();
});

Deno.test("a rate that a callback of Keras changed is that of the state, not of the arguments", async () => {
  await using kernel = await createKernel("blocked");
  using optimizer = adam();
  const { model } = await trained(kernel, optimizer);
  const stored = await storedOf(model);
  const own = stored.optimizer!;
  const weights = own.weights.map((weight) =>
    weight.name === "learning_rate" ? { ...weight, values: new Float32Array([0.25]) } : weight
  );
  using read = optimizerOf({ ...stored, optimizer: { ...own, weights } }, model);
  assertEquals(read.learningRate, 0.25);
  model[Symbol.dispose]();
});

Deno.test("a file says the loss that was named, and nothing before the first step", async () => {
  await using kernel = await createKernel("blocked");
  using model = network(kernel);
  assertEquals((await storedOf(model)).optimizer, undefined);
  model.compile({ optimizer: "adam", loss: "mae" });
  assertEquals((await storedOf(model)).optimizer, undefined);
  await model.fit(x, y, three);
  const stored = await readModelBytes("m.keras", await encodeKeras(await storedOf(model)));
  assertEquals([stored.loss, stored.optimizer?.className], ["mean_absolute_error", "Adam"]);
});

Deno.test("what no file can have of an optimizer is left out with a note", async () => {
  await using kernel = await createKernel("blocked");
  using optimizer = sgd({ learningRate: () => 0.1 });
  const { model } = await trained(kernel, optimizer);
  const stored = await storedOf(model);
  assertEquals(stored.notes, [
    "the optimizer is left out: its learning rate is a function, which no file can have",
  ]);
  assertThrows(() => optimizerOf(stored, model), ModelFileError, "has no optimizer: the optimizer");
  model[Symbol.dispose]();
});

Deno.test("a state that is not of the network is refused, and what is unknown of it by name", async () => {
  await using kernel = await createKernel("blocked");
  using optimizer = adam();
  const { model, file } = await trained(kernel, optimizer);
  const stored = await readModelBytes("m.keras", file);
  const own = stored.optimizer!;
  const refuse = (change: Partial<typeof own>, part: string) =>
    assertThrows(
      () => optimizerOf({ ...stored, optimizer: { ...own, ...change } }, model),
      ModelFileError,
      part,
    );
  refuse({ weights: own.weights.slice(1) }, "has 13 arrays; of Keras 3 and 6 variables");
  refuse({ className: "SGD", config: { learning_rate: 0.1 } }, "has 14 arrays");
  refuse({ weights: [own.weights[2]!, ...own.weights.slice(1)] }, "the number of steps");
  const swapped = own.weights.map((_, i, all) => i === 2 ? all[4]! : all[i]!);
  refuse({ weights: swapped }, "has [4] where the momentum of dense");
  const nan = own.weights.map((each, i) =>
    i === 2 ? { ...each, values: new Float32Array(12).fill(NaN) } : each
  );
  refuse({ weights: nan }, "that is not finite");
  const unknown = (config: StoredModel["optimizer"] & object) =>
    assertThrows(() => optimizerOf({ ...stored, optimizer: config }, model), ArgumentError).message;
  assertEquals(
    unknown({ ...own, className: "Muon" }).startsWith(
      'there is no optimizer "Muon"; there are SGD',
    ),
    true,
  );
  assert(unknown({ ...own, config: { use_ema: true } }).includes('no option "useEma"'));
  const rate = { class_name: "CosineDecayRestarts", config: {} };
  assert(unknown({ ...own, config: { learning_rate: rate } }).includes("no schedule"));
  const bad = own.weights.map((each) => ({ ...each, shape: [3] }));
  await assertRejects(
    () => encodeKeras({ ...stored, optimizer: { ...own, weights: bad } }),
    ModelFileError,
    "the optimizer has",
  );
  model[Symbol.dispose]();
});

/** What Keras computes in the step after those that a file has behind it. */
interface NextStep {
  readonly steps: number;
  readonly gradients: readonly number[][];
  readonly weights_after_the_next_step: readonly number[][];
}

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const expected: Readonly<Record<string, NextStep>> = JSON.parse(
  Deno.readTextFileSync(fixture("trained.expected.json")),
);

for (const [name, next] of Object.entries(expected)) {
  Deno.test(`optimizerOf() goes on as Keras does with ${name}`, async () => {
    await using kernel = await createKernel("blocked");
    const stored = await readModelFile(fixture(name));
    using model = stackOf(kernel, stored);
    using optimizer = optimizerOf(stored, model);
    assertEquals([optimizer.steps, stored.loss, stored.notes], [next.steps, "mse", []]);
    const gradients = next.gradients.map((values, i) =>
      kernel.tensor(model.variables[i]!.tensor.shape, values)
    );
    const variables = model.variables.map(({ tensor }, i) => ({ tensor, gradient: gradients[i]! }));
    optimizer.apply(kernel, variables);
    for (const [i, weight] of (await model.getWeights()).entries()) {
      const wanted = next.weights_after_the_next_step[i]!;
      const worst = Math.max(...weight.map((value, j) => Math.abs(value - wanted[j]!)));
      // A unit in the last place of the largest weights, which are below 1, and one of the step's.
      assert(worst <= 2 ** -23, `${model.weightNames[i]}: off by ${worst}`);
    }
  });
}

Deno.test("a model whose optimizer cannot be read is read with a note", async () => {
  await using kernel = await createKernel("blocked");
  const entries = await Zip.open('"it"', await Deno.readFile(fixture("trained_adam.keras")));
  const config = JSON.parse(new TextDecoder().decode(await entries.read("config.json")));
  const read = async (optimizer: unknown) => {
    config.compile_config.optimizer = optimizer;
    const bytes = await encodeZip({
      "config.json": new TextEncoder().encode(JSON.stringify(config)),
      "model.weights.h5": await entries.read("model.weights.h5"),
    });
    return await readModelBytes("m.keras", bytes);
  };
  for (const wrong of [{}, { class_name: 1, config: {} }, "adam"]) {
    const stored = await read(wrong);
    assertEquals(stored.notes.length, 1);
    assert(stored.notes[0]!.startsWith("the optimizer is passed over: "), stored.notes[0]);
    using model = stackOf(kernel, stored);
    assertThrows(() => optimizerOf(stored, model), ModelFileError, "the optimizer is passed over");
  }
  assertEquals((await read(null)).notes, []);
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

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { encodeHdf5, type Hdf5Group } from "./hdf5/encode.ts";
import { Hdf5File } from "./hdf5/hdf5.ts";
import { parseObject } from "./json.ts";
import { parseKerasModel } from "./keras_config.ts";
import { snakeCase } from "../layers/names.ts";
import { namedWeights, readVars } from "./keras_weights.ts";

Deno.test("snakeCase() writes classes as Keras does in paths", () => {
  const names = ["Dense", "BatchNormalization", "ReLU", "LeakyReLU", "PReLU", "ELU", "InputLayer"];
  assertEquals(names.map(snakeCase), [
    "dense",
    "batch_normalization",
    "re_lu",
    "leaky_re_lu",
    "p_re_lu",
    "elu",
    "input_layer",
  ]);
});

const layerOf = (layer: unknown) =>
  parseKerasModel(parseObject(JSON.stringify({ layers: [layer] }), "it")).layers[0]!;
const weight = (...shape: number[]) => {
  const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
  return { name: "0", shape, dtype: "float32", values } as const;
};

Deno.test("namedWeights() reads a Normalization of Keras 2, which counts, and of Keras 3", () => {
  const layer = layerOf({ class_name: "Normalization", config: { mean: null, variance: null } });
  const names = (count: number) =>
    namedWeights("it", layer, Array.from({ length: count }, () => weight(2))).weights
      .map(({ name }) => name);
  assertEquals(names(2), ["mean", "variance"]);
  assertEquals(names(3), ["mean", "variance", "count"]);
  assertThrows(
    () => names(1),
    ModelFileError,
    "has 1 weights; it should have 2, mean and variance",
  );
});

Deno.test("namedWeights() follows what a layer says of its weights", () => {
  const names = (layer: unknown, ...weights: ReturnType<typeof weight>[]) =>
    namedWeights("it", layerOf(layer), weights).weights.map(({ name }) => name).join();
  const dense = (config: unknown) => ({ class_name: "Dense", config });
  assertEquals(names(dense({ units: 3 }), weight(2, 3), weight(3)), "kernel,bias");
  assertEquals(names(dense({ units: 3, use_bias: false }), weight(2, 3)), "kernel");
  const int8 = { units: 3, dtype: "int8_from_float32" };
  assertEquals(names(dense(int8), weight(2, 3), weight(3), weight(3)), "kernel,bias,kernel_scale");
  const normalizing = { class_name: "BatchNormalization", config: { scale: false } };
  assertEquals(
    names(normalizing, weight(2), weight(2), weight(2)),
    "beta,moving_mean,moving_variance",
  );
});

Deno.test("namedWeights() refuses arrays that do not fit each other", () => {
  const layer = layerOf({ class_name: "Dense", config: { name: "fc", units: 3 } });
  const refuse = (message: string, ...weights: ReturnType<typeof weight>[]) =>
    assertThrows(() => namedWeights("it", layer, weights), ModelFileError, message);
  refuse(
    'it: the kernel of "fc" must have two axes, [inputs, units]; got [6]',
    weight(6),
    weight(3),
  );
  refuse('it: the bias of "fc" must have the shape [3]; got [2]', weight(2, 3), weight(2));
  refuse('it: the layer "fc" (Dense) has 3 weights', weight(2, 3), weight(3), weight(3));
});

/** The biases that layers have of a file with the weights of a Dense in each of these groups, whose biases are 1, 2 and so on. */
async function biasesIn(layers: readonly string[], groups: readonly string[]): Promise<number[]> {
  const root: Record<string, Hdf5Group> = {};
  for (const [i, path] of groups.entries()) {
    const vars = { 0: weight(3, 1), 1: { ...weight(1), values: new Float32Array([i + 1]) } };
    const parts = path.split("/");
    const [folder, name] = parts.length === 2 ? parts as [string, string] : ["", path];
    if (folder === "") root[name] = { vars };
    else root[folder] = { ...root[folder], [name]: { vars } };
  }
  const configs = layers.map((className, i) =>
    layerOf({ class_name: className, config: { name: `layer${i}`, units: 1, rate: 0.5 } })
  );
  const found = await readVars(new Hdf5File("it", encodeHdf5(root)), configs);
  return found.flatMap(({ weights }) => weights.length > 0 ? [Number(weights[1]!.values[0])] : []);
}

Deno.test("readVars() reads the folders of Keras 2 and 3, also as Windows writes them", async () => {
  const older = "_layer_checkpoint_dependencies";
  for (const start of ["layers/", "layers\\", `${older}/`, `${older}\\`]) {
    const groups = [`${start}dense`, `${start}dense_1`];
    assertEquals(await biasesIn(["Dense", "Dropout", "Dense"], groups), [1, 2], start);
  }
  await assertRejects(
    () => biasesIn(["Dense"], ["others\\dense"]),
    ModelFileError,
    'has no group "layers", as Keras\'s weights have; it has "others\\\\dense"',
  );
  await assertRejects(
    () => biasesIn(["Dense"], ["layers\\dense", "layers\\dense_1"]),
    ModelFileError,
    '"layers\\\\dense_1" is of no layer of the configuration',
  );
});

Deno.test("readVars() reads what Keras 2.12 counted twice, in its own folder alone", async () => {
  const numbers = Array.from({ length: 12 }, (_, i) => i);
  const nameOf = (i: number) => `dense${i === 0 ? "" : `_${2 * i}`}`;
  const groups = (folder: string) => numbers.map((i) => `${folder}/${nameOf(i)}`);
  const classes = numbers.map(() => "Dense");
  assertEquals(
    await biasesIn(classes, groups("_layer_checkpoint_dependencies")),
    numbers.map((i) => i + 1),
  );
  await assertRejects(
    () => biasesIn(classes, groups("layers")),
    ModelFileError,
    'the layer "layer1" (Dense) has 0 weights',
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { parseObject } from "./json.ts";
import { parseKerasModel } from "./keras_config.ts";
import { snakeCase } from "../layers/names.ts";
import { namedWeights } from "./keras_weights.ts";

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

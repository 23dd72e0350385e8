import { assertEquals, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { arrayNamesOf } from "./described_model.ts";
import { parseObject } from "./json.ts";
import { type ModelConfig, parseKerasModel } from "./keras_config.ts";
import { activationText } from "./model.ts";
import { runnableOf } from "./runnable.ts";

const dense = (config: unknown, more: Record<string, unknown> = {}) => ({
  class_name: "Dense",
  config,
  ...more,
});

/** The layers, and what their arrays are called, of a text. */
function parseText(text: string): ModelConfig {
  const model = parseKerasModel(parseObject(text, "it"));
  for (const layer of model.layers) arrayNamesOf(layer);
  return model;
}

function parse(layers: unknown): ModelConfig {
  return parseText(JSON.stringify({ layers }));
}

/** The activations of the layers that have one, as they would be run on one input. */
function activationsOf({ layers }: ModelConfig): string[] {
  const ones = { shape: [1, 1], dtype: "float32", values: new Float32Array([1]) } as const;
  const stored = layers.map(({ className, name, config }) => ({
    className,
    name,
    config: { ...config, use_bias: false },
    weights: className === "Dense" ? [{ name: "kernel", ...ones }] : [],
  }));
  const model = { name: "it", format: "", producer: null, layers: stored, notes: [] };
  return runnableOf({ ...model, inputShape: null }).layers.map(({ activation }) =>
    activationText(activation)
  );
}

// What Keras 3's to_json() writes, shortened to one initializer.
const keras = {
  module: "keras",
  class_name: "Sequential",
  config: {
    name: "sequential",
    dtype: { module: "keras", class_name: "DTypePolicy", config: { name: "float32" } },
    layers: [
      { module: "keras.layers", class_name: "InputLayer", config: { batch_shape: [null, 28, 28] } },
      { module: "keras.layers", class_name: "Flatten", config: { name: "flatten" } },
      {
        module: "keras.layers",
        class_name: "Dense",
        config: {
          name: "dense",
          trainable: true,
          units: 50,
          activation: "sigmoid",
          use_bias: true,
          kernel_initializer: { class_name: "GlorotUniform", config: { seed: null } },
        },
        build_config: { input_shape: [null, 784] },
      },
      { module: "keras.layers", class_name: "Dropout", config: { name: "dropout", rate: 0.5 } },
      { class_name: "Dense", config: { name: "dense_1", units: 10, use_bias: false } },
      { class_name: "Activation", config: { name: "softmax", activation: "softmax" } },
    ],
    build_input_shape: [null, 28, 28],
  },
  registered_name: null,
};

Deno.test("parseKerasModel() reads what Keras writes", () => {
  const { layers, inputShape } = parseText(JSON.stringify(keras));
  assertEquals(inputShape, [28, 28]);
  assertEquals(layers.map(({ className, name }) => [className, name]), [
    ["InputLayer", "layer_0"],
    ["Flatten", "flatten"],
    ["Dense", "dense"],
    ["Dropout", "dropout"],
    ["Dense", "dense_1"],
    ["Activation", "softmax"],
  ]);
  assertEquals(layers[2]?.config, keras.config.layers[2]?.config);
  assertEquals(arrayNamesOf(layers[2]!), {
    names: [
      ["kernel", ["dense.kernel", "dense/kernel", "dense/0", "dense__0"]],
      ["bias", ["dense.bias", "dense/bias", "dense/1", "dense__1"]],
    ],
    transposed: false,
  });
  assertEquals(arrayNamesOf(layers[4]!).names.map(([weight]) => weight), ["kernel"]);
});

Deno.test("arrayNamesOf() reads PyTorch's names and order", () => {
  const weights = { kernel: "fc1.weight", bias: "fc1.bias", transposed: true };
  const [layer] = parse([dense({ units: 2, activation: "relu" }, { weights })]).layers;
  assertEquals(layer?.name, "layer_0");
  assertEquals(arrayNamesOf(layer!), {
    names: [["kernel", ["fc1.weight"]], ["bias", ["fc1.bias"]]],
    transposed: true,
  });
});

Deno.test("parseKerasModel() takes an activation of null for linear, as Keras", () => {
  assertEquals(activationsOf(parse([dense({ units: 1, activation: null })])), ["linear"]);
});

const activationsOfKeras: readonly (readonly [written: unknown, read: string])[] = [
  ["swish", "silu"],
  ["softmax_v2", "softmax"],
  [{ class_name: "function", module: "builtins", config: "softmax_v2" }, "softmax"],
  [{ class_name: "function", config: "swish" }, "silu"],
  [{ class_name: "Activation", config: { name: "a", activation: "tanh" } }, "tanh"],
  [{ class_name: "ReLU", config: { max_value: null, negative_slope: 0, threshold: 0 } }, "relu"],
  [{ class_name: "ReLU", config: {} }, "relu"],
  [{ class_name: "ELU", config: { alpha: 1 } }, "elu"],
  [{ class_name: "Softmax", config: { axis: -1 } }, "softmax"],
  [{ class_name: "ReLU", config: { max_value: 6 } }, "relu(maxValue=6)"],
  [{ class_name: "LeakyReLU", config: { alpha: 0.125 } }, "leaky_relu(negativeSlope=0.125)"],
  [{ class_name: "LeakyReLU", config: {} }, "leaky_relu(negativeSlope=0.3)"],
  [{ class_name: "ELU", config: { alpha: 2 } }, "elu(alpha=2)"],
  ["hard_silu", "hard_silu"],
];

Deno.test("parseKerasModel() takes activations by former names, as functions and as layers", () => {
  for (const [activation, read] of activationsOfKeras) {
    const config = { units: 1, activation };
    assertEquals(activationsOf(parse([dense(config)])), [read], JSON.stringify(activation));
    const own = { class_name: "Activation", config: { activation } };
    assertEquals(activationsOf(parse([dense({ units: 1 }), own])), ["linear", read]);
  }
});

Deno.test("a function of the user is not taken for Keras's of its name", () => {
  const activation = { class_name: "function", module: "builtins", config: "relu" };
  const read = () => activationsOf(parse([dense({ units: 1, activation })]));
  assertThrows(read, ModelFileError, '"relu", a function of the caller');
});

Deno.test("parseKerasModel() reads the input's shape of whichever layer is the first", () => {
  const shapeOf = (...layers: unknown[]) => parse(layers).inputShape;
  assertEquals(shapeOf(dense({ units: 1, batch_input_shape: [null, 4] })), [4]);
  assertEquals(shapeOf(dense({ units: 1, input_dim: 4 })), [4]);
  const flatten = { class_name: "Flatten", config: { batch_input_shape: [null, 2, 3] } };
  assertEquals(shapeOf(flatten, dense({ units: 1 })), [2, 3]);
  const input = { class_name: "InputLayer", config: { batch_shape: [null, 5] } };
  assertEquals(shapeOf(input, dense({ units: 1, batch_input_shape: [null, 4] })), [5]);
  assertEquals(shapeOf(dense({ units: 1 }), dense({ units: 1, input_dim: 4 })), null);
});

Deno.test("parseKerasModel() reads what Keras 1 and 2 wrote", () => {
  const old = {
    class_name: "Sequential",
    keras_version: "1.2.2",
    config: [
      dense({ name: "a", output_dim: 3, input_dim: 2, activation: "relu", bias: false }),
      dense({ name: "b", output_dim: 1, activation: "linear", bias: true }),
    ],
  };
  const { inputShape, layers } = parseText(JSON.stringify(old));
  assertEquals(inputShape, [2]);
  assertEquals(layers.map(({ config }) => config.output_dim), [3, 1]);
  assertEquals(layers.map((layer) => arrayNamesOf(layer).names.map(([weight]) => weight)), [
    ["kernel"],
    ["kernel", "bias"],
  ]);
});

Deno.test("parseKerasModel() lets numbers be that JSON lacks, where they are not read", () => {
  const text =
    '{"layers":[{"class_name":"Dense","config":{"units":1,"clip": Infinity,"x":[-Infinity,NaN]}}]}';
  assertEquals(parseText(text).layers.length, 1);
  const units = text.replace('"units":1', '"units":NaN');
  assertThrows(() => parseText(units), ModelFileError, "units is null");
});

Deno.test("parseKerasModel() survives depth in what it does not read", () => {
  const deep = `${"[".repeat(1e5)}${"]".repeat(1e5)}`;
  const text = `{"layers":[{"class_name":"Dense","config":{"units":1},"note":${deep}}]}`;
  assertEquals(parseText(text).layers.length, 1);
  const within = text.replace('"units":1', `"units":1,"note":${deep}`);
  assertThrows(() => parseText(within), ModelFileError, "nested more than 100 levels deep");
  assertThrows(
    () => parseText(text.replace('"Dense"', deep)),
    ModelFileError,
    "a list",
  );
});

Deno.test("parseKerasModel() survives a text of megabytes", () => {
  // An expression that steps back, one step for each escape, would run out of stack.
  const long = "\\n".repeat(8e6);
  const text = `{"layers":[{"class_name":"Dense","config":{"units":1},"note":"${long}"}]}`;
  assertEquals(parseText(text).layers.length, 1);
});

const ok = dense({ units: 2 });
const refused: Record<string, [text: string | object, message: string]> = {
  "an empty text": ["", "is not JSON"],
  "what is not JSON": ["{layers: []}", "is not JSON"],
  "an array": ["[]", "is a list; it must be an object"],
  "null": ["null", "is null; it must be an object"],
  "a number": ["7", "is 7; it must be an object"],
  "no layers": [{}, "it: layers is missing, and so is class_name; a model's JSON is what"],
  "layers that are no list": [{ layers: { 0: ok } }, "layers is an object; it must be a list"],
  "an empty list": [{ layers: [] }, "layers has 0 layers; at least 1"],
  "a graph": [
    { class_name: "Functional", config: { layers: [ok] } },
    "config.layers cannot be read: a functional model with 0 inputs is no chain",
  ],
  "a layer whose input is itself": [
    { layers: [{ ...dense({ units: 2, name: "a" }), inbound_nodes: [[["a", 0, 0, {}]]] }] },
    "layers[0].inbound_nodes is not empty; each layer takes the one before it",
  ],
  "a Sequential within": [
    { layers: [{ class_name: "Sequential", config: { layers: [ok] } }] },
    "class_name is a model within the model (Sequential), which is not read; the layers that",
  ],
  "a layer of another class": [
    { layers: [ok, { class_name: "Conv2D", config: {} }] },
    'layers[1].class_name is "Conv2D"',
  ],
  "a layer without a class": [{ layers: [{}] }, "layers[0].class_name is missing"],
  "a layer that is a text": [{ layers: ["Dense"] }, 'layers[0] is "Dense"; it must be an object'],
  "a config that is a list": [
    { layers: [dense([])] },
    "layers[0].config is a list; it must be an object",
  ],
  "two layers of one name": [
    { layers: [dense({ units: 2, name: "a" }), dense({ units: 2, name: "a" })] },
    'layers[1].config.name is "a", as of a layer before it',
  ],
  "a name that is a number": [
    { layers: [dense({ units: 2, name: 3 })] },
    "layers[0].config.name is 3; it must be a text",
  ],
  "no units": [{ layers: [dense({})] }, "config.units is missing"],
  "units of 0": [
    { layers: [dense({ units: 0 })] },
    "units is 0; it must be a whole number, 1 or more",
  ],
  "units of 1.5": [
    { layers: [dense({ units: 1.5 })] },
    "units is 1.5; it must be a whole number, 1 or more",
  ],
  "units of text": [
    { layers: [dense({ units: "2" })] },
    'units is "2"; it must be a whole number, 1 or more',
  ],
  "units beyond all numbers": [
    '{"layers":[{"class_name":"Dense","config":{"units":1e999}}]}',
    "units is Infinity",
  ],
  "use_bias that is a text": [
    { layers: [dense({ units: 2, use_bias: "no" })] },
    'use_bias is "no"; it must be true or false',
  ],
  "a bias that is not used": [
    { layers: [dense({ units: 2, use_bias: false }, { weights: { bias: "b" } })] },
    "use_bias is false, but its weights name a bias",
  ],
  "a misspelt key of weights": [
    { layers: [dense({ units: 2 }, { weights: { transpose: true } })] },
    'layers[0].weights has the unknown key "transpose"; there are kernel, bias and transposed',
  ],
  "a weight's name that is no text": [
    { layers: [dense({ units: 2 }, { weights: { kernel: ["a"] } })] },
    "weights.kernel is a list; it must be a text",
  ],
  "weights of an Activation": [
    { layers: [ok, { class_name: "Activation", weights: {} }] },
    "layers[1].weights is there, but a layer of the class Activation has none",
  ],
  "an input shape that is a number": [
    { layers: [{ class_name: "InputLayer", config: { batch_shape: 784 } }, ok] },
    "config.batch_shape is 784; it must be a list",
  ],
  "too many layers": [
    { layers: Array.from({ length: 1001 }, () => ok) },
    "layers has 1001 layers; at least 1 and at most 1000 are read",
  ],
  "a repeated key": [
    '{"layers":[{"class_name":"Dense","config":{"units":2,"units":3}}]}',
    'it has the key "units" twice',
  ],
  "a repeated key, once in escapes": [
    '{"layers":[],"l\\u0061yers":[]}',
    'it has the key "layers" twice',
  ],
};

for (const [what, [text, message]] of Object.entries(refused)) {
  Deno.test(`parseKerasModel() refuses ${what} in one line`, () => {
    const json = typeof text === "string" ? text : JSON.stringify(text);
    const error = assertThrows(() => parseText(json), ModelFileError, message);
    assertEquals(error.message.includes("\n"), false);
  });
}

Deno.test("parseKerasModel() shows a hostile name without what a terminal obeys", () => {
  const layer = { class_name: `\x1b]0;title\x07\u202e${"x".repeat(1e6)}`, config: {} };
  const { message } = assertThrows(() => parse([layer]), ModelFileError, "layers[0].class_name is");
  assertEquals(/[\p{C}]/u.test(message), false);
  assertEquals(message.length < 400, true);
});

Deno.test("parseKerasModel() tells keys from texts and from keys of other objects", () => {
  const text = '{"a":"b\\":","b":{"a":1,"c":["a",{"a":2}]},"layers":[{"class_name":"Dense",' +
    '"config":{"units":1,"a":"a"}}]}';
  assertEquals(parseText(text).layers.length, 1);
});

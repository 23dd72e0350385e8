import { assertEquals, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { parseDescription } from "./description.ts";

const dense = (config: unknown, more: Record<string, unknown> = {}) => ({
  class_name: "Dense",
  config,
  ...more,
});

function parse(layers: unknown): ReturnType<typeof parseDescription> {
  return parseDescription(JSON.stringify({ layers }), "it");
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

Deno.test("parseDescription() reads what Keras writes", () => {
  assertEquals(parseDescription(JSON.stringify(keras), "it"), {
    inputShape: [28, 28],
    flatten: true,
    layers: [
      {
        name: "dense",
        activation: "sigmoid",
        units: 50,
        kernel: "dense.kernel",
        bias: "dense.bias",
        transposed: false,
      },
      {
        name: "dense_1",
        activation: "linear",
        units: 10,
        kernel: "dense_1.kernel",
        bias: null,
        transposed: false,
      },
      { name: "softmax", activation: "softmax", units: null },
    ],
  });
});

Deno.test("parseDescription() reads the short form with PyTorch's names and order", () => {
  const weights = { kernel: "fc1.weight", bias: "fc1.bias", transposed: true };
  assertEquals(parse([dense({ units: 2, activation: "relu" }, { weights })]).layers, [
    { name: "layer_0", activation: "relu", units: 2, ...weights },
  ]);
});

Deno.test("parseDescription() takes an activation of null for linear, as Keras", () => {
  assertEquals(parse([dense({ units: 1, activation: null })]).layers[0]?.activation, "linear");
});

Deno.test("parseDescription() survives depth in what it does not read", () => {
  const deep = `${"[".repeat(1e5)}${"]".repeat(1e5)}`;
  const text = `{"layers":[{"class_name":"Dense","config":{"units":1},"note":${deep}}]}`;
  assertEquals(parseDescription(text, "it").layers.length, 1);
  assertThrows(
    () => parseDescription(text.replace('"Dense"', deep), "it"),
    ModelFileError,
    "an array",
  );
});

Deno.test("parseDescription() survives a text of megabytes", () => {
  // An expression that steps back, one step for each escape, would run out of stack.
  const long = "\\n".repeat(8e6);
  const text = `{"layers":[{"class_name":"Dense","config":{"units":1},"note":"${long}"}]}`;
  assertEquals(parseDescription(text, "it").layers.length, 1);
});

const ok = dense({ units: 2 });
const refused: Record<string, [text: string | object, message: string]> = {
  "an empty text": ["", "it is not JSON"],
  "what is not JSON": ["{layers: []}", "it is not JSON"],
  "an array": ["[]", "it must be a JSON object; got an array"],
  "null": ["null", "it must be a JSON object; got null"],
  "a number": ["7", "it must be a JSON object; got 7"],
  "no layers": [{}, 'it must list its layers under "layers"; got nothing'],
  "layers that are no list": [{ layers: { 0: ok } }, 'under "layers"; got an object'],
  "an empty list": [{ layers: [] }, "it has no Dense layer"],
  "no Dense": [
    { layers: [{ class_name: "Activation", config: { activation: "relu" } }] },
    "it has no Dense layer",
  ],
  "a graph": [
    { class_name: "Functional", config: { layers: [ok] } },
    'only a Sequential is read, layers one after the other; got "Functional"',
  ],
  "a layer whose input is itself": [
    { layers: [{ ...dense({ units: 2, name: "a" }), inbound_nodes: [[["a", 0, 0, {}]]] }] },
    "layer 0 has inbound_nodes; each layer takes the one before it",
  ],
  "a Sequential within": [
    { layers: [{ class_name: "Sequential", config: { layers: [ok] } }] },
    'unknown class_name "Sequential"; there are InputLayer, Flatten, Dropout, Dense, Activation',
  ],
  "a layer of another class": [
    { layers: [ok, { class_name: "Conv2D", config: {} }] },
    'layer 1, "layer_1": unknown class_name "Conv2D"',
  ],
  "a layer without a class": [{ layers: [{}] }, "unknown class_name nothing"],
  "a layer that is a text": [{ layers: ["Dense"] }, 'layer 0 must be a JSON object; got "Dense"'],
  "a config that is a list": [{ layers: [dense([])] }, "its config must be a JSON object"],
  "two layers of one name": [
    { layers: [dense({ units: 2, name: "a" }), dense({ units: 2, name: "a" })] },
    'layer 1: a layer before it is also "a"',
  ],
  "a name that is a number": [
    { layers: [dense({ units: 2, name: 3 })] },
    "its name must be a text",
  ],
  "no units": [{ layers: [dense({})] }, "units must be a whole number above 0; got nothing"],
  "units of 0": [{ layers: [dense({ units: 0 })] }, "above 0; got 0"],
  "units of 1.5": [{ layers: [dense({ units: 1.5 })] }, "above 0; got 1.5"],
  "units of text": [{ layers: [dense({ units: "2" })] }, 'above 0; got "2"'],
  "units beyond all numbers": [
    '{"layers":[{"class_name":"Dense","config":{"units":1e999}}]}',
    "got Infinity",
  ],
  "an unknown activation": [
    { layers: [dense({ units: 2, activation: "leaky_relu" })] },
    'layer 0, "layer_0": unknown activation "leaky_relu"; there are linear, relu',
  ],
  "an activation that is an object": [
    { layers: [dense({ units: 2, activation: { class_name: "LeakyReLU" } })] },
    "unknown activation an object",
  ],
  "an Activation without one": [
    { layers: [ok, { class_name: "Activation" }] },
    "unknown activation null",
  ],
  "use_bias that is a text": [
    { layers: [dense({ units: 2, use_bias: "no" })] },
    'use_bias must be true or false; got "no"',
  ],
  "a bias that is not used": [
    { layers: [dense({ units: 2, use_bias: false }, { weights: { bias: "b" } })] },
    "use_bias is false, but its weights name a bias",
  ],
  "a misspelt key of weights": [
    { layers: [dense({ units: 2 }, { weights: { transpose: true } })] },
    'unknown key "transpose" in weights; there are kernel, bias and transposed',
  ],
  "a weight's name that is no text": [
    { layers: [dense({ units: 2 }, { weights: { kernel: ["a"] } })] },
    "weights.kernel must be a text; got an array",
  ],
  "weights of an Activation": [
    { layers: [ok, { class_name: "Activation", weights: {} }] },
    'only a Dense has weights; got "Activation"',
  ],
  "a Flatten in the middle": [
    { layers: [ok, { class_name: "Flatten" }] },
    "Flatten must come before all Dense and Activation layers",
  ],
  "an InputLayer in the middle": [
    { layers: [ok, { class_name: "InputLayer" }] },
    "InputLayer must come before all Dense and Activation layers",
  ],
  "an input shape that is a number": [
    { layers: [{ class_name: "InputLayer", config: { batch_shape: 784 } }, ok] },
    "its shape must be a list of axes",
  ],
  "too many layers": [
    { layers: Array.from({ length: 1001 }, () => ok) },
    "it has 1001 layers; at most 1000 are read",
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
  Deno.test(`parseDescription() refuses ${what} in one line`, () => {
    const json = typeof text === "string" ? text : JSON.stringify(text);
    const error = assertThrows(() => parseDescription(json, "it"), ModelFileError, message);
    assertEquals(error.message.includes("\n"), false);
  });
}

Deno.test("parseDescription() shows a hostile name without what a terminal obeys", () => {
  const layer = { class_name: `\x1b]0;title\x07\u202e${"x".repeat(1e6)}`, config: {} };
  const { message } = assertThrows(() => parse([layer]), ModelFileError, "unknown class_name");
  assertEquals(/[\p{C}]/u.test(message), false);
  assertEquals(message.length < 400, true);
});

Deno.test("parseDescription() tells keys from texts and from keys of other objects", () => {
  const text = '{"a":"b\\":","b":{"a":1,"c":["a",{"a":2}]},"layers":[{"class_name":"Dense",' +
    '"config":{"units":1,"a":"a"}}]}';
  assertEquals(parseDescription(text, "it").layers.length, 1);
});

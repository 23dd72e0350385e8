import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { mul } from "../kernels/formula/expression.ts";
import { createKernel } from "../kernels/registry.ts";
import { ActivationLayer } from "./activation_layer.ts";
import { type ActivationLike, activationNames, getActivation } from "./activations.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import { layerFromConfig, modelFromConfig } from "./from_config.ts";
import type { KerasConfig } from "./keras_objects.ts";

const kernel = await createKernel("naive");

const dense = (name: string, config: KerasConfig = {}, object: KerasConfig = {}) => ({
  class_name: "Dense",
  name,
  config: { name, units: 2, ...config },
  ...object,
});

/** A functional model of these layers, each with the names that it takes results of; the first is the input. */
function functional(
  layers: Readonly<Record<string, readonly string[]>>,
  version: 2 | 3,
  outputs: readonly string[],
) {
  const names = Object.keys(layers);
  const node = (from: readonly string[]) =>
    version === 2 ? from.map((layer) => [layer, 0, 0, {}]) : {
      args: [
        from.map((layer) => ({
          class_name: "__keras_tensor__",
          config: { keras_history: [layer, 0, 0] },
        })),
      ],
      kwargs: {},
    };
  const ends = (list: readonly string[]) =>
    version === 3 && list.length === 1 ? [list[0], 0, 0] : list.map((name) => [name, 0, 0]);
  return {
    class_name: version === 2 ? "Model" : "Functional",
    config: {
      name: "f",
      layers: names.map((name) => {
        const from = layers[name]!;
        return from.length === 0
          ? {
            class_name: "InputLayer",
            name,
            config: { name, batch_shape: [null, 2] },
            inbound_nodes: [],
          }
          : dense(name, {}, { inbound_nodes: [node(from)] });
      }),
      input_layers: ends(names.filter((name) => layers[name]!.length === 0)),
      output_layers: ends(outputs),
    },
  };
}

Deno.test("modelFromConfig() puts the layers of a functional chain in their order", () => {
  for (const version of [2, 3] as const) {
    const layers = { c: ["b"], x: [], b: ["a"], a: ["x"] };
    using model = modelFromConfig(kernel, functional(layers, version, ["c"]));
    assertEquals(model.layers.map(({ name }) => name), ["a", "b", "c"]);
    assertEquals([model.name, model.built], ["f", true]);
  }
});

Deno.test("modelFromConfig() refuses branches by name, and frees what it made", () => {
  const before = kernel.memory!();
  const cases:
    readonly (readonly [Readonly<Record<string, readonly string[]>>, readonly string[], string])[] =
      [
        [
          { x: [], a: ["x"], b: ["x"] },
          ["a"],
          'the result of layer "x" goes to layer "a" and to layer "b"',
        ],
        [
          { x: [], a: ["x"], b: ["a", "x"] },
          ["b"],
          'layer "b" (Dense) takes the results of layer "a" and layer "x"',
        ],
        [{ x: [], y: [], a: ["x"] }, ["a"], 'with 2 inputs ("x" and "y")'],
        [{ x: [], a: ["x"], b: ["a"] }, ["a", "b"], 'with 2 outputs ("a" and "b")'],
        [{ x: [], a: ["x"], b: ["a"] }, ["a"], 'layer "b" does not lie between input and output'],
        [{ x: [], a: ["b"], b: ["a"] }, ["b"], 'the output layer "b" is not reached'],
        [{ x: [], a: ["x"] }, ["typo"], 'the output layer "typo" is not reached'],
      ];
  for (const [layers, outputs, says] of cases) {
    for (const version of [2, 3] as const) {
      assertThrows(
        () => modelFromConfig(kernel, functional(layers, version, outputs)),
        ArgumentError,
        says,
      );
    }
  }
  const twice = functional({ x: [], a: ["x"] }, 2, ["a"]);
  const layer = twice.config.layers[1] as unknown as { inbound_nodes: unknown[] };
  layer.inbound_nodes.push([["x", 0, 0, {}]]);
  assertThrows(() => modelFromConfig(kernel, twice), ArgumentError, 'layer "a" is used 2 times');
  const second = functional({ x: [], a: ["x"], b: ["a"] }, 2, ["b"]);
  const last = second.config.layers[2] as unknown as { inbound_nodes: unknown[] };
  last.inbound_nodes = [[["a", 1, 0, {}]]];
  assertThrows(
    () => modelFromConfig(kernel, second),
    ArgumentError,
    'layer "b" takes another result than the first of layer "a"',
  );
  const sequential = (layers: unknown) => ({ class_name: "Sequential", config: { layers } });
  const wrong: readonly (readonly [KerasConfig, string])[] = [
    [
      sequential([dense("a"), { class_name: "Lambda", config: { name: "l" } }]),
      'there is no layer "Lambda" here, which layer "l" is; there are Dense',
    ],
    [sequential([{ class_name: "__proto__", config: {} }]), 'there is no layer "__proto__"'],
    [sequential([dense("a"), 5]), "layer 1 of a Sequential must be { class_name, config }; got 5"],
    [sequential("x"), 'the layers of a Sequential are an array; got "x"'],
    [sequential([dense("a"), dense("a")]), '"a" is there already'],
    [
      { class_name: "Dense", config: {} },
      'a model is a Sequential or a Functional one; got "Dense"',
    ],
    [{}, "a model must be { class_name, config }"],
  ];
  for (const [config, says] of wrong) {
    assertThrows(() => modelFromConfig(kernel, config), ArgumentError, says);
  }
  assertEquals(kernel.memory!(), before);
});

Deno.test("modelFromConfig() and layerFromConfig() refuse what is nested too deep", () => {
  const nested = (depth: number, object: KerasConfig): KerasConfig => {
    for (let i = 0; i < depth; i++) {
      object = { class_name: "Sequential", config: { name: `s${i}`, layers: [object] } };
    }
    return object;
  };
  let node: unknown = ["input", 0, 0, {}];
  for (let i = 0; i < 20_000; i++) node = [node];
  const model = functional({ input: [], d: ["input"] }, 3, ["d"]);
  const layers = model.config.layers.map((layer) => ({
    ...layer,
    inbound_nodes: layer.name === "d" ? [{ args: [node], kwargs: {} }] : [],
  }));
  for (
    const object of [
      nested(4000, dense("d")),
      nested(20_000, dense("d")),
      { ...model, config: { ...model.config, layers } },
    ]
  ) {
    assertThrows(() => modelFromConfig(kernel, object), ArgumentError, "more than 100 levels deep");
    assertThrows(() => layerFromConfig(kernel, object), ArgumentError, "more than 100 levels deep");
  }
  using right = modelFromConfig(kernel, nested(20, dense("d")));
  assertEquals(right.layers.length, 1);
});

Deno.test("layerFromConfig() refuses what a layer does not have, by name", () => {
  const cases: readonly (readonly [KerasConfig, string])[] = [
    [
      dense("d", { kernel_initialiser: "zeros" }),
      'Unrecognized keyword arguments passed to Dense: "kernel_initialiser"',
    ],
    [dense("d", { dtype: "float16" }), 'Dense "d" has the dtype "float16"'],
    [
      dense("d", {
        dtype: {
          class_name: "QuantizedDTypePolicy",
          config: { mode: "gptq/4/128", source_name: "float32" },
        },
      }),
      '"gptq/4/128_from_float32"',
    ],
    [dense("d", { units: "2" }), 'Received: units="2"'],
    [dense("d", { trainable: "yes" }), "Expected `trainable` to be a boolean"],
    [dense("d", { activation: "Relu" }), 'activation function identifier: "Relu"'],
    [dense("d", { activation: 5 }), "activation function identifier: 5"],
    [
      dense("d", { kernel_regularizer: { class_name: "L3", config: {} } }),
      'regularizer identifier: "L3"',
    ],
    [
      dense("d", { kernel_regularizer: { class_name: "L2", config: { l2: "x" } } }),
      'Received: l2="x"',
    ],
    [
      dense("d", { kernel_constraint: { class_name: "MaxNorm", config: { max_value: "x" } } }),
      "maxValue of the constraint max_norm",
    ],
    [{ class_name: "Dropout", config: { rate: 0.5, noise_shape: [1] } }, '"noise_shape"'],
    [{ class_name: "PReLU", config: { shared_axes: [1] } }, "shares slopes between axes"],
    [{ class_name: "Flatten", config: { data_format: "channels_first" } }, "channels_last"],
    [
      { class_name: "Normalization", config: { axis: null } },
      "the last axis here; got the axis null",
    ],
    [{ class_name: "Activation", config: {} }, "has no activation"],
    [{ class_name: "InputLayer", config: {} }, "an InputLayer needs a batch_shape"],
  ];
  for (const [config, says] of cases) {
    assertThrows(() => layerFromConfig(kernel, config), ArgumentError, says);
  }
  using first = BatchNormalization.fromConfig(kernel, { axis: [1] });
  assertThrows(
    () => first.build([null, 4, 5]),
    ShapeError,
    "normalizes the last axis alone; got axis 1 of 3",
  );
  first.build([null, 5]);
});

Deno.test("every activation with every parameter is read as it was written", () => {
  const all: readonly ActivationLike[] = [
    ...activationNames.filter((name) => name !== "threshold"),
    { name: "threshold", threshold: 1, defaultValue: 2 },
    { name: "relu", negativeSlope: 0.5, maxValue: 2, threshold: 0.1 },
    { name: "leaky_relu", negativeSlope: 0.4 },
    { name: "elu", alpha: 3 },
    { name: "celu", alpha: 3 },
    { name: "gelu", approximate: true },
    { name: "softmax", axis: 0 },
    { name: "log_softmax", axis: [0, 1] },
    { name: "squareplus", b: 1 },
    { name: "hard_sigmoid", slope: 0.2, offset: 0.5 },
    { name: "soft_shrink", threshold: 0.1 },
  ];
  for (const activation of all) {
    using layer = new Dense(kernel, { units: 2, activation });
    const config = JSON.parse(JSON.stringify(layer.getConfig()));
    using again = Dense.fromConfig(kernel, config);
    const { name, parameters, ofKernel } = layer.activationFunction;
    const { activationFunction: read } = again;
    assertEquals([read.ofKernel, read.formula?.key], [
      ofKernel,
      layer.activationFunction.formula?.key,
    ]);
    if (ofKernel === null) assertEquals([read.name, read.parameters], [name, parameters]);
  }
});

Deno.test("a function as activation is written by its name, and read with the function", () => {
  const square = (z: Parameters<typeof mul>[0]) => mul(z, z);
  using layer = new Dense(kernel, { units: 1, activation: square });
  const config = layer.getConfig();
  assertThrows(() => Dense.fromConfig(kernel, config), ArgumentError, 'identifier: "square"');
  using again = Dense.fromConfig(kernel, config, { customActivations: { square } });
  assertEquals(again.activationFunction.formula!.key, getActivation(square).formula!.key);
});

Deno.test("a function of the caller that is called like one of Keras's is never read as that", () => {
  const relu = (z: Parameters<typeof mul>[0]) => mul(z, 3);
  for (
    const layer of [
      new Dense(kernel, { units: 1, activation: relu }),
      new ActivationLayer(kernel, { activation: relu }),
    ]
  ) {
    const object = { class_name: layer.className, config: layer.getConfig() };
    assertThrows(() => layerFromConfig(kernel, object), ArgumentError, "customActivations: { relu");
    using again = layerFromConfig(kernel, object, { customActivations: { relu } });
    assertEquals(
      (again as Dense).activationFunction.formula!.key,
      layer.activationFunction.formula!.key,
    );
  }
});

Deno.test("configurations of Keras 2 and TensorFlow.js have their own hard_sigmoid and slopes", () => {
  const slopeOf = (config: KerasConfig, version?: 2 | 3) => {
    using layer = Dense.fromConfig(kernel, config, version ? { version } : {});
    return layer.activationFunction.parameters.slope;
  };
  const old = { units: 1, dtype: "float32", activation: "hard_sigmoid" };
  assertEquals([slopeOf(old), slopeOf(old, 3)], [0.2, 1 / 6]);
  assertEquals(slopeOf({ ...old, activation: "hardSigmoid" }), 0.2);
  assertEquals(slopeOf({ ...old, quantization_config: null }), 1 / 6);
  assertEquals(slopeOf({ module: "keras.layers", class_name: "Dense", config: old }), 1 / 6);
  const layers: readonly (readonly [KerasConfig, object])[] = [
    [{ class_name: "LeakyReLU", config: { alpha: 0.1 } }, { negativeSlope: 0.1 }],
    [{ class_name: "LeakyReLU", config: { negative_slope: 0.1 } }, { negativeSlope: 0.1 }],
    [{ class_name: "LeakyReLU", config: {} }, { negativeSlope: 0.3 }],
    [{ class_name: "ReLU", config: { max_value: null, negative_slope: 0, threshold: 0 } }, {
      negativeSlope: 0,
      maxValue: null,
      threshold: 0,
    }],
    [{ class_name: "ELU", config: { alpha: 2 } }, { alpha: 2 }],
    [{ class_name: "Softmax", config: { axis: [1] } }, { axis: [1] }],
  ];
  for (const [config, expected] of layers) {
    using layer = layerFromConfig(kernel, config) as unknown as {
      activationFunction: { parameters: object };
    } & Disposable;
    assertEquals(layer.activationFunction.parameters, expected);
  }
});

Deno.test("configurations that are nested without end are refused in one line", () => {
  let nested: KerasConfig = { class_name: "Sequential", config: { layers: [] } };
  let node: unknown[] = [];
  for (let i = 0; i < 4000; i++) {
    nested = { class_name: "Sequential", config: { layers: [nested] } };
    node = [node];
  }
  const itself: Record<string, unknown> = { units: 1 };
  itself.a = itself.b = itself;
  const functional = {
    class_name: "Functional",
    config: {
      layers: [{
        class_name: "Dense",
        name: "a",
        config: { name: "a", units: 1 },
        inbound_nodes: [{ args: node, kwargs: {} }],
      }],
      input_layers: ["a", 0, 0],
      output_layers: ["a", 0, 0],
    },
  };
  const says = "nested more than 100 levels deep";
  for (const model of [nested, functional]) {
    assertThrows(() => modelFromConfig(kernel, model), ArgumentError, says);
  }
  assertThrows(() => layerFromConfig(kernel, nested), ArgumentError, says);
  assertThrows(() => Dense.fromConfig(kernel, itself), ArgumentError, says);
});

Deno.test("a configuration's names are never taken for what every object has", () => {
  const names = ["constructor", "hasOwnProperty", "valueOf", "__proto__", "toString"];
  for (const name of names) {
    for (const module of [undefined, "keras.layers"]) {
      const object = (config: KerasConfig) => ({
        ...dense("d", config),
        ...(module ? { module } : {}),
      });
      for (
        const config of [
          { activation: name },
          { activation: { class_name: name, config: {} } },
          { activation: { class_name: "function", config: name } },
          { kernel_initializer: name },
          { kernel_initializer: { class_name: name, config: {} } },
          { kernel_regularizer: name },
          { kernel_regularizer: { class_name: name, config: {} } },
          { kernel_constraint: name },
          { kernel_constraint: { class_name: name, config: {} } },
          { dtype: name },
        ]
      ) {
        assertThrows(() => layerFromConfig(kernel, object(config)), ArgumentError);
      }
      assertThrows(() => layerFromConfig(kernel, { class_name: name, config: {} }), ArgumentError);
    }
  }
});

Deno.test("every function that takes options of reading a configuration checks them", () => {
  const object = dense("d");
  const stack = { class_name: "Sequential", config: { name: "s", layers: [object] } };
  const read: readonly ((options: never) => Disposable)[] = [
    (options) => layerFromConfig(kernel, object, options),
    (options) => modelFromConfig(kernel, stack, options),
    (options) => Dense.fromConfig(kernel, object, options),
    (options) => ActivationLayer.fromConfig(kernel, { activation: "relu" }, options),
  ];
  for (
    const [options, says] of [
      [{ versoin: 2 }, 'fromConfig() has no option "versoin"; there are version and customAct'],
      [{ version: 7 }, "fromConfig()'s option version must be 2 or 3; got 7"],
      [null, "fromConfig() takes its options as an object"],
      [{ customActivations: null }, "customActivations must be an object of functions"],
      [{ customActivations: { own: "relu" } }, "customActivations must be an object of functions"],
    ] as const
  ) {
    for (const each of read) assertThrows(() => each(options as never), ArgumentError, says);
  }
});

import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { ModelFileError } from "./errors.ts";
import { runnableOf } from "./runnable.ts";
import type { Config, StoredLayer, StoredModel } from "./stored_model.ts";
import { computeStored } from "./stored_model_testing.ts";

const random = createRandom(5);
const numbers = (length: number, least = -1) =>
  Float32Array.from({ length }, () => least + (1 - least) * random.uniform());
const array = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>) =>
  ({ name, shape, dtype: "float32", values }) as const;

function dense(name: string, inputs: number, units: number, config: Config = {}): StoredLayer {
  const useBias = config.use_bias !== false;
  const kernel = array("kernel", [inputs, units], numbers(inputs * units));
  const weights = useBias ? [kernel, array("bias", [units], numbers(units))] : [kernel];
  return { className: "Dense", name, config: { units, ...config }, weights };
}

function normalizing(name: string, width: number): StoredLayer {
  const weights = ["gamma", "beta", "moving_mean"].map((each) =>
    array(each, [width], numbers(width))
  );
  weights.push(array("moving_variance", [width], numbers(width, 0.1)));
  return { className: "BatchNormalization", name, config: { axis: -1, epsilon: 1e-3 }, weights };
}

const plain = (className: string, config: Config = {}, name = className): StoredLayer => ({
  className,
  name,
  config,
  weights: [],
});

const modelOf = (
  layers: StoredLayer[],
  inputShape: StoredModel["inputShape"] = null,
): StoredModel => ({
  name: "it",
  format: "by hand",
  producer: null,
  layers,
  inputShape,
  notes: [],
});

/** What a network of Dense layers and activations gives, in float64. */
function computeRunnable(model: StoredModel, input: number[][]): number[][] {
  const layers = runnableOf(model).layers.map(({ weight, bias, inputs, units, activation, name }) =>
    weight
      ? {
        className: "Dense",
        name,
        config: { activation },
        weights: [
          array("kernel", [inputs, units], new Float32Array(weight)),
          array("bias", [units], bias ? new Float32Array(bias) : new Float32Array(units)),
        ],
      }
      : plain("Activation", { activation })
  );
  return computeStored(modelOf(layers), input);
}

const chains: Readonly<Record<string, readonly [layers: StoredLayer[], count: number]>> = {
  "behind a linear Dense": [[
    dense("a", 4, 6),
    normalizing("n", 6),
    plain("Activation", { activation: "relu" }),
  ], 2],
  "behind a linear Dense without a bias": [[
    dense("a", 4, 6, { use_bias: false }),
    normalizing("n", 6),
  ], 1],
  "between a Dense of relu and another": [
    [
      dense("a", 4, 6, { activation: "relu" }),
      normalizing("n", 6),
      plain("Dropout"),
      dense("b", 6, 3),
    ],
    2,
  ],
  "twice, one after the other": [
    [
      dense("a", 4, 6, { activation: "tanh" }),
      normalizing("n", 6),
      normalizing("m", 6),
      dense("b", 6, 3),
    ],
    2,
  ],
  "before the first Dense": [[normalizing("n", 4), dense("a", 4, 3)], 1],
  "at the end, behind an activation": [[
    dense("a", 4, 3, { activation: "tanh" }),
    normalizing("n", 3),
  ], 2],
  "before an activation of its own": [
    [
      dense("a", 4, 3, { activation: "tanh" }),
      normalizing("n", 3),
      plain("Activation", { activation: "sigmoid" }),
    ],
    3,
  ],
  "by Rescaling and Normalization": [
    [
      plain("Rescaling", { scale: 0.5, offset: 0.25 }),
      plain("Normalization", { axis: -1, mean: [1, 2, 3, 4], variance: [1, 4, 9, 0.25] }),
      dense("a", 4, 3),
    ],
    1,
  ],
};

for (const [where, [layers, count]] of Object.entries(chains)) {
  Deno.test(`runnableOf() folds what scales and shifts ${where}`, () => {
    const model = modelOf(layers, [4]);
    const input = Array.from({ length: 5 }, () => [...numbers(4)]);
    assertEquals(runnableOf(model).layers.length, count);
    const [got, want] = [computeRunnable(model, input), computeStored(model, input)];
    const error = Math.max(
      ...got.flatMap((row, i) => row.map((y, j) => Math.abs(y - want[i]![j]!))),
    );
    assertLess(error, 1e-5);
  });
}

Deno.test("runnableOf() scales each column of rows that are flattened", () => {
  const kernel = array("kernel", [6, 1], new Float32Array([1, 10, 100, 1000, 10_000, 100_000]));
  const layers: StoredLayer[] = [
    plain("Rescaling", { scale: [1, 2, 3] }),
    plain("Flatten"),
    { className: "Dense", name: "fc", config: { units: 1, use_bias: false }, weights: [kernel] },
  ];
  const { flatten, inputs, layers: [layer] } = runnableOf(modelOf(layers, [2, 3]));
  assertEquals([flatten, inputs], [true, 6]);
  assertEquals([...layer!.weight!], [1, 20, 300, 1000, 20_000, 300_000]);
});

Deno.test("runnableOf() leaves weights as they are where nothing is folded", () => {
  const layer = dense("a", 2, 2);
  assertEquals(runnableOf(modelOf([layer])).layers[0]?.weight === layer.weights[0]!.values, true);
});

Deno.test("runnableOf() scales and activates rows that were flattened by their own length", () => {
  const layers = [
    plain("Flatten"),
    normalizing("n", 6),
    plain("Activation", { activation: "relu" }),
  ];
  const model = modelOf([...layers, dense("a", 6, 1)], [2, 3]);
  assertEquals(runnableOf(model).layers.map(({ inputs }) => inputs), [6, 6, 6]);
});

Deno.test("runnableOf() refuses what another axis or order than that of rows would give", () => {
  const middle = { ...normalizing("n", 2), config: { axis: 1 } };
  for (
    const [layers, message] of [
      [[dense("a", 2, 2), middle], "works along another axis than the last"],
      [[middle, plain("Flatten"), dense("a", 4, 1)], "works along another axis than the last"],
      [
        [plain("Rescaling", { scale: [[2], [3]] }), dense("a", 2, 1)],
        "scale is nested; one number, or a list of one for each column, is run",
      ],
      [
        [plain("Flatten", { data_format: "channels_first" }), dense("a", 4, 1)],
        'has the data_format "channels_first"',
      ],
    ] as const
  ) {
    assertThrows(() => runnableOf(modelOf([...layers], [2, 2])), ModelFileError, message);
  }
});

const act = (activation: unknown) => dense("a", 2, 2, { activation } as Config);
const variance = (value: number) => array("moving_variance", [2], new Float32Array([1, value]));

const refused: Readonly<Record<string, readonly [layers: StoredLayer[], message: string]>> = {
  "an unknown activation": [
    [act("leaky_reluu")],
    'the layer "a" (Dense): Could not interpret activation function identifier: "leaky_reluu"; there are linear, relu',
  ],
  "an activation that is an object": [
    [act({ class_name: "GLUU" })],
    'the layer "a" (Dense): Could not interpret activation function identifier: "gluu"; there are',
  ],
  "a ReLU with a parameter that is not allowed": [
    [act({ class_name: "ReLU", config: { max_value: -5 } })],
    "must be a finite number >= 0, or null",
  ],
  "a layer PReLU without its slopes": [
    [dense("a", 2, 2), plain("PReLU")],
    'the layer "PReLU" (PReLU) has 0 weights; files have alpha of it',
  ],
  "an Activation without one": [[dense("a", 2, 2), plain("Activation")], "activation is missing"],
  "a Flatten of what the file does not say": [
    [dense("a", 2, 2), plain("Flatten")],
    'the layer "Flatten" (Flatten) needs to know the shape of its input, which the file does not',
  ],
  "an InputLayer behind a Dense": [
    [dense("a", 2, 2), plain("InputLayer")],
    "is not the first layer",
  ],
  "no Dense": [[plain("Flatten")], '"it" has no Dense layer'],
  "an activation before all": [
    [plain("Activation", { activation: "relu" })],
    "stands before the first",
  ],
  "layers that do not fit": [
    [dense("a", 2, 3), dense("b", 2, 2)],
    'the layer "b" (Dense) takes 2 inputs; the layer before it gives 3',
  ],
  "units that are not the kernel's": [
    [dense("a", 2, 2, { units: 3 })],
    "has 3 units; its kernel is [2, 2]",
  ],
  "columns that do not fit": [
    [dense("a", 2, 2), normalizing("n", 3)],
    "scales 3 columns; the layer before it gives 2",
  ],
  "another axis": [
    [dense("a", 2, 2), { ...normalizing("n", 2), config: { axis: 2 } }],
    "works along another axis than the last",
  ],
  "a variance below zero": [
    [dense("a", 2, 2), {
      ...normalizing("n", 2),
      weights: [...normalizing("n", 2).weights.slice(0, 3), variance(-1)],
    }],
    "scales by a number that is not finite",
  ],
  "a folded weight beyond float32": [
    [
      {
        ...dense("a", 1, 1),
        weights: [
          array("kernel", [1, 1], new Float32Array([3e38])),
          array("bias", [1], numbers(1)),
        ],
      },
      plain("Rescaling", { scale: 10 }),
    ],
    'the kernel of "a" leaves float32\'s range when folded',
  ],
};

for (const [what, [layers, message]] of Object.entries(refused)) {
  Deno.test(`runnableOf() refuses ${what} in one line`, () => {
    const error = assertThrows(() => runnableOf(modelOf(layers)), ModelFileError, message);
    assertEquals(error.message.startsWith('"it"') && !error.message.includes("\n"), true);
  });
}

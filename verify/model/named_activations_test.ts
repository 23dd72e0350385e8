// Networks with every activation of layers: verified on every kernel, and the same as their layers unfolded.
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import { activationNames } from "../../layers/activations.ts";
import { randomInput } from "../../models/input.ts";
import { runnableOf } from "../../models/runnable.ts";
import { sequentialOf } from "../../models/sequential.ts";
import { stackOf } from "../../models/stack.ts";
import type { Config, StoredLayer, StoredModel } from "../../models/stored_model.ts";
import { floats } from "../check.ts";
import { boundsWithin } from "./layer_activation.ts";
import { verifyModel } from "./verify_model.ts";

const seed = 23;
const random = createRandom(seed);

function weight(name: string, shape: readonly number[], scale = 1) {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { name, shape, dtype: "float32", values: floats(size, -scale, scale, random) } as const;
}

function dense(name: string, inputs: number, units: number, config: Config = {}): StoredLayer {
  const weights = [
    weight("kernel", [inputs, units], 2 / Math.sqrt(inputs)),
    weight("bias", [units]),
  ];
  return { className: "Dense", name, config: { units, ...config }, weights };
}

const plain = (className: string, config: Config = {}, name = className.toLowerCase()) =>
  ({ className, name, config, weights: [] }) as const;

const normalization = (name: string, columns: number): StoredLayer => ({
  className: "BatchNormalization",
  name,
  config: { axis: -1 },
  weights: ["gamma", "beta", "moving_mean"].map((each) => weight(each, [columns])).concat({
    ...weight("moving_variance", [columns]),
    values: floats(columns, 0.5, 2, random),
  }),
});

const modelOf = (layers: readonly StoredLayer[], inputShape: readonly number[]): StoredModel => ({
  name: "by hand",
  format: "by hand",
  producer: "Keras 3.16.0",
  layers,
  inputShape,
  notes: [],
});

/** A network of a Dense that has the activation, and of a layer that is it. */
const withActivation = (activation: Config[string], columns = 8): StoredModel =>
  modelOf([
    dense("first", 5, columns, { activation }),
    plain("Activation", { activation }, "again"),
    dense("last", activation === "glu" ? columns / 4 : columns, 3),
  ], [5]);

const parameters: readonly Config[string][] = [
  ...activationNames.filter((name) => name !== "threshold"),
  { class_name: "ReLU", config: { max_value: 0.5, negative_slope: 0.25, threshold: 0.1 } },
  { class_name: "ReLU", config: { max_value: 6 } },
  { class_name: "LeakyReLU", config: { negative_slope: -0.3 } },
  { class_name: "ELU", config: { alpha: 1.7 } },
  { class_name: "Softmax", config: { axis: 1 } },
  { module: "densemark", class_name: "celu", config: { alpha: 0.4 } },
  { module: "densemark", class_name: "soft_shrink", config: { threshold: 0.1 } },
  { module: "densemark", class_name: "hard_shrink", config: { threshold: 0.1 } },
  { module: "densemark", class_name: "squareplus", config: { b: 0.3 } },
  { module: "densemark", class_name: "threshold", config: { threshold: 0.2, default_value: -3 } },
];

const others: Readonly<Record<string, StoredModel>> = {
  "a PReLU": modelOf([
    dense("a", 5, 4),
    { ...plain("PReLU"), weights: [weight("alpha", [4])] },
    dense("b", 4, 2),
  ], [5]),
  "a ReLU behind a ReLU": modelOf([
    plain("LeakyReLU", { alpha: 0.5 }),
    dense("a", 5, 4, { activation: "tanh" }),
    normalization("n", 4),
    plain("ReLU", { max_value: 1 }),
    plain("ReLU", { threshold: 0.2 }, "relu2"),
    dense("b", 4, 2),
  ], [5]),
  "rows that are flattened after a Dense": modelOf([
    dense("a", 3, 4, { activation: "leaky_relu" }),
    normalization("n", 4),
    plain("Flatten"),
    normalization("m", 8),
    dense("b", 8, 6),
    plain("Reshape", { target_shape: [3, -1] }),
    dense("c", 2, 4, { activation: "softmax" }),
  ], [2, 3]),
  "a Softmax along another axis": modelOf([
    dense("a", 3, 4),
    plain("Softmax", { axis: 1 }),
    plain("Activation", {
      activation: { module: "densemark", class_name: "log_softmax", config: { axis: [1, 2] } },
    }),
    plain("Softmax", { axis: [-1] }, "last"),
    dense("b", 4, 2),
  ], [5, 3]),
  "more columns than a diagonal matrix takes": modelOf([
    plain("ReLU"),
    normalization("n", 2100),
    plain("ReLU", { max_value: 0.5 }, "capped"),
    dense("b", 2100, 2),
  ], [2100]),
};

const cases = [
  ...parameters.map((each) => [JSON.stringify(each), withActivation(each)] as const),
  ...Object.entries(others),
];

for (const name of await kernelsHere()) {
  Deno.test(`verifyModel() passes ${name} on every activation of layers, seed ${seed}`, async () => {
    await using kernel = await createKernel(name, { serialBelow: 0 });
    // A GPU takes long to make its programs.
    const own = name === "webgpu" ? cases.filter((_, i) => i % 4 === 0) : cases;
    for (const [what, stored] of own) {
      const model = runnableOf(stored);
      const { problem, layers } = await verifyModel(kernel, model, randomInput(model, seed, 20));
      assertEquals(problem, null, what);
      for (const { worst } of layers) assert(worst !== null && worst.share <= 1, what);
    }
  });
}

Deno.test("sequentialOf() of what runnableOf() gives computes what the layers of the file do", async () => {
  await using kernel = await createKernel("blocked");
  for (const [what, stored] of cases) {
    const model = runnableOf(stored);
    using folded = sequentialOf(kernel, model);
    using whole = stackOf(kernel, stored);
    const { values } = randomInput(model, seed, 7);
    using x = kernel.tensor([7, model.inputs], values);
    using deep = kernel.tensor([7, ...stored.inputShape as number[]], values);
    using y = folded.predict(x);
    using want = whole.predict(deep);
    const [got, right] = [await y.read(), await want.read()];
    assertEquals(y.shape, want.shape, what);
    for (const [i, value] of right.entries()) {
      assertAlmostEquals(got[i]!, value, 1e-5 * Math.max(1, Math.abs(value)), what);
    }
  }
});

type Outputs = readonly { readonly data: Float32Array }[];

/** Multiplies what a kernel on the heap computes of formulas. */
function scaleFormulas(kernel: Kernel, factor: number): void {
  const scale = (outputs: Outputs) => {
    for (const { data } of outputs) for (let i = 0; i < data.length; i++) data[i]! *= factor;
  };
  const [map, denseMap] = [kernel.map!.bind(kernel), kernel.denseMap!.bind(kernel)];
  const changed: Pick<Kernel, "map" | "denseMap"> = {
    map: (...args) => {
      map(...args);
      scale(args[2] as unknown as Outputs);
    },
    denseMap: (...args) => {
      denseMap(...args);
      scale([args[4]] as unknown as Outputs);
    },
  };
  Object.assign(kernel, changed);
}

Deno.test("verifyModel() rejects a kernel whose formulas are others", async () => {
  for (
    const [activation, factor] of [
      ["relu6", 1 + 2 ** -20],
      ["leaky_relu", 1 + 2 ** -20],
      ["log_softmax", 1 + 2 ** -14],
      ["sparsemax", 1 + 2 ** -8],
      ["glu", 1 + 2 ** -16],
      ["hard_silu", 1 + 2 ** -18],
    ] as const
  ) {
    await using kernel = await createKernel("naive");
    const model = runnableOf(withActivation(activation));
    const input = randomInput(model, seed, 20);
    assertEquals((await verifyModel(kernel, model, input)).problem, null);
    scaleFormulas(kernel, factor);
    const { problem } = await verifyModel(kernel, model, input);
    assertMatch(problem ?? "passed", /^layer "(first|again)"/, activation);
  }
});

Deno.test("boundsWithin() lets nothing pass where a formula is not what it should be", () => {
  const [low, high] = [new Float64Array([0.9, 0.9]), new Float64Array([1.1, 1.1])];
  const { edges } = boundsWithin(new Float64Array([1, 1.2]), [low, high], 0);
  assertAlmostEquals(edges(0).below, 0.1);
  assertAlmostEquals(edges(0).above, 0.1);
  assertEquals(edges(1), { below: 0, above: 0 });
});

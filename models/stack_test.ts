import { fileURLToPath } from "node:url";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { ModelFileError } from "./errors.ts";
import { readModelFile } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sequentialOf } from "./sequential.ts";
import { stackOf } from "./stack.ts";
import type { StoredModel } from "./stored_model.ts";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const expectedOf = (name: string) =>
  name.endsWith("/") ? `${name}expected.json` : `${name}.expected.json`;

/** Files, and what Keras in float64 computes of their inputs. */
const samples = {
  "sequential_bn.keras": "sequential_bn",
  "sequential_bn.h5": "sequential_bn",
  "functional_mlp.keras": "functional_mlp",
  "functional_mlp.h5": "functional_mlp",
  "normalization_mlp.keras": "normalization_mlp",
  "int8_mlp.keras": "int8_mlp",
  "torch_style.onnx": "torch_style.onnx",
  "gemm_matmul.onnx": "gemm_matmul.onnx",
  "tfjs_bn/model.json": "tfjs_bn/",
  "tfjs_quantized/model.json": "tfjs_quantized/",
};

for (const [file, name] of Object.entries(samples)) {
  for (const kernelName of ["blocked", "wasm-simd"] as const) {
    Deno.test(`${kernelName}: the layers of ${file}, unfolded, compute what Keras does`, async () => {
      const expected = JSON.parse(await Deno.readTextFile(fixture(expectedOf(name))));
      await using kernel = await createKernel(kernelName);
      using network = stackOf(kernel, await readModelFile(fixture(file)));
      const input: number[][] = expected.input;
      const { data } = await network.predict({
        shape: [input.length, input[0]!.length],
        data: input.flat(),
      });
      const wanted: number[] = (expected.output_keras_int8 ?? expected.output_float64).flat(2);
      assertEquals(data.length, wanted.length);
      // int8 is whole numbers and few roundings, each as Keras has it.
      if (expected.output_keras_int8) assertEquals([...data], wanted.map(Math.fround));
      for (const [i, value] of wanted.entries()) {
        assertAlmostEquals(data[i]!, value, 2e-5 * Math.max(1, Math.abs(value)));
      }
    });
  }
}

Deno.test("stackOf() takes a word as the generation of Keras means it that wrote the file", async () => {
  await using kernel = await createKernel("blocked");
  const config = { activation: "hard_sigmoid" };
  const layers = [{ className: "Activation", name: "act", config, weights: [] }];
  const common = { name: "m", layers, inputShape: [1], notes: [] };
  const files = [
    ["", "Keras 2.13.1", 0.7],
    ["", "Keras 3.16.0", 1 / 6 + 0.5],
    ["", "TensorFlow.js tfjs-layers v4.22.0", 0.7],
    ["ONNX", "pytorch 2.1", 1 / 6 + 0.5],
  ] as const;
  for (const [format, producer, value] of files) {
    using stack = stackOf(kernel, { ...common, format, producer });
    const { data } = await stack.predict([[1]]);
    assertAlmostEquals(data[0]!, value, 1e-6);
  }
});

Deno.test("stackOf() and runnableOf() take an activation by the same names", async () => {
  await using kernel = await createKernel("blocked");
  const ones = new Float32Array([1, 2]);
  const weights = [{ name: "kernel", shape: [1, 2], dtype: "float32", values: ones }] as const;
  for (
    const activation of [
      "softmax_v2",
      { class_name: "function", config: "softmax_v2" },
      "swish",
      "gelu_new",
    ]
  ) {
    const config = { units: 2, use_bias: false, activation };
    const layers = [{ className: "Dense", name: "fc", config, weights }];
    const model = { name: "m", format: "", producer: null, layers, inputShape: [1], notes: [] };
    using stack = stackOf(kernel, model);
    using folded = sequentialOf(kernel, runnableOf(model));
    const [one, other] = [await stack.predict([[1]]), await folded.predict([[1]])];
    assertEquals(one.data, other.data);
  }
});

Deno.test("stackOf() refuses weights alone, other shapes and unknown inputs, and frees what it made", async () => {
  await using kernel = await createKernel("blocked");
  const values = new Float32Array(6);
  const weight = { name: "kernel", shape: [3, 2], dtype: "float32", values } as const;
  const layer = {
    className: "Dense",
    name: "fc",
    config: { units: 2, use_bias: false },
    weights: [weight],
  };
  const model = (changes: Partial<StoredModel>): StoredModel => ({
    name: "m.keras",
    format: "",
    producer: null,
    layers: [layer],
    inputShape: [3],
    notes: [],
    ...changes,
  });
  const refused = (changes: Partial<StoredModel>, message: string) =>
    assertThrows(() => stackOf(kernel, model(changes)), ModelFileError, message);
  refused({ inputShape: null }, '"m.keras" does not say the shape of its input');
  refused({ layers: [{ ...layer, className: null }] }, "has weights alone");
  refused({ inputShape: [4] }, "[3, 2]; [4, 2] was expected");
  refused({ inputShape: [] }, '"m.keras": the last axis of the input');
  const statistic = (name: string) => ({ ...weight, name, shape: [6] });
  const middle = {
    className: "BatchNormalization",
    name: "n",
    config: { axis: 1, scale: false, center: false },
    weights: ["moving_mean", "moving_variance"].map(statistic),
  };
  refused({ layers: [middle], inputShape: [2, 3] }, '"m.keras": layer "n" normalizes');
  refused({ layers: [{ ...layer, weights: [] }] }, "has 0 weights; files have kernel of it");
  refused(
    { layers: [{ ...layer, className: "LSTM" }] },
    'the layer "fc" (LSTM): there is no layer',
  );
  assertEquals(kernel.memory!(), 0);
  using right = stackOf(kernel, model({}));
  assertEquals(right.weights.length, 1);
});

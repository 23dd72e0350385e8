// Each sample of a model file through the kernels: within its own bounds, and what the file's maker computed.
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createKernel } from "../../mod.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { readModel } from "../../models/read_model.ts";
import type { Expected } from "../../models/stored_model_testing.ts";
import { ExactNetwork, propagate } from "./network.ts";
import { verifyModel } from "./verify_model.ts";

const folder = fileURLToPath(new URL("../../models/fixtures", import.meta.url));
const kernels = await kernelsHere();

for (
  const [name, expectedName] of [
    ["sequential_bn.keras", "sequential_bn.expected.json"],
    ["sequential_bn.h5", "sequential_bn.expected.json"],
    ["normalization_mlp.keras", "normalization_mlp.expected.json"],
    ["tfjs_bn/model.json", "tfjs_bn/expected.json"],
    ["tfjs_quantized/model.json", "tfjs_quantized/expected.json"],
    ["gemm_matmul.onnx", "gemm_matmul.onnx.expected.json"],
    // LeakyReLU with slopes of their own.
    ["functional_mlp.keras", "functional_mlp.expected.json"],
    ["torch_style.onnx", "torch_style.onnx.expected.json"],
  ] as const
) {
  Deno.test(`${name} gives on every kernel what its maker computed, within the bounds`, async () => {
    const text = await Deno.readTextFile(`${folder}/${expectedName}`);
    const { input, output_float64: output } = JSON.parse(text) as Expected;
    const model = await readModel(`${folder}/${name}`);
    const rows = input.length;
    const values = new Float32Array(input.flat());
    const wanted = output.flat();
    const network = new ExactNetwork(model.layers);
    for (const kernelName of kernels) {
      await using kernel = await createKernel(kernelName);
      const given = { name, values, rows, of: rows, seed: null, notes: [] };
      const results: number[] = [];
      const { problem } = await verifyModel(kernel, model, given, {
        onBatch: (_, __, batch) => results.push(...batch ?? []),
      });
      assertEquals(problem, null, kernelName);
      let delta = new Float64Array(values.length);
      let x: Float64Array | Float32Array = values;
      for (const [i, layer] of model.layers.entries()) {
        const exact = network.layer(i, x, rows);
        delta = new Float64Array(propagate(layer, exact, delta, kernel.traits, rows));
        x = exact.y;
      }
      // Folding rounds each weight once, which moves a sum by no more than a rounding of each product.
      for (const [i, want] of wanted.entries()) {
        assertLessOrEqual(Math.abs(results[i]! - want), 2 * delta[i]!, kernelName);
      }
    }
  });
}

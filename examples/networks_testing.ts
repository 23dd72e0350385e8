/**
 * For tests: whole networks on several kernels, as layers and under the
 * verifier.
 *
 * @module
 */
import { assertEquals, assertLess } from "@std/assert";
import { createKernel, type Kernel, type KernelName } from "../mod.ts";
import type { ModelInput } from "../models/input.ts";
import type { Model } from "../models/model.ts";
import { sequentialOf } from "../models/sequential.ts";
import type { ModelReport } from "../verify/model/report.ts";
import { verifyModels } from "../verify/model/verify_model.ts";

/** What a model predicts for these rows, by the names of kernels. */
export async function* predictions(
  names: readonly KernelName[],
  model: Model,
  { rows, values }: ModelInput,
): AsyncGenerator<[kernel: string, outputs: Float32Array]> {
  for (const name of names) {
    await using kernel = await createKernel(name);
    using layers = sequentialOf(kernel, model);
    using x = kernel.tensor([rows, model.inputs], values);
    using y = layers.predict(x);
    yield [name, await y.read()];
  }
}

/**
 * Holds a model to its bounds on these kernels, and returns the reports and, by
 * kernel, the outputs of all rows one after the other.
 */
export async function verifyOnKernels(
  names: readonly KernelName[],
  model: Model,
  input: ModelInput,
): Promise<[ModelReport[], Map<string, Float32Array>]> {
  await using stack = new AsyncDisposableStack();
  const opened: Kernel[] = [];
  for (const name of names) {
    opened.push(stack.use(await createKernel(name, { serialBelow: 0 })));
  }
  const outputs = new Map<string, Float32Array>();
  const width = model.layers.at(-1)!.units;
  const reports = await verifyModels(opened, model, input, {
    onBatch: (kernel, firstRow, results) => {
      const all = outputs.get(kernel) ?? new Float32Array(input.rows * width);
      outputs.set(kernel, all);
      if (results) all.set(results, firstRow * width);
    },
  });
  assertEquals(reports.map(({ kernel }) => kernel), [...names]);
  for (const { kernel, problem, endToEnd } of reports) {
    assertEquals(problem, null, kernel);
    assertLess(endToEnd.share, 1, kernel);
  }
  return [reports, outputs];
}

/**
 * Runs a trained network on kernels and compares it with float64: each layer
 * from the kernel's own results of the layer before, so that a fault shows in
 * the layer that has it, and the whole network from the same input. Batches of
 * rows go through all kernels together, which share the float64 network.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { ModelInput } from "../../models/input.ts";
import { KernelRun } from "./kernel_run.ts";
import type { Model } from "../../models/model.ts";
import { type ExactLayer, ExactNetwork } from "./network.ts";
import type { ModelReport } from "./report.ts";

// So many values in all layers: some tens of megabytes with references and bounds.
const batchValues = 2 ** 19;
const mostBatchRows = 512;

/** How {@linkcode verifyModels} goes about it. */
export interface VerifyModelOptions {
  /** Is given the results [rows, outputs] of each batch on each kernel; null where there are none. */
  readonly onBatch?: (kernel: string, firstRow: number, results: Float32Array | null) => void;
}

/** How many rows go through the network together. */
function batchRowsOf({ inputs, layers }: Model): number {
  const values = layers.reduce((sum, { units, rows = 1 }) => sum + rows * units, inputs);
  return Math.max(1, Math.min(mostBatchRows, Math.floor(batchValues / values)));
}

/**
 * Verifies a model on several kernels.
 *
 * @returns A report for each kernel, in their order.
 * @throws {ArgumentError} where the network leaves float32's range on this input.
 */
export async function verifyModels(
  kernels: readonly Kernel[],
  model: Model,
  input: ModelInput,
  { onBatch }: VerifyModelOptions = {},
): Promise<ModelReport[]> {
  using stack = new DisposableStack();
  const network = new ExactNetwork(model.layers);
  const runs = kernels.map((kernel) => stack.use(new KernelRun(kernel, model, network)));
  const most = batchRowsOf(model);
  for (let firstRow = 0; firstRow < input.rows; firstRow += most) {
    const rows = Math.min(most, input.rows - firstRow);
    const from = firstRow * model.inputs;
    const x = input.values.subarray(from, from + rows * model.inputs);
    for (const run of runs) run.begin(x, firstRow, rows);
    let exact: Float64Array | Float32Array = x;
    let last: ExactLayer | null = null;
    for (const i of model.layers.keys()) {
      last = network.layer(i, exact, rows, firstRow);
      exact = last.y;
      for (const run of runs) await run.step(i, last);
    }
    for (const run of runs) {
      const results = run.end(last?.y ?? new Float64Array(0));
      onBatch?.(run.kernel.name, firstRow, results);
    }
  }
  return runs.map((run) => run.report(input));
}

/**
 * Verifies a model on one kernel, one of Densemark's or another that fulfils the contract.
 *
 * @throws {ArgumentError} where the network leaves float32's range on this input.
 *
 * @example One layer, whose numbers float32 holds exactly
 * ```ts
 * import { createKernel } from "../../mod.ts";
 * import { verifyModel } from "./verify_model.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = {
 *   name: "fc1",
 *   activation: "relu",
 *   inputs: 2,
 *   units: 1,
 *   weight: new Float32Array([1, 2]),
 *   bias: null,
 * } as const;
 * const model = { name: "small", layers: [layer], inputs: 2, flatten: false, notes: [] };
 * const values = new Float32Array([3, 4]);
 * await using kernel = await createKernel("naive");
 * const input = { name: "one row", values, rows: 1, of: 1, seed: null, notes: [] };
 * const { passed, layers } = await verifyModel(kernel, model, input);
 * assertEquals(passed, true);
 * assertEquals(layers[0]?.worst?.got, 11);
 * ```
 */
export async function verifyModel(
  kernel: Kernel,
  model: Model,
  input: ModelInput,
  options: VerifyModelOptions = {},
): Promise<ModelReport> {
  const [report] = await verifyModels([kernel], model, input, options);
  return report as ModelReport;
}

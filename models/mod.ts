/**
 * Model files, read and written: Keras (.keras, .h5, .weights.h5), TensorFlow.js,
 * ONNX, safetensors and NumPy (.npz), as one form, and what of it kernels can
 * run. An entry point of its own, so that the library itself has no dependency;
 * this one has zip.js.
 *
 * @example A file of any of these formats on a kernel
 * ```ts
 * import { createKernel } from "@densemark/densemark";
 * import { encodeNpz, kerasJson, readModelBytes, runnableOf, sequentialOf } from "@densemark/densemark/models";
 *
 * const values = new Float32Array([1, 2]);
 * const kernel = { name: "kernel", shape: [2, 1], dtype: "float32", values } as const;
 * const config = { units: 1, use_bias: false, activation: "relu" };
 * const layers = [{ className: "Dense", name: "fc", config, weights: [kernel] }];
 * const model = { name: "m", format: "", producer: null, layers, inputShape: [2], notes: [] };
 * // In place of these: `await readModelFile("mlp.keras")`.
 * const json = new TextEncoder().encode(kerasJson(model)!);
 * const stored = await readModelBytes("mlp.npz", await encodeNpz(model), { "mlp.json": json });
 *
 * await using blocked = await createKernel("blocked");
 * using network = sequentialOf(blocked, runnableOf(stored));
 * using x = blocked.tensor([1, 2], [3, 4]);
 * using y = network.predict(x);
 * if (`${await y.read()}` !== "11") throw new Error("1 · 3 + 2 · 4");
 * ```
 *
 * @module
 */
export { ModelFileError } from "./errors.ts";
export { type DtypeName, type Numbers } from "./stored_array.ts";
export {
  type Config,
  type ConfigValue,
  parametersOf,
  type StoredLayer,
  type StoredModel,
  type StoredOptimizer,
  type StoredWeight,
  weightBytesOf,
} from "./stored_model.ts";
export type { FileBytes } from "./model_files.ts";
export { readModelBytes, readModelFile } from "./read_model_file.ts";
export {
  type ColumnScales,
  type ColumnSlopes,
  type Model,
  type ModelActivation,
  type ModelLayer,
} from "./model.ts";
export { runnableOf } from "./runnable.ts";
export { sequentialOf } from "./sequential.ts";
export { stackOf } from "./stack.ts";
export { optimizerOf } from "./optimizer.ts";
export { storedOf } from "./stored_of.ts";
export { kerasJson } from "./keras_json.ts";
export { encodeKeras, encodeKerasWeights } from "./encode_keras.ts";
export { encodeNpz } from "./npz.ts";
export { encodeSafetensorsModel } from "./encode_safetensors.ts";
export { encodeTfjs } from "./encode_tfjs.ts";

/**
 * A model file as a network that kernels can compute.
 *
 * @module
 */
import type { Model } from "./model.ts";
import { readModelFile } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";

/**
 * Reads a model file of any format that is read, to be run.
 *
 * @throws {ModelFileError} one line that says what is wrong with the files, or which layer cannot be run.
 *
 * @example A layer of one weight, in a folder of .npy files
 * ```ts
 * import { readModel } from "./read_model.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const layer = { class_name: "Dense", config: { units: 1, use_bias: false }, weights: { kernel: "w" } };
 * await Deno.writeTextFile(`${folder}/mlp.json`, JSON.stringify({ layers: [layer] }));
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}";
 * const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0];
 * const bytes = [...start, ...new TextEncoder().encode(header), 7];
 * await Deno.writeFile(`${folder}/w.npy`, new Uint8Array(bytes));
 * const { inputs, layers } = await readModel(`${folder}/mlp.json`);
 * await Deno.remove(folder, { recursive: true });
 * assertEquals(inputs, 1);
 * assertEquals(layers[0]?.weight, new Float32Array([7]));
 * ```
 */
export async function readModel(path: string): Promise<Model> {
  return runnableOf(await readModelFile(path));
}

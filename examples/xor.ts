/**
 * XOR, which no single layer can compute (Minsky & Papert 1969), learned by two.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../common/command.ts";
import { adam, createKernel, Dense, Sequential } from "../mod.ts";

/** Learns XOR; returns what the network says to 00, 01, 10 and 11. */
export async function learnXor(write: (line: string) => void): Promise<number[]> {
  const x = [[0, 0], [0, 1], [1, 0], [1, 1]];
  const y = [0, 1, 1, 0];
  await using kernel = await createKernel("wasm-simd");
  using model = new Sequential([
    new Dense(kernel, { units: 4, activation: "tanh", seed: 1 }),
    new Dense(kernel, { units: 1, activation: "sigmoid", seed: 2 }),
  ]);
  model.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: "binary_crossentropy",
    metrics: ["accuracy"],
  });
  const { history } = await model.fit(x, y, { epochs: 300, batchSize: 4 });
  for (const epoch of [1, 10, 100, 300]) {
    const [loss, accuracy] = [history.loss![epoch - 1]!, history.accuracy![epoch - 1]!];
    write(`epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${accuracy}`);
  }
  const results = (await model.predict(x)).toArray() as number[][];
  for (const [i, [result]] of results.entries()) {
    write(`${x[i]!.join(" xor ")} = ${result!.toFixed(3)}, and should be ${y[i]}`);
  }
  return results.map(([result]) => result!);
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task xor",
  summary: "An example: two layers learn XOR.",
  run: async () => {
    await learnXor(print);
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

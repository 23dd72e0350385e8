/**
 * The layer that articles on neural networks begin with, number by number: three
 * inputs, brought to [−1, 1] by hand, two units, a bias as the weight of an input
 * that is always 1, an activation, and one step of learning, all
 * computed in plain JavaScript beside the layer and compared.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../common/command.ts";
import { createKernel, Dense, Sequential, sgd } from "../mod.ts";

const show = (values: Iterable<number>) => [...values].map((value) => value.toFixed(4)).join(", ");

/** What the layer computes, and what comes out by hand. */
export interface Comparison {
  readonly what: string;
  readonly layer: readonly number[];
  readonly byHand: readonly number[];
}

/** Works through the layer, and explains each number. */
export async function explainLayer(write: (line: string) => void): Promise<Comparison[]> {
  const compared: Comparison[] = [];
  const compare = (what: string, layer: Iterable<number>, byHand: readonly number[]) => {
    compared.push({ what, layer: [...layer], byHand });
    write(`   the layer says ${show(compared.at(-1)!.layer)}`);
  };

  write(
    "1. Inputs: a temperature of 22 °C between 10 and 40, a humidity of 65 % between 0 and 100,",
  );
  write(
    "   and a wind of 5 m/s between 0 and 20, each brought to [-1, 1] by 2(x - low)/(high - low) - 1:",
  );
  const measured = [[22, 10, 40], [65, 0, 100], [5, 0, 20]] as const;
  const x = measured.map(([value, low, high]) => 2 * (value - low) / (high - low) - 1);
  for (const [i, [value, low, high]] of measured.entries()) {
    write(`   x${i + 1} = 2 · (${value} - ${low})/(${high} - ${low}) - 1 = ${x[i]!.toFixed(4)}`);
  }

  // Of input i to unit j: w[i][j].
  const w = [[0.5, -0.3], [-0.8, 0.6], [0.2, 0.9]];
  const b = [0.1, -0.2];
  await using kernel = await createKernel("blocked");
  using model = new Sequential([new Dense(kernel, { units: 2, activation: "tanh" })]);
  model.build([null, 3]);
  model.setWeights([w.flat(), b]);
  const [layer] = model.layers;

  write(
    "2. Each unit weighs the inputs, and the bias, the weight of an input that is always 1, is added:",
  );
  const z = b.map((bias, j) => x.reduce((sum, input, i) => sum + input * w[i]![j]!, 0) + bias);
  for (const j of [0, 1]) {
    const terms = x.map((input, i) => `${input.toFixed(4)} · ${w[i]![j]}`).join(" + ");
    write(`   z${j + 1} = ${terms} + 1 · ${b[j]} = ${z[j]!.toFixed(4)}`);
  }

  write("3. The activation, tanh, makes the outputs of them:");
  const y = z.map(Math.tanh);
  for (const j of [0, 1]) write(`   y${j + 1} = tanh(${z[j]!.toFixed(4)}) = ${y[j]!.toFixed(4)}`);
  const outputs = await model.predict([x]);
  compare("outputs", outputs.data, y);

  write("4. Wanted are 1 and -1. The loss is the mean of the squared errors:");
  const wanted = [1, -1];
  const loss = y.reduce((sum, value, j) => sum + (wanted[j]! - value) ** 2, 0) / 2;
  write(`   ((1 - ${y[0]!.toFixed(4)})² + (-1 - ${y[1]!.toFixed(4)})²)/2 = ${loss.toFixed(4)}`);
  model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "mse" });
  compare("loss", [(await model.evaluate([x], [wanted])).loss!], [loss]);

  write(
    "5. How the loss changes with each z: 2(y - wanted)/2 by the mean, times 1 - y², tanh's slope:",
  );
  const dz = y.map((value, j) => (value - wanted[j]!) * (1 - value * value));
  for (const j of [0, 1]) write(`   dz${j + 1} = ${dz[j]!.toFixed(4)}`);
  write("   and with each weight: its input times the dz of its unit; with a bias: 1 times that.");
  const gradient = x.map((input) => dz.map((slope) => input * slope));

  write("6. One step of gradient descent: each weight less 0.5 times its gradient.");
  const moved = w.map((row, i) => row.map((value, j) => value - 0.5 * gradient[i]![j]!));
  const movedBias = b.map((value, j) => value - 0.5 * dz[j]!);
  for (const [i, row] of moved.entries()) {
    write(`   w${i + 1}1 and w${i + 1}2 = ${show(row)}`);
  }
  write(`   b1 and b2 = ${show(movedBias)}`);
  await model.fit([x], [wanted]);
  const [weight, bias] = await layer!.getWeights();
  compare("weights", [...weight!, ...bias!], [...moved.flat(), ...movedBias]);

  write("7. The outputs are nearer to 1 and -1 now:");
  const after = movedBias.map((bias, j) =>
    Math.tanh(x.reduce((sum, input, i) => sum + input * moved[i]![j]!, 0) + bias)
  );
  write(`   y1 and y2 = ${show(after)}`);
  compare("outputs after the step", (await model.predict([x])).data, after);
  return compared;
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task article-layer",
  summary: "An example: a layer of three inputs and two units, worked through number by number.",
  run: async () => {
    await explainLayer(print);
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * The small layer that the picture explains: 3 inputs, 2 units, relu. Its
 * outputs are not written down but computed by the library.
 *
 * @module
 */
import { createKernel, Dense } from "../mod.ts";

/** A layer of few enough inputs and units to show every number of it. */
export interface ExampleLayer {
  readonly x: readonly number[];
  /** weight[i][j] leads from input i to unit j. */
  readonly weight: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly activation: "relu";
  readonly y: readonly number[];
}

/** The example, with its outputs computed by the kernel `naive`. */
export async function computeExample(): Promise<ExampleLayer> {
  const x = [1, 2, 3];
  const weight = [[0.5, -1], [1, 0.25], [-0.5, 0.5]];
  const bias = [0.5, -2];
  await using kernel = await createKernel("naive");
  using layer = new Dense(kernel, { units: bias.length, activation: "relu", seed: 1 });
  layer.build([null, x.length]);
  layer.setWeights([new Float32Array(weight.flat()), new Float32Array(bias)]);
  using input = kernel.tensor([1, x.length], new Float32Array(x));
  using y = layer.forward(input);
  return { x, weight, bias, activation: "relu", y: [...await y.read()] };
}

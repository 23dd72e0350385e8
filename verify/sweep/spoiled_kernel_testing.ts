/**
 * Kernels with a spoiled activation, for tests of what a sweep finds.
 *
 * @module
 */
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { Pointwise } from "./findings.ts";

/** The naive kernel, but with change(z, y) in place of y = activation(z). */
export async function spoiledKernel(
  activation: Pointwise,
  change: (z: number, y: number) => number,
  traits: Partial<Kernel["traits"]> = {},
): Promise<Kernel> {
  const kernel = await createKernel("naive");
  const original = kernel.activate.bind(kernel);
  const dataOf = (tensor: Tensor) => (tensor as Tensor & { data: Float32Array }).data;
  return Object.assign(kernel, {
    traits: { ...kernel.traits, ...traits },
    activate: (name: Parameters<Kernel["activate"]>[0], z: Tensor, y: Tensor) => {
      original(name, z, y);
      if (name !== activation) return;
      const [inputs, results] = [dataOf(z), dataOf(y)];
      for (let i = 0; i < inputs.length; i++) results[i] = change(inputs[i]!, results[i]!);
    },
  });
}

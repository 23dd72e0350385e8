/**
 * The forward pass of a layer on one of our kernels: y = act(x · w + b), with
 * unchanged weights, or with weights that are written before each call, so that
 * the kernel cannot reuse what it derived from them. The write is not timed; it
 * leaves the weights in the caches, as a layer's update would.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import type { Cell } from "../contender.ts";
import type { WorkloadData } from "../data.ts";
import { passOf, type Workload } from "../workload.ts";

/** A layer's forward pass, ready to be timed. */
export function prepareForward(kernel: Kernel, workload: Workload, data: WorkloadData): Cell {
  const { m, n, k, activation } = workload;
  using made = new DisposableStack();
  const tensor = (shape: number[], values?: Float32Array) => made.use(kernel.tensor(shape, values));
  const x = tensor([m, k], data.x);
  const weight = tensor([k, n], data.weight);
  const bias = data.bias && tensor([n], data.bias);
  // An output that no kernel writes to must not look right.
  const y = tensor([m, n], new Float32Array(m * n).fill(NaN));
  const tensors = made.move();
  return {
    ...(passOf(workload) === "forward-unpacked" && { before: () => weight.write(data.weight) }),
    run: () => kernel.dense(x, weight, bias, activation, y),
    finished: () => kernel.finished(),
    output: () => y.read(),
    outputs: async () => {
      using z = kernel.tensor([m, n], new Float32Array(m * n).fill(NaN));
      kernel.dense(x, weight, bias, activation, y, z);
      return { y: await y.read(), z: await z.read() };
    },
    [Symbol.dispose]: () => tensors.dispose(),
  };
}

/**
 * Who takes part in a bench: our kernels and other people's libraries, behind
 * one small interface, so that both are prepared, checked and timed alike.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import type { Kernel, KernelTraits } from "../kernels/kernel.ts";
import type { WorkloadData } from "./data.ts";
import type { Workload } from "./workloads.ts";

/** A workload made ready in a contestant's own memory. */
export interface Cell extends Disposable {
  /** One forward call; it may only queue the work. A promise is awaited before the next call. */
  run(): void | Promise<void>;
  /** Waits until all queued work is done. */
  finished(): Promise<void>;
  /** The output y [m, n] of the last call. */
  output(): Promise<Float32Array>;
  /** y and z [m, n], the values before the activation, from a call of its own. */
  outputs(): Promise<{ y: Float32Array; z: Float32Array }>;
}

/** A kernel or peer in a bench. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  readonly peer: boolean;
  readonly device: string;
  readonly threads: number;
  /** One line on how it computes. */
  readonly method: string;
  /** Its declared error in ULP. */
  ulp(activation: Activation): number;
  /** Its declared absolute error on top, for formulas that cancel, such as 1 + erf(z); else none. */
  absolute?(activation: Activation): number;
  /** Whether it can do this workload at all. */
  supports(workload: Workload): boolean;
  prepare(workload: Workload, data: WorkloadData): Cell | Promise<Cell>;
}

function methodOf({ tile, accumulator, fused, summation }: KernelTraits): string {
  const { mr, nr, mc, nc, kc } = tile;
  const order = summation.order === "blocked"
    ? `blocks of ${summation.block(1024)}`
    : summation.order === "sequential"
    ? "one after the other"
    : "any order";
  return [
    mr * nr === 1 ? "no tile" : `tile ${mr} x ${nr}, blocks ${mc} x ${nc} x ${kc}`,
    `${accumulator} sums, ${order}`,
    fused ? "fused multiply-add" : "multiply, then add",
  ].join("; ");
}

/** One of our kernels, which the contestant then owns. */
export function contestantOf(kernel: Kernel): Contestant {
  return {
    name: kernel.name,
    peer: false,
    device: kernel.traits.device,
    threads: kernel.traits.threads,
    method: methodOf(kernel.traits),
    ulp: (activation) => kernel.traits.activationUlp[activation],
    supports: () => true,
    prepare: ({ m, n, k, activation }, data): Cell => {
      using made = new DisposableStack();
      const tensor = (shape: number[], values?: Float32Array) =>
        made.use(kernel.tensor(shape, values));
      const x = tensor([m, k], data.x);
      const weight = tensor([k, n], data.weight);
      const bias = data.bias && tensor([n], data.bias);
      // An output that is not written to must not look right.
      const y = tensor([m, n], new Float32Array(m * n).fill(NaN));
      const tensors = made.move();
      return {
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
    },
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

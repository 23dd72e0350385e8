/**
 * For tests: what broken kernels are made of.
 *
 * @module
 */
import type { TensorData } from "../../kernels/data.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { alter } from "../mutants/mutant.ts";

/** A broken kernel; `create` makes another one of its kind. */
export interface Broken {
  /** What is wrong, as the end of a sentence: a kernel in which … */
  readonly name: string;
  readonly create: () => Promise<Kernel>;
}

/** What is replaced of a kernel. */
export type Change = (original: Kernel) => Partial<Kernel>;

/** A broken kernel made of naive. */
export function broken(name: string, change: Change): Broken {
  return { name, create: async () => alter(await createKernel("naive"), change) };
}

/** A tensor whose version can be set, as a broken kernel does. */
export function versioned(tensor: Tensor): { version: number } {
  return tensor as { version: number };
}

/** `run`, after which these tensors have the versions from before. */
export function withoutVersions(
  run: () => void,
  ...tensors: readonly (Tensor | undefined)[]
): void {
  const before = tensors.map((tensor) => tensor?.version ?? 0);
  run();
  for (const [i, tensor] of tensors.entries()) {
    if (tensor) versioned(tensor).version = before[i]!;
  }
}

/** `change` for every tensor that the kernel makes. */
export function withTensors(
  change: (tensor: Tensor, data: TensorData | undefined, original: Kernel) => void,
): Change {
  return (original) => ({
    tensor: (shape, data) => {
      const tensor = original.tensor(shape, data);
      change(tensor, data, original);
      return tensor;
    },
  });
}

/** A kernel's own memory(). */
export function memoryOf(kernel: Kernel): number {
  const own = Object.getPrototypeOf(kernel) as { bytesInUse?: () => number };
  return own.bytesInUse?.call(kernel) ?? 0;
}

/**
 * The kernels there are. A new one is its own file or folder beside this one
 * and one line in `registry`; verifier, bench, tests and reports find it here.
 *
 * @module
 */
import { ArgumentError, KernelUnavailableError } from "../common/errors.ts";
import type { Kernel, KernelFactory, KernelOptions, KernelTraits } from "./kernel.ts";

// In the order of the ladder, each improving on those before. Loaded when asked for.
const registry = {
  naive: (): Promise<{ factory: KernelFactory }> => import("./naive.ts"),
  blocked: (): Promise<{ factory: KernelFactory }> => import("./blocked.ts"),
  "wasm-simd": (): Promise<{ factory: KernelFactory }> => import("./wasm/simd.ts"),
  "wasm-threads": (): Promise<{ factory: KernelFactory }> => import("./wasm/threads.ts"),
  webgpu: (): Promise<{ factory: KernelFactory }> => import("./webgpu/webgpu.ts"),
} as const;

/** The name of a kernel. */
export type KernelName = keyof typeof registry;

/** The names of all kernels, from the simplest to the fastest. */
export const kernelNames: readonly KernelName[] = Object.keys(registry) as KernelName[];

/** Whether `name` is the name of a kernel. */
export function isKernelName(name: unknown): name is KernelName {
  return typeof name === "string" && Object.hasOwn(registry, name);
}

/**
 * Makes a kernel. Dispose it when done: `await using`.
 *
 * @throws {ArgumentError} where there is no kernel of that name.
 * @throws {KernelUnavailableError} where this machine cannot run it, with the reason.
 *
 * @example A product of two matrices
 * ```ts
 * import { createKernel, matmul } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using a = kernel.tensor([1, 2], new Float32Array([1, 2]));
 * using b = kernel.tensor([2, 1], new Float32Array([3, 4]));
 * using c = matmul(kernel, a, b);
 * const [product] = await c.read();
 * if (product !== 11) throw new Error(`1·3 + 2·4 is 11, not ${product}`);
 * ```
 */
export async function createKernel(
  name: KernelName,
  options: KernelOptions = {},
): Promise<Kernel> {
  if (!isKernelName(name)) {
    throw new ArgumentError(
      `unknown kernel ${JSON.stringify(name)}; there are ${kernelNames.join(", ")}`,
    );
  }
  const { factory } = await registry[name]();
  return await factory.create(options);
}

/** A kernel as this machine has it: its traits, or the reason why it cannot run. */
export type KernelListing =
  | { readonly name: KernelName; readonly available: true; readonly traits: KernelTraits }
  | { readonly name: KernelName; readonly available: false; readonly reason: string };

/**
 * All kernels, with what each claims of itself or why this machine cannot run it.
 *
 * @example
 * ```ts
 * import { listKernels } from "@densemark/densemark";
 *
 * const [first] = await listKernels();
 * if (first?.name !== "naive") throw new Error("the simplest comes first");
 * ```
 */
export async function listKernels(): Promise<KernelListing[]> {
  return await Promise.all(kernelNames.map(async (name): Promise<KernelListing> => {
    try {
      await using kernel = await createKernel(name);
      return { name, available: true, traits: kernel.traits };
    } catch (error) {
      if (!(error instanceof KernelUnavailableError)) throw error;
      return { name, available: false, reason: error.message };
    }
  }));
}

/**
 * The kernels there are. A new one is its own file or folder beside this one
 * and one line in `kernelRegistry`; verifier, bench, tests and reports find it
 * here.
 *
 * @module
 */
import { ArgumentError, KernelUnavailableError } from "../common/errors.ts";
import type { Kernel, KernelFactory, KernelOptions, KernelTraits } from "./kernel.ts";

/**
 * How each kernel is loaded, by its name, in the order of the ladder: each
 * improves on those before. The factory that a module exports makes the kernel;
 * {@linkcode createKernel} is the usual way.
 */
export const kernelRegistry = {
  naive: (): Promise<{ factory: KernelFactory }> => import("./naive.ts"),
  blocked: (): Promise<{ factory: KernelFactory }> => import("./blocked.ts"),
  "wasm-simd": (): Promise<{ factory: KernelFactory }> => import("./wasm/simd.ts"),
  "wasm-threads": (): Promise<{ factory: KernelFactory }> => import("./wasm/threads.ts"),
  webgpu: (): Promise<{ factory: KernelFactory }> => import("./webgpu/webgpu.ts"),
} as const;

/** The name of a kernel: a key of {@linkcode kernelRegistry}. */
export type KernelName = keyof typeof kernelRegistry;

/** The names of all kernels, from the simplest to the fastest. */
export const kernelNames: readonly KernelName[] = Object.keys(kernelRegistry) as KernelName[];

/** Whether `name` is the name of a kernel. */
export function isKernelName(name: unknown): name is KernelName {
  return typeof name === "string" && Object.hasOwn(kernelRegistry, name);
}

/**
 * Makes a kernel. Dispose it when done: `await using`.
 *
 * @param name One of {@linkcode kernelNames}.
 * @param options What kernels with threads are asked for; the others ignore it.
 * @throws {ArgumentError} where there is no kernel of that name, or an option is out of range.
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
  const { factory } = await kernelRegistry[name]();
  return await factory.create(options);
}

/** A kernel on this machine: its traits where it is available, else one line on why it is not. */
export type KernelListing =
  | { readonly name: KernelName; readonly available: true; readonly traits: KernelTraits }
  | { readonly name: KernelName; readonly available: false; readonly reason: string };

/**
 * All kernels, in the order of {@linkcode kernelNames}. Each is made for a
 * moment to see whether it can run.
 *
 * @example What this machine can run
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

/**
 * The kernels there are. A new one is its own file or folder beside this one
 * and one line in `kernelRegistry`; verifier, bench, tests and reports find it
 * here.
 *
 * @module
 */
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";
import { checkOptions, type OptionChecks } from "../common/options.ts";
import { chooseKernel, type ChosenKernel } from "./choice.ts";
import type { Kernel, KernelFactory, KernelOptions, KernelTraits } from "./kernel.ts";
import { tryKernel } from "./trial.ts";
import { threadCount } from "./wasm/thread_count.ts";

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
  native: (): Promise<{ factory: KernelFactory }> => import("./native/native.ts"),
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

/** Those that compute with as many threads as they are asked for. */
export const threadedKernels: readonly KernelName[] = ["wasm-threads", "native"];

/** Whether the kernel of this name does. */
export function takesThreads(name: string): boolean {
  return (threadedKernels as readonly string[]).includes(name);
}

const notBelow0 = (value: unknown): string | null =>
  typeof value === "number" && value >= 0 ? null : "a number >= 0";

const optionChecks: OptionChecks<KernelOptions> = {
  blas: (value) => typeof value === "string" && value !== "" ? null : "a library's name or path",
  threads: threadCount,
  serialBelow: notBelow0,
  createWorker: (value) => typeof value === "function" ? null : "a function that makes a worker",
};

/** From the fastest to the simplest: the ladder from its top. */
const byDefault: readonly KernelName[] = [...kernelNames].reverse();

/**
 * The fastest kernel that computes in the memory of the processor, as
 * `createKernel()` would take it if there were no GPU.
 */
export function createProcessorKernel(): Promise<ChosenKernel> {
  return chooseKernel(byDefault.filter((name) => name !== "webgpu"), kernelRegistry, {});
}

/**
 * Makes the fastest kernel that this machine and the permissions that the program
 * has allow. Its `choice` says which one that is, why, and why not a faster one.
 * It never asks for a permission, and nothing is timed: a kernel is taken
 * where it can be made, `webgpu` on hardware only, `native` where the program may
 * call native libraries and there is one, `wasm-threads` where there is more than
 * one processor, in the order `webgpu`, `native`, `wasm-threads`, `wasm-simd`,
 * `blocked`, `naive`.
 *
 * That is their order on large products. Where only small ones are computed, or
 * results are read after each of them, `wasm-simd` by its name is the faster
 * choice; and `webgpu` alone may take subnormal numbers for 0 and NaN for any
 * number, as its traits say.
 *
 * @throws {ArgumentError} where an option is unknown or out of range.
 *
 * @example Which kernel it is, and why
 * ```ts
 * import { createKernel } from "@densemark/densemark";
 *
 * await using kernel = await createKernel();
 * const { name, reason, passedOver } = kernel.choice;
 * if (name !== kernel.name || reason === "") throw new Error(reason);
 * for (const { name, reason } of passedOver) if (reason === "") throw new Error(name);
 * ```
 */
export function createKernel(name?: "auto", options?: KernelOptions): Promise<ChosenKernel>;
/**
 * Makes the kernel of this name. Dispose it when done: `await using`.
 *
 * The threads of `wasm-threads` hold no process. On a page's main thread, which
 * must not wait for others, it takes one thread only.
 *
 * On Linux, where the environment variable XDG_RUNTIME_DIR is not set or empty
 * and Deno may change it without a prompt, it is `/dev/null` while `webgpu` looks
 * for a GPU, so that a driver does not complain on standard error, and then again
 * what it was.
 *
 * @param name One of {@linkcode kernelNames}, or `auto` for the fastest that is available.
 * @param options What kernels with threads are asked for; the others ignore it.
 * @throws {ArgumentError} where there is no kernel of that name, or an option is unknown or out of range.
 * @throws {KernelUnavailableError} where this machine cannot run it, with the reason.
 * @throws {MemoryError} where there is no room for another kernel's memory.
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
export function createKernel(name: KernelName | "auto", options?: KernelOptions): Promise<Kernel>;
export async function createKernel(
  name: KernelName | "auto" = "auto",
  options: KernelOptions = {},
): Promise<Kernel> {
  if (name !== "auto" && !isKernelName(name)) {
    throw new ArgumentError(
      `unknown kernel ${describe(name)}; there are ${kernelNames.join(", ")}, and auto`,
    );
  }
  const checked = checkOptions<KernelOptions>("createKernel()", options, optionChecks);
  if (name === "auto") return await chooseKernel(byDefault, kernelRegistry, checked);
  const { factory } = await kernelRegistry[name]();
  return await factory.create(checked);
}

/** A kernel on this machine: its traits where it is available, else one line on why it is not. */
export type KernelListing =
  | { readonly name: KernelName; readonly available: true; readonly traits: KernelTraits }
  | { readonly name: KernelName; readonly available: false; readonly reason: string };

/**
 * All kernels, in the order of {@linkcode kernelNames}. Each is made for a
 * moment to see whether it can run; one that fails, or is not ready within
 * `timeout` milliseconds (default 30000), is listed with the reason. Above
 * 2^31 - 1, as with Infinity, there is no limit.
 *
 * @throws {ArgumentError} where an option is unknown or out of range.
 *
 * @example What this machine can run
 * ```ts
 * import { listKernels } from "@densemark/densemark";
 *
 * const [first] = await listKernels();
 * if (first?.name !== "naive") throw new Error("the simplest comes first");
 * ```
 */
export async function listKernels(
  options: { readonly timeout?: number } = {},
): Promise<KernelListing[]> {
  const { timeout = 30_000 } = checkOptions<typeof options>("listKernels()", options, {
    timeout: notBelow0,
  });
  return await Promise.all(
    kernelNames.map(async (name) => ({
      name,
      ...await tryKernel(() => createKernel(name), timeout),
    })),
  );
}

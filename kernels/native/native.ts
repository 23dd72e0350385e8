/**
 * native: it improves on the Wasm kernels by the product of the system's BLAS,
 * which may use all that the processor has, on addresses within the Wasm memory.
 * Only where the program may call native libraries (`--allow-ffi` of Deno); it
 * never asks for that.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";
import type { KernelFactory } from "../kernel.ts";
import { Core, createMemory, startOfHeap } from "../wasm/core.ts";
import { coreOptions } from "../wasm/features.ts";
import { Heap } from "../wasm/memory.ts";
import { Performer } from "../wasm/performer.ts";
import { checkThreads, defaultThreads } from "../wasm/thread_count.ts";
import { nativeRuntime } from "./blas.ts";
import { NativeKernel } from "./native_kernel.ts";
import { SharedBlas } from "./shared_blas.ts";

/** Makes the kernel `native`. */
export const factory: KernelFactory = {
  createByDefault: async (options = {}) => {
    const kernel = await factory.create(options) as NativeKernel;
    if (!kernel.shared.blas.isNarrow) return kernel;
    await kernel[Symbol.asyncDispose]();
    throw new KernelUnavailableError(
      "its OpenBLAS does not know this processor and uses vectors of 128 bits, as wasm-simd does; with the permissions --allow-env=OPENBLAS_CORETYPE and --allow-read=/proc/cpuinfo it is told",
    );
  },
  // deno-lint-ignore require-await -- async, so that a machine without a BLAS rejects
  create: async ({ threads = defaultThreads(), blas } = {}) => {
    checkThreads(threads);
    const runtime = nativeRuntime();
    if (!runtime) {
      throw new KernelUnavailableError("only Deno can call native libraries; run it with Deno");
    }
    const options = coreOptions({ shared: false, threads: 1 });
    const library = SharedBlas.for(runtime, blas);
    try {
      const memory = createMemory(options);
      const performer = new Performer(new Core(memory, options, 0));
      const heap = new Heap(memory, startOfHeap(1));
      const own = library.blas.setThreads ? threads : 1;
      return new NativeKernel(heap, performer, options, runtime, library, own);
    } catch (error) {
      library.release();
      throw error;
    }
  },
};

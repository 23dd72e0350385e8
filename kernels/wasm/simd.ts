/**
 * wasm-simd: it improves on blocked by WebAssembly that is generated for each
 * shape: a register tile of 128-bit vectors, which V8 fuses into 256-bit ones
 * where its flags allow it, sums that stay in the cache until bias and
 * activation are applied, and methods of their own for few rows and one column.
 *
 * @module
 */
import type { KernelFactory } from "../kernel.ts";
import { Core, createMemory, startOfHeap } from "./core.ts";
import { SingleThread } from "./executor.ts";
import { coreOptions } from "./features.ts";
import { Heap } from "./memory.ts";
import { Performer } from "./performer.ts";
import { WasmKernel } from "./wasm_kernel.ts";

/** Makes the kernel `wasm-simd`. */
export const factory: KernelFactory = {
  // deno-lint-ignore require-await -- async, so that a machine without SIMD rejects
  create: async () => {
    const options = coreOptions({ shared: false, threads: 1 });
    const memory = createMemory(options);
    const executor = new SingleThread(new Performer(new Core(memory, options, 0)));
    return new WasmKernel("wasm-simd", new Heap(memory, startOfHeap(1)), executor, options);
  },
};

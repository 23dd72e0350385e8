/**
 * wasm-threads: wasm-simd's product shared between threads on one memory, by
 * rows or columns but never along k, so that every number of threads gives the
 * same bits. Small work stays on the caller's thread.
 *
 * @module
 */
import { ArgumentError, KernelUnavailableError } from "../../common/errors.ts";
import type { KernelFactory } from "../kernel.ts";
import { Core, memoryOf, startOfHeap } from "./core.ts";
import { chooseEngine } from "./engine.ts";
import { Heap } from "./memory.ts";
import { Pool } from "./pool.ts";
import { Performer } from "./tasks.ts";
import { WasmKernel } from "./wasm_kernel.ts";

/** Beyond that, waking them would take longer than most products. */
const mostThreads = 64;

/** Makes the kernel `wasm-threads`. */
export const factory: KernelFactory = {
  create: async ({ threads = navigator.hardwareConcurrency, serialBelow } = {}) => {
    if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
      throw new ArgumentError(
        `threads must be a whole number from 1 to ${mostThreads}; got ${threads}`,
      );
    }
    if (typeof SharedArrayBuffer === "undefined" || typeof Worker === "undefined") {
      throw new KernelUnavailableError(
        "this engine has no shared memory or no workers (a page must be cross-origin isolated)",
      );
    }
    const options = { ...chooseEngine(), shared: true, threads };
    const { minimum, maximum } = memoryOf(options);
    const memory = new WebAssembly.Memory({ initial: minimum, maximum, shared: true });
    const performer = new Performer(new Core(memory, options, 0));
    const pool = await Pool.start(performer, memory, options, { serialBelow });
    return new WasmKernel("wasm-threads", new Heap(memory, startOfHeap(threads)), pool, options);
  },
};

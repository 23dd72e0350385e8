/**
 * wasm-threads: it improves on wasm-simd by sharing the work between threads on
 * one memory, by rows or columns but never along k, so that every number of
 * threads gives the same bits. Small tasks stay on the caller's thread.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";
import type { KernelFactory } from "../kernel.ts";
import { Core, createMemory, startOfHeap } from "./core.ts";
import { beginWorkers } from "./create_worker.ts";
import { coreOptions } from "./features.ts";
import { Heap } from "./memory.ts";
import { Performer } from "./performer.ts";
import { checkThreads, defaultThreads } from "./thread_count.ts";
import { ThreadPool } from "./thread_pool.ts";
import { expectThreadsByDefault } from "./threads_by_default.ts";
import { WasmKernel } from "./wasm_kernel.ts";

/** @throws {KernelUnavailableError} where this thread must not wait for others: a page's main thread. */
function expectWaiting(): void {
  try {
    // Returns at once, since the word is not 1.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
  } catch {
    throw new KernelUnavailableError(
      "a page's main thread must not wait for other threads; make it inside a worker, or with one thread",
    );
  }
}

/** Makes the kernel `wasm-threads`. */
export const factory: KernelFactory = {
  create: async ({ threads: asked, serialBelow, createWorker } = {}) => {
    const threads = asked ?? defaultThreads();
    checkThreads(threads);
    if (typeof SharedArrayBuffer === "undefined") {
      throw new KernelUnavailableError(
        "this browser or runtime has no shared memory; a page has it where it is cross-origin " +
          "isolated, by the headers Cross-Origin-Opener-Policy: same-origin and " +
          "Cross-Origin-Embedder-Policy: require-corp",
      );
    }
    // With one thread nothing ever waits.
    if (threads > 1) expectWaiting();
    // Who asks for them is to have them from the first call on.
    const late = asked === undefined && serialBelow !== 0;
    const begun = threads > 1 ? await beginWorkers(createWorker, threads - 1, late) : null;
    try {
      const options = coreOptions({ shared: true, threads });
      const memory = createMemory(options);
      const performer = new Performer(new Core(memory, options, 0));
      const how = { serialBelow, createWorker, begun, late };
      const pool = await ThreadPool.start(performer, memory, options, how);
      return new WasmKernel("wasm-threads", new Heap(memory, startOfHeap(threads)), pool, options);
    } catch (error) {
      begun?.end();
      throw error;
    }
  },
  createByDefault: async (options = {}) => {
    expectThreadsByDefault(options.threads ?? defaultThreads());
    return await factory.create(options);
  },
};

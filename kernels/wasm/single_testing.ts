/**
 * Kernels of one thread for tests that choose the code: another width of the register tile, or
 * that for engines that check no bounds, than is chosen where they run.
 *
 * @module
 */
import { Core, type CoreOptions, createMemory, startOfHeap } from "./core.ts";
import { SingleThread } from "./executor.ts";
import { detectSimdFeatures } from "./features.ts";
import { Heap } from "./memory.ts";
import { Performer } from "./performer.ts";
import { WasmKernel } from "./wasm_kernel.ts";

/** A kernel of one thread with this code; what is left open is as it is chosen here. */
export function createSingle(
  name: string,
  code: Partial<Pick<CoreOptions, "lanes" | "fused" | "unchecked">>,
): WasmKernel {
  const options = { ...detectSimdFeatures(), ...code, shared: false, threads: 1 };
  const memory = createMemory(options);
  const executor = new SingleThread(new Performer(new Core(memory, options, 0)));
  return new WasmKernel(name, new Heap(memory, startOfHeap(1)), executor, options);
}

/**
 * The packed forms of weights, which are made when a weight is used for the second
 * time, and kept until its version changes.
 *
 * @module
 */
import { MemoryError } from "../../common/errors.ts";
import type { CoreOptions } from "./core.ts";
import type { Executor } from "./executor.ts";
import type { Heap } from "./memory.ts";
import { panelThreads } from "./network_record.ts";
import { packedBytes } from "./packing.ts";
import { layoutOfB } from "./tasks.ts";
import { type PackedForm, packedForms, type WasmTensor } from "./wasm_tensor.ts";

/** The packed weights of a kernel. */
export class PackedWeights {
  constructor(
    readonly heap: Heap,
    readonly executor: Executor,
    readonly options: CoreOptions,
  ) {}

  /** The address of a packed form of a weight, which is made at its second use; 0 for none. */
  addressOf(b: WasmTensor, form: PackedForm, n: number, k: number): number {
    const slot = packedForms[form];
    const old = b.packed[slot];
    const { version, held } = b;
    if (old?.version === version && old.address) return old.address;
    let address = 0;
    if (old?.version === version) {
      const threads = form === "network" ? panelThreads : this.options.threads;
      address = this.#tryAllocate(packedBytes({ n, k }, { lanes: this.options.lanes, threads }));
      if (address) {
        held.add(address);
        this.executor.perform({
          kind: "pack",
          n,
          k,
          b: b.address,
          layoutB: form === "transposed" ? layoutOfB.transposed : layoutOfB.rows,
          threads,
          to: address,
        });
      }
    } else {
      this.#freeOutdated(b);
    }
    b.packed[slot] = { version, address };
    return address;
  }

  /** Frees all forms of the weight as it was before: another use of it need not come. */
  #freeOutdated({ packed, version, held }: WasmTensor): void {
    for (const [slot, old] of packed.entries()) {
      if (!old || old.version === version) continue;
      if (old.address) held.free(old.address);
      packed[slot] = null;
    }
  }

  /** The form by which networks read a weight. */
  get ofNetworks(): PackedForm {
    // With one thread the panels are the same.
    return this.options.threads === panelThreads ? "stored" : "network";
  }

  /** The address of a packed form where there is one by now; else 0. */
  found(b: WasmTensor, form: PackedForm): number {
    const old = b.packed[packedForms[form]];
    return old?.version === b.version ? old.address : 0;
  }

  /** The address of a block, or 0 where there is no room: the weight is then read as it is stored. */
  #tryAllocate(bytes: number): number {
    try {
      return this.heap.allocate(bytes);
    } catch (error) {
      if (error instanceof MemoryError) return 0;
      throw error;
    }
  }
}

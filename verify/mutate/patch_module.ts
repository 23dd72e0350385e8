/**
 * In a copy of the code: what kernels/wasm/core.ts is made to call for every
 * module that it compiles. Changes the one that `change.json` names, or keeps
 * all for a list of what there is to change.
 *
 * @module
 */
import type { ModuleChange } from "./mutation.ts";
import { applyWasmEdit } from "./wasm_operators.ts";

/** What `change.json` says: a change, or null to keep the modules. */
export type ChangeFile = ModuleChange | null;

/** The modules that were compiled on this thread, by their names. */
export const compiled = new Map<string, Uint8Array>();

const seen = { changed: 0, invalid: 0 };

/** How many modules were changed on this thread, and how many could not be, since the changed one is none. */
export function changedModules(): { readonly changed: number; readonly invalid: number } {
  return seen;
}

/** The name of a module without what differs between threads and machines: the slots' address, the kind of memory. */
export function moduleName(key: string): string {
  const words = key.split(" ");
  return words.slice(0, words[0] === "tile" ? 5 : -3).join(" ");
}

/** The bytes to compile. */
export function patchModule(
  change: ChangeFile,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const name = moduleName(key);
  if (change === null) {
    compiled.set(name, bytes);
    return bytes;
  }
  if (change.module !== name) return bytes;
  try {
    const changed = applyWasmEdit(bytes, change);
    const valid = WebAssembly.validate(changed);
    seen[valid ? "changed" : "invalid"]++;
    return valid ? changed : bytes;
  } catch {
    // Another thread's code has other addresses.
    return bytes;
  }
}

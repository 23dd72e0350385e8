/**
 * In a copy of the code: what kernels/wasm/core.ts and kernels/webgpu/pipelines.ts
 * are made to call for everything that they compile. Changes what `change.json`
 * names, or keeps all for a list of what there is to change.
 *
 * @module
 */
import type { ModuleChange, ShaderChange } from "./mutation.ts";
import { applyWasmEdit } from "./wasm_operators.ts";
import { applyWgslEdit } from "./wgsl_operators.ts";

/** What `change.json` says: a change, or null to keep the modules. */
export type ChangeFile = ModuleChange | ShaderChange | null;

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

/** The lanes of the register tile that is changed; null where the change is of something else. */
export function lanesOf(change: ChangeFile): 4 | 8 | null {
  if (change === null || !("module" in change)) return null;
  const [kind, , , , lanes] = change.module.split(" ");
  return kind !== "tile" ? null : lanes === "8" ? 8 : 4;
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
  if ("shader" in change || change.module !== name) return bytes;
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

/** The program to compile. */
export function patchShader(change: ChangeFile, key: string, text: string): string {
  if (change === null) compiled.set(key, new TextEncoder().encode(text));
  if (change === null || !("shader" in change)) return text;
  const changed = applyWgslEdit(text, change.shader);
  if (changed !== null) seen.changed++;
  return changed ?? text;
}

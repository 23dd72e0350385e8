/**
 * Whether threads are what a program should get that asked for no kernel by name:
 * where one thread would compute alone it is slower by what threads cost, and
 * the user must not be asked for a permission that is needed for nothing else.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";
import { moduleOfWorker } from "./worker_module.ts";

/** The part of Deno that is needed. */
interface DenoLike {
  readonly permissions: {
    querySync(what: { name: "import"; host: string }): { readonly state: string };
  };
}

/** The permission that Deno would ask for to load a worker of this module; null where it has it, or needs none. */
export function missingPermission(
  module: URL,
  deno = (globalThis as { readonly Deno?: DenoLike }).Deno,
): string | null {
  if (deno === undefined) return null;
  const { protocol, hostname, port } = module;
  // One of a file is loaded as a module only where it may be read.
  if (!/^https?:$/.test(protocol)) return null;
  const host = `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
  const { state } = deno.permissions.querySync({ name: "import", host });
  return state === "granted" ? null : `--allow-import=${host}`;
}

/** @throws {KernelUnavailableError} where so many threads should not be taken without having been asked for. */
export function expectThreadsByDefault(threads: number): void {
  if (threads === 1) {
    throw new KernelUnavailableError("it has one thread only, for which wasm-simd is faster");
  }
  // Without one the workers are made of a text.
  const module = moduleOfWorker();
  const option = module && missingPermission(module);
  if (option !== null) {
    throw new KernelUnavailableError(`to start its workers takes the permission ${option}`);
  }
}

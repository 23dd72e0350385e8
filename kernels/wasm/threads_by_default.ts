/**
 * Whether threads are what a program should get that asked for no kernel by name:
 * where one thread would compute alone it is slower by what threads cost, and
 * nobody is to be asked for a permission that was not wanted for anything else.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";
import { moduleOfWorker } from "./create_worker.ts";

/** The part of Deno that is needed. */
interface DenoLike {
  readonly permissions: {
    querySync(what: { name: string; path?: URL; host?: string }): { readonly state: string };
  };
}

/** The permission that Deno would ask for to load a worker of this module; null where it has it, or needs none. */
export function missingPermission(
  module: URL,
  deno = (globalThis as { readonly Deno?: DenoLike }).Deno,
): string | null {
  if (deno === undefined) return null;
  const { protocol, hostname, port } = module;
  const host = `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
  const needed = protocol === "file:"
    ? { what: { name: "read", path: module }, option: "--allow-read" }
    : /^https?:$/.test(protocol)
    ? { what: { name: "import", host }, option: `--allow-import=${host}` }
    : null;
  if (needed === null) return null;
  return deno.permissions.querySync(needed.what).state === "granted" ? null : needed.option;
}

/** @throws {KernelUnavailableError} where so many threads should not be taken without having been asked for. */
export function expectThreadsByDefault(threads: number): void {
  if (threads === 1) {
    throw new KernelUnavailableError("it has one thread only, for which wasm-simd is faster");
  }
  const option = missingPermission(moduleOfWorker());
  if (option !== null) {
    throw new KernelUnavailableError(`to start its workers takes the permission ${option}`);
  }
}

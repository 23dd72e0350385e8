/**
 * Whether threads are what a program should get that asked for no kernel by name:
 * where one thread would compute alone it is slower by what threads cost.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";

/** @throws {KernelUnavailableError} where so many threads should not be taken without having been asked for. */
export function expectThreadsByDefault(threads: number): void {
  if (threads === 1) {
    throw new KernelUnavailableError("it has one thread only, for which wasm-simd is faster");
  }
}

/**
 * OpenBLAS once more, on all cores.
 *
 * @module
 */
import type { Contestant } from "../contender.ts";
import { createOpenBlas } from "./openblas.ts";

/** OpenBLAS on as many threads as there are cores. */
export function createPeer(): Promise<Contestant> {
  return Promise.try(() => createOpenBlas("openblas-mt", navigator.hardwareConcurrency));
}

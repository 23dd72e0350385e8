/**
 * OpenBLAS once more, on all cores.
 *
 * @module
 */
import type { Contestant } from "../contestant.ts";
import { createOpenBlas } from "./openblas.ts";

/** OpenBLAS on as many threads as there are cores. */
export function createPeer(): Promise<Contestant> {
  return Promise.try(() => createOpenBlas("openblas-mt", navigator.hardwareConcurrency));
}

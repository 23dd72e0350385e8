/**
 * OpenBLAS once more, on all cores.
 *
 * @module
 */
import { processors } from "../../common/processors.ts";
import type { Contender } from "../contender.ts";
import { createOpenBlas } from "./openblas.ts";

/** OpenBLAS on as many threads as there are cores. */
export function createPeer(): Promise<Contender> {
  return Promise.try(() => createOpenBlas("openblas-mt", processors()));
}

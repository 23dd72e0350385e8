/**
 * All operations whose features are combined.
 *
 * @module
 */
import { dense, matmul } from "./products.ts";
import type { Subject } from "./subject.ts";

/** In the order in which they run. */
export const subjects: readonly Subject[] = [dense, matmul];

/**
 * All operations whose features are combined.
 *
 * @module
 */
import { activate, gradient } from "./elementwise.ts";
import { denseInt8, network } from "./layers.ts";
import { dense, matmul } from "./products.ts";
import { copy, gather, map, reduce, sumRows } from "./rows.ts";
import type { Subject } from "./subject.ts";

/** In the order in which they run. */
export const subjects: readonly Subject[] = [
  dense,
  matmul,
  gradient,
  activate,
  sumRows,
  gather,
  copy,
  map,
  reduce,
  denseInt8,
  network,
];

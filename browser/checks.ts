/**
 * The checks by which a page judges a kernel before it times it: all those on
 * operations that a page can time, which are dense layers and networks of them,
 * forward, backward and in training. A page holds no other, since each adds to the
 * weight of every page; `deno task verify` runs all.
 *
 * @module
 */
import type { Check } from "../verify/check.ts";
import { arraySizes } from "../verify/checks/array_sizes.ts";
import { contract } from "../verify/checks/contract.ts";
import { determinism } from "../verify/checks/determinism.ts";
import { exactBackward } from "../verify/checks/exact_backward.ts";
import { exactForward } from "../verify/checks/exact_forward.ts";
import { exceptional } from "../verify/checks/exceptional.ts";
import { freivalds } from "../verify/checks/freivalds.ts";
import { memory } from "../verify/checks/memory.ts";
import { metamorphic } from "../verify/checks/metamorphic.ts";
import { order } from "../verify/checks/order.ts";
import { productSizes } from "../verify/checks/product_sizes.ts";
import { rigorousBackward } from "../verify/checks/rigorous_backward.ts";
import { rigorousForward } from "../verify/checks/rigorous_forward.ts";
import { statistics } from "../verify/checks/statistics.ts";
import { sweep } from "../verify/checks/sweep.ts";

/** In the order of the verifier. */
export const checksHere: readonly Check[] = [
  contract,
  memory,
  exceptional,
  rigorousBackward,
  exactBackward,
  order,
  statistics,
  rigorousForward,
  exactForward,
  sweep,
  determinism,
  productSizes,
  arraySizes,
  metamorphic,
  freivalds,
];

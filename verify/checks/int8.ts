/**
 * Dense with int8 weights, as kernels that have `int8Weight` and `denseInt8`
 * compute it: to the bit, against an independent reference, of every size, at the
 * ends of all ranges, with what must be kept and refused. A kernel without them
 * has nothing to be judged.
 *
 * @module
 */
import { createRandom, seedOf } from "../../common/random.ts";
import { HeapKernel } from "../../kernels/heap.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { isKernelName } from "../../kernels/registry.ts";
import type { Case, Check } from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { refusalCases } from "../int8/refusal_cases.ts";
import { stateCases } from "../int8/state_cases.ts";
import { name } from "../int8/running.ts";
import { sizeCases, valueCases } from "../int8/value_cases.ts";
import { weightCases } from "../int8/weight_cases.ts";

const operations = ["int8Weight", "denseInt8"] as const;

const hasBoth = (kernel: Kernel) =>
  operations.every((operation) => typeof kernel[operation] === "function");

/** Whether a kernel has an operation that is not of a class of this project that it was made of. */
function hasOwnOperations(kernel: Kernel): boolean {
  return isKernelName(kernel.name) ||
    operations.some((operation) => kernel[operation] !== HeapKernel.prototype[operation]);
}

/** Whether a kernel has both operations, one at least of its own. */
export function hasInt8(kernel: Kernel): boolean {
  return hasBoth(kernel) && hasOwnOperations(kernel);
}

/** The one case of a kernel that has neither operation, or one alone. */
const claim: Case = {
  id: `${name}/claim`,
  run: (kernel) => {
    const missing = operations.filter((operation) => typeof kernel[operation] !== "function");
    return Promise.resolve(outcomeOf(
      missing.length === 1
        ? `the kernel has no ${missing[0]}(), which belongs to its other operation on int8 weights`
        : null,
    ));
  },
};

/** The check. */
export const int8: Check = {
  name,
  description: "Dense with int8 weights is exact: sums, roundings, every size, state and refusals",
  cases: (kernel, { effort, create, seed = 1 }) => {
    if (!hasBoth(kernel)) return [claim];
    // An operation that was inherited may compute by a product that was not.
    if (!hasOwnOperations(kernel)) return [claim, ...valueCases(kernel, effort)];
    return [
      claim,
      ...weightCases,
      ...valueCases(kernel, effort),
      ...stateCases({ create }),
      ...refusalCases({ create }),
      ...sizeCases(kernel, effort, createRandom(seedOf(name, seed))),
    ];
  },
};

/**
 * Formulas, as kernels with the claim `formulas` compute them: every function
 * and random trees of them within the bounds of a running error analysis from
 * the claimed errors, reductions, gathering, formulas as activations of a
 * product, and the promises of the contract. A kernel without a claim of its own
 * has nothing to be judged.
 *
 * @module
 */
import { CheckedKernel } from "../../kernels/checked_kernel.ts";
import { isOwnClaim } from "../../kernels/formula/own_claims.ts";
import { HeapKernel } from "../../kernels/heap.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { isKernelName } from "../../kernels/registry.ts";
import type { Case, Check, Context } from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { isGpu } from "../device.ts";
import { onEveryPath } from "../formulas/every_path.ts";
import { functionCases } from "../formulas/function_cases.ts";
import { namedCases } from "../formulas/named.ts";
import { namedFormulas } from "../formulas/named_formulas.ts";
import { productCases } from "../formulas/product_cases.ts";
import { reduceCases } from "../formulas/reduce_cases.ts";
import { repeatedCases } from "../formulas/repeated_cases.ts";
import { refusalCases } from "../formulas/refusal_cases.ts";
import { stateCases } from "../formulas/state_cases.ts";
import { findTree, treeCases } from "../formulas/tree_cases.ts";

const name = "formulas";

const operations = ["map", "denseMap", "reduce", "gather", "copy"] as const;

/** The one case of a kernel that claims no formulas, or lacks an operation that the claim is about. */
const claim: Case = {
  id: `${name}/claim`,
  run: (kernel) => Promise.resolve(outcomeOf(faultOfClaim(kernel))),
};

/** The operations, and what a family of kernels writes of them. */
const methods = [
  ...operations,
  "computeMap",
  "computeDenseMap",
  "computeReduction",
  "computeGather",
] as const;

/** Whether a kernel has methods for formulas that are none of this project's classes. */
function hasOwnMethods(kernel: Kernel): boolean {
  return methods.some((method) =>
    ![HeapKernel, CheckedKernel].some(({ prototype }) =>
      Reflect.get(prototype, method) === Reflect.get(kernel, method)
    )
  );
}

/**
 * Whether a kernel claims formulas itself. One that was made of a kernel of this
 * project, by its class or with its traits, and changed in what else it computes,
 * has that one's claim and operations without having said so.
 */
export function claims(kernel: Kernel): boolean {
  const { name, traits: { formulas } } = kernel;
  return formulas !== undefined &&
    (isKernelName(name) || !isOwnClaim(formulas) || hasOwnMethods(kernel));
}

function faultOfClaim(kernel: Kernel): string | null {
  if (!claims(kernel)) return null;
  const missing = operations.filter((operation) => typeof kernel[operation] !== "function");
  return missing.length === 0
    ? null
    : `the kernel claims formulas, but has no ${missing.join("(), no ")}()`;
}

/** The cases that are the same in every run. */
function casesOf(context: Pick<Context, "effort" | "create">, slow: boolean): Case[] {
  const { effort } = context;
  return [
    ...functionCases(effort, slow),
    ...namedCases(namedFormulas, effort),
    ...refusalCases(context),
    ...stateCases(context, slow),
    ...repeatedCases(slow),
    ...reduceCases(effort, slow),
    ...productCases(effort, slow),
  ].map(onEveryPath);
}

/** The check of formulas. */
export const formulas: Check = {
  name,
  description: "formulas: functions, random expressions, reductions, gathering and " +
    "activations of products within the bounds of the claimed errors",
  cases: (kernel, { effort, create, sweepSeed = 1 }) => {
    const { traits } = kernel;
    if (!claims(kernel) || faultOfClaim(kernel) !== null) return [claim];
    const slow = isGpu(traits);
    return [
      claim,
      ...casesOf({ effort, create }, slow),
      ...treeCases(effort, slow, sweepSeed),
    ];
  },
  // Those of smoke effort, and random ones of other runs.
  find: (id, { create }) =>
    findTree(id) ?? casesOf({ effort: "smoke", create }, false).find((one) => one.id === id) ??
      null,
};

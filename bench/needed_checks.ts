/**
 * Which of the verifier's checks a kernel must have passed before a pass of it
 * is timed: those of the operations that the pass is made of. What else the
 * verifier knows (the probed order of sums, statistics, the sweep of the
 * activations) says how exact a kernel is, not whether what is timed is right;
 * and of sizes, those that are timed matter, whose whole output is verified.
 *
 * @module
 */
import type { Pass } from "../results/schema.ts";
import { checks } from "../verify/verify.ts";
import { passOf, type Workload } from "./workload.ts";

/** Of dense(): that products, bias and activations are right, leave all else alone, and repeat. */
const forward = [
  "contract",
  "exact-forward",
  "freivalds",
  "memory",
  "determinism",
  "exceptional",
  "rigorous-forward",
];

/** Of the gradients too. An update adds products, which the exact checks of accumulation cover. */
const gradients = [...forward, "exact-backward", "rigorous-backward"];

/** The checks that each pass needs. */
export const checksOfPass: Readonly<Record<Pass, readonly string[]>> = {
  forward,
  "forward-unpacked": forward,
  backward: gradients,
  training: gradients,
};

/**
 * The checks that these workloads need, in the order in which they run.
 *
 * @example
 * ```ts
 * import { checksFor } from "./needed_checks.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(checksFor([]), []);
 * ```
 */
export function checksFor(
  workloads: readonly Pick<Workload, "pass" | "steps">[],
): readonly string[] {
  const needed = new Set(
    workloads.flatMap((workload) => [
      ...checksOfPass[passOf(workload)],
      // Activations with parameters are formulas.
      ...(workload.steps ? ["formulas"] : []),
    ]),
  );
  return checks.map(({ name }) => name).filter((name) => needed.has(name));
}

/**
 * Activations over the float32 numbers themselves, by their bits: every N-th of
 * the 2^32, or all of them. What a kernel declares as its largest error in ULP
 * is held to, everywhere: near 0, in the tails, where results end in
 * subnormals, in overflow. Ordinary tests draw inputs from a few binades. The
 * inner loops are in verify/sweep/, which also sweeps with several workers.
 * Method: exhaustive testing of one-argument functions, as in Zimmermann et
 * al., "Accuracy of Mathematical Functions", 2022.
 *
 * @module
 */
import type { Case, Check } from "../check.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Outcome } from "../compare.ts";
import { pointwise } from "../sweep/findings.ts";
import { problemsOf } from "../sweep/judge.ts";
import { type Part, partsOf, sweepPart } from "../sweep/part.ts";

const name = "sweep";

/** A prime, so that the mantissas that are met differ from binade to binade. */
const quickStride = 16_381;

/** Into so many cases, each with its progress, an activation's inputs are cut where all are taken. */
const partsOfAll = 64;

async function sweep(kernel: Kernel, part: Part): Promise<Outcome> {
  const { activation } = part;
  const findings = await sweepPart(kernel, part);
  const [problem = null] = problemsOf(activation, findings, kernel.traits);
  if (problem !== null) return { worst: Infinity, problem };
  const declared = kernel.traits.activationUlp[activation];
  return { worst: declared > 0 ? (findings.ulp?.error ?? 0) / declared : 0, problem: null };
}

/** The sweep over every `stride`-th float32 number, each activation's inputs in so many cases. */
export function createSweep(stride: number, parts: number): Check {
  return {
    name,
    description: stride === 1
      ? "activations keep to their declared error on all float32 numbers"
      : `activations keep to their declared error on every ${stride}th float32 number`,
    cases: () =>
      pointwise.flatMap((activation) =>
        partsOf(activation, stride, Math.ceil(Math.ceil(2 ** 32 / stride) / parts)).map((
          part,
          i,
          { length },
        ): Case => ({
          id: `${name}/${activation}/every-${stride}/${i + 1}-of-${length}`,
          run: (kernel) => sweep(kernel, part),
        }))
      ),
  };
}

/** The check on a sample, a second for a kernel. */
export const quickSweep: Check = createSweep(quickStride, 1);

/** The check on every `stride`-th number; on all of them it takes an hour for a kernel, see sweepAll. */
export function denseSweep(stride: number): Check {
  return createSweep(stride, Math.max(1, Math.floor(partsOfAll / stride)));
}

/**
 * Activations over the float32 numbers themselves, by their bits: every N-th of
 * the 2^32, or all of them. A kernel is held to the largest error in ULP that it
 * declares everywhere: near 0, in the tails, where results end in subnormals, in
 * overflow. Ordinary tests draw inputs from a few binades. The inner loops are in
 * verify/sweep/, which also sweeps with several workers.
 * Method: exhaustive testing of one-argument functions, as in Zimmermann et
 * al., "Accuracy of Mathematical Functions", 2022.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Outcome } from "../compare.ts";
import { pointwise } from "../sweep/findings.ts";
import { activationReport, problemsOf } from "../sweep/judge.ts";
import { type Part, sweepPart } from "../sweep/part.ts";

const name = "sweep";

/** A prime, so that the mantissas that are met differ from binade to binade. */
const quickStride = 16_381;

async function sweepOver(kernel: Kernel, part: Part): Promise<Outcome> {
  const { activation } = part;
  const findings = await sweepPart(kernel, part);
  const [problem = null] = problemsOf(activation, findings, kernel.traits);
  const report = activationReport(activation, findings, kernel.traits, part.stride === 1);
  const share = report.declared > 0 ? report.ulp / report.declared : 0;
  return {
    worst: problem === null ? share : Infinity,
    problem,
    measures: { activation: report },
  };
}

/** The sweep over every `stride`-th float32 number. */
export const sweep: Check = {
  name,
  description: `activations keep to their declared error on every ${quickStride}th float32 number`,
  cases: (_kernel, { effort }) => {
    const stride = effort === "smoke" ? 64 * quickStride : quickStride;
    return pointwise.map((activation) => ({
      id: `${name}/${activation}/every-${stride}`,
      run: (kernel) => sweepOver(kernel, { activation, first: 0, last: 2 ** 32, stride }),
    }));
  },
};

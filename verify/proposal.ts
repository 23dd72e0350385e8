/**
 * Claims that would hold for a kernel that fails with its own, or that makes none.
 * Looked for after all its checks, and shown in the message of the order of sums
 * and beside the claim in the report.
 *
 * @module
 */
import { formatNumber } from "../common/numbers.ts";
import type { Kernel } from "../kernels/kernel.ts";
import type { CheckReport, KernelVerification } from "../results/verification/schema.ts";
import { order } from "./checks/order.ts";
import { mostUlp } from "./claims.ts";
import { howToClaim } from "./made_claims.ts";
import { formatProposal, proposeClaims } from "./summation/propose.ts";

/** Claims as text to paste; null where there are no others, or none are wanted. */
async function proposalFor(
  kernel: Kernel,
  { checks, activations }: KernelVerification,
): Promise<string | null> {
  const { summation, activationUlp } = kernel.traits;
  const silent = summation.order === "unspecified" && summation.depth === undefined;
  if (!silent && checks.every(({ failures }) => failures.length === 0)) return null;
  try {
    const order = formatProposal(await proposeClaims(kernel));
    const errors = activations.flatMap(({ activation, ulp, declared }) =>
      ulp > declared && ulp <= mostUlp
        ? [`${activation}: ${formatNumber(ulp * (1 + 2 ** -7), 3)}`]
        : []
    );
    const ulp = errors.length === 0 || !activationUlp
      ? []
      : [`activationUlp: { ...activationUlp, ${errors.join(", ")} }`];
    return [...(order === null ? [] : [order]), ...ulp].join(", ") || null;
  } catch {
    // A kernel that throws has failed already, with its own words.
    return null;
  }
}

/** The report of the order of sums with how to claim what fits in the message of its first failure. */
function named(report: CheckReport, remedy: string): CheckReport {
  const [first, ...others] = report.failures;
  if (report.check !== order.name || !first) return report;
  const problem = `${first.problem}; ${remedy}`;
  return { ...report, failures: [{ ...first, problem }, ...others] };
}

/** What was found on a kernel with the claims that it could make, where there is a reason to look for them. */
export async function withProposal(
  kernel: Kernel,
  found: KernelVerification,
): Promise<KernelVerification> {
  if (found.summation === null) return found;
  const proposal = await proposalFor(kernel, found);
  if (proposal === null) return found;
  const { trees, ...summation } = found.summation;
  const remedy = howToClaim(kernel.traits, proposal);
  return {
    ...found,
    summation: { ...summation, proposal, trees },
    checks: found.checks.map((report) => named(report, remedy)),
  };
}

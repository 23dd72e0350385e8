/**
 * Which findings are failures: those that the kernel's own declared error
 * excludes. Everything else is for information.
 *
 * @module
 */
import { floatOf } from "../../common/float_bits.ts";
import { formatNumber } from "../../common/numbers.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { ActivationReport } from "../../results/verification/schema.ts";
import { showFloat } from "../float32.ts";
import type { Findings, Pointwise, Violations, WorstResult } from "./findings.ts";

/** The float64 reference may itself be so many ULP of float32 off. */
const slack = 1e-5;

/** The float32 number with these bits, and the bits. */
export function showInput(bits: number): string {
  return showFloat(floatOf(bits));
}

function describeError(activation: Pointwise, { bits, got, want, error }: WorstResult): string {
  return `${activation} of ${showInput(bits)} is ${floatOf(got)}, should be ${want}: ${
    formatNumber(error, 4)
  } ULP off`;
}

/** What contradicts by more than two results can that are each off by no more than declared. */
function excluded({ largest }: Violations, declared: number): Violations["largest"] {
  const allowed = 2 * (declared > 0 ? declared + slack : 0);
  return largest !== null && largest.error > allowed ? largest : null;
}

/** What is wrong, a line each; none where the activation is what the kernel declares. */
export function problemsOf(
  activation: Pointwise,
  findings: Findings,
  { activationUlp }: Pick<KernelTraits, "activationUlp">,
): string[] {
  const { inputs, nan, ulp, decreases, asymmetries } = findings;
  const declared = activationUlp[activation];
  const problems: string[] = [];
  if (inputs === 0) problems.push(`${activation}: no input was checked`);
  if (nan.bits !== null) {
    const others = nan.count > 1 ? `, as of ${nan.count - 1} other finite inputs` : "";
    problems.push(`${activation} of ${showInput(nan.bits)} is NaN${others}`);
  }
  if (ulp !== null && ulp.error > declared + (declared > 0 ? slack : 0)) {
    problems.push(`${describeError(activation, ulp)}; declared are ${declared}`);
  }
  const decrease = excluded(decreases, declared);
  if (decrease) {
    problems.push(
      `${activation} decreases by ${formatNumber(decrease.error, 4)} ULP at ${
        showInput(decrease.bits)
      }, though the function never decreases; declared are ${declared}`,
    );
  }
  const asymmetry = excluded(asymmetries, declared);
  if (asymmetry) {
    problems.push(
      `${activation} of ${showInput(asymmetry.bits)} and of its negative differ by ${
        formatNumber(asymmetry.error, 4)
      } ULP in magnitude, though the function is odd; declared are ${declared}`,
    );
  }
  return problems;
}

/** Findings as the verification file has them; `exhaustive` where they are of all float32 numbers. */
export function activationReport(
  activation: Pointwise,
  findings: Findings,
  { activationUlp }: Pick<KernelTraits, "activationUlp">,
  exhaustive: boolean,
): ActivationReport {
  const { inputs, nan, ulp, ulpByBin, decreases, asymmetries } = findings;
  const kept = ({ pairs, count }: Violations) => pairs === 0 ? null : count === 0;
  return {
    activation,
    declared: activationUlp[activation],
    inputs,
    exhaustive,
    // NaN is infinitely wrong.
    ulp: nan.count > 0 ? Infinity : ulp?.error ?? 0,
    at: floatOf(nan.bits ?? ulp?.bits ?? 0),
    monotone: kept(decreases),
    odd: kept(asymmetries),
    profile: ulpByBin,
  };
}

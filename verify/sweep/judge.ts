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
import { gradientAllowance } from "../reference_gradients.ts";
import type { Findings, SweptName, Violations, WorstResult } from "./findings.ts";
import { sweptFunctions } from "./functions.ts";

/** The float64 reference may itself be so many ULP of float32 off. */
const slack = 1e-5;

/** The float32 number with these bits, and the bits. */
function showInput(bits: number): string {
  return showFloat(floatOf(bits));
}

function describeError(activation: SweptName, { bits, got, want, error }: WorstResult): string {
  return `${activation} of ${showInput(bits)} is ${floatOf(got)}, should be ${want}: ${
    formatNumber(error, 4)
  } ULP off`;
}

/** What contradicts by more than two results can that are each off by no more than declared. */
function excluded({ largest }: Violations, declared: number): Violations["largest"] {
  const allowed = 2 * (declared > 0 ? declared + slack : 0);
  return largest !== null && largest.error > allowed ? largest : null;
}

/** The traits that declare errors. */
export type DeclaredErrors = Pick<KernelTraits, "activationUlp" | "gradientUlp">;

/** The largest error that a kernel may have. */
function allowedUlp(name: SweptName, traits: DeclaredErrors): number {
  const { activation, gradient } = sweptFunctions[name];
  return gradient ? gradientAllowance(activation, traits).ulp : traits.activationUlp[activation];
}

/** What is wrong, a line each; none where the activation is what the kernel declares. */
export function problemsOf(
  activation: SweptName,
  findings: Findings,
  traits: DeclaredErrors,
): string[] {
  const { inputs, nan, ulp, decreases, asymmetries } = findings;
  const declared = allowedUlp(activation, traits);
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
  activation: SweptName,
  findings: Findings,
  traits: DeclaredErrors,
  exhaustive: boolean,
): ActivationReport {
  const { inputs, nan, ulp, ulpByBin, decreases, asymmetries } = findings;
  const name = sweptFunctions[activation].activation;
  const kept = ({ pairs, count }: Violations) => pairs === 0 ? null : count === 0;
  return {
    activation: name,
    declared: allowedUlp(activation, traits),
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

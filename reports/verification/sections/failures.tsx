/**
 * What failed or was unusual: the problem, the command that repeats it, and
 * the smallest case that still shows it.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../../common/numbers.ts";
import { failedCases, failuresOf } from "../findings.ts";
import type {
  FailureReport,
  KernelVerification,
  VerificationReport,
} from "../../../results/verification/schema.ts";

/** The most failures of one kernel that are shown; the file has all of them. */
const most = 50;

/** All failures by kernel, then all warnings; says so too where there are none. */
export function FailuresSection({ report }: { report: VerificationReport }): JSX.Element {
  const broken = report.kernels.filter(({ passed }) => !passed);
  const unusual = report.kernels.filter(({ checks }) =>
    checks.some(({ warnings }) => warnings.length > 0)
  );
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Failures and warnings</h2>
      {broken.length + unusual.length === 0 && <p>None: no case failed, and none was unusual.</p>}
      {broken.map((kernel) => <Broken key={kernel.kernel} kernel={kernel} />)}
      {unusual.map((kernel) => (
        <div key={kernel.kernel} class="cases">
          <h3>
            <span class="sign warn" aria-hidden="true">⚠</span> Unusual: {kernel.kernel}
          </h3>
          {listed(kernel, "warnings").slice(0, most).map(({ check, failure }, i) => (
            <Case key={i} check={check} failure={failure} kind="warn" />
          ))}
          <Cut number={listed(kernel, "warnings").length} />
        </div>
      ))}
    </section>
  );
}

function listed(
  { checks }: KernelVerification,
  which: "failures" | "warnings",
): { check: string; failure: FailureReport }[] {
  return checks.flatMap((check) =>
    check[which].map((failure) => ({ check: check.check, failure }))
  );
}

function Broken({ kernel }: { kernel: KernelVerification }): JSX.Element {
  const failed = kernel.checks.reduce((sum, check) => sum + failedCases(check), 0);
  return (
    <div class="cases">
      <h3>
        <span class="sign bad" aria-hidden="true">✗</span> Failed: {kernel.kernel}
      </h3>
      <p>
        {failed === 0
          ? "No single case is recorded as a failure."
          : `${formatCount(failed, "case")} failed.`}
        {kernel.summation?.agrees === false &&
          ` Its probed order of sums is not what it claims (${kernel.summation.claim}).`}
      </p>
      {listed(kernel, "failures").slice(0, most).map(({ check, failure }, i) => (
        <Case key={i} check={check} failure={failure} kind="bad" />
      ))}
      <Cut number={failuresOf(kernel)} />
    </div>
  );
}

function Cut({ number }: { number: number }): JSX.Element | null {
  return number <= most
    ? null
    : <p>The first {most} of {number} are shown; verify.json has all of them.</p>;
}

function Case({ check, failure, kind }: {
  check: string;
  failure: FailureReport;
  kind: "bad" | "warn";
}): JSX.Element {
  const { id, problem, repeat, minimal } = failure;
  return (
    <div class={`case ${kind}`}>
      <p>
        <b>{check}</b> <code>{id}</code>
      </p>
      <p>{problem}</p>
      {minimal !== null && (
        <p>
          Smallest case that still fails: <code>{minimal.id}</code>, found in{" "}
          {formatCount(minimal.steps, "step")}.
        </p>
      )}
      <pre tabIndex={0} aria-label="Command that repeats it"><code>{repeat}</code></pre>
    </div>
  );
}

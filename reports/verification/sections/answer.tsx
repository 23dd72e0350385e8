/**
 * The top of the page: whether every kernel is right, at a glance, what was
 * skipped, and whether the verifier passed its self-test.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCommit, formatDate } from "../../format.ts";
import { formatCount } from "../../../common/numbers.ts";
import { formatDuration } from "../../../common/units.ts";
import { casesOf, cautions, evidence, exitCodes, failedCases, headline } from "../findings.ts";
import type {
  KernelVerification,
  Skipped,
  VerificationReport,
} from "../../../results/verification/schema.ts";

/** The title, the run in a line, the outcome of each kernel, and what to know before trusting it. */
export function AnswerSection({ report }: { report: VerificationReport }): JSX.Element {
  const { environment, exitCode, kernels, skipped } = report;
  const good = exitCode === 0;
  return (
    <header>
      <p class="kicker">Densemark verification</p>
      <h1>Is every kernel right?</h1>
      <p class="run">
        Mode <b>{report.mode}</b> on {environment.cpu},{" "}
        <time dateTime={report.date}>{formatDate(report.date)}</time>,{" "}
        {formatDuration(report.elapsed)}
        {environment.commit === null ? "" : `, commit ${formatCommit(environment.commit)}`}
        {report.partial && (
          <>
            {" "}
            <span class="tag warn">partial run</span>
          </>
        )}
      </p>
      <div class={`answer ${good ? "pass" : "fail"}`}>
        <p class="first">
          <span class={`badge ${good ? "good" : "bad"}`}>
            <span aria-hidden="true">{good ? "✓" : "✗"}</span> {good ? "PASS" : "FAIL"}
          </span>{" "}
          {headline(report)}
        </p>
        <ul class="outcomes" aria-label="Outcome of each kernel">
          {kernels.map((kernel) => <KernelOutcome key={kernel.kernel} kernel={kernel} />)}
          {skipped.map((one) => <SkippedKernel key={one.kernel} skipped={one} />)}
        </ul>
        {evidence(report).map((text) => <p key={text}>{text}</p>)}
        <p>
          Exit code <b>{exitCode}</b>: {exitCodes[exitCode]}.
        </p>
      </div>
      {cautions(report).map((text) => <p key={text} class="note">{text}</p>)}
    </header>
  );
}

function KernelOutcome({ kernel }: { kernel: KernelVerification }): JSX.Element {
  const { passed } = kernel;
  const failed = kernel.checks.reduce((sum, check) => sum + failedCases(check), 0);
  return (
    <li class={passed ? "good" : "bad"}>
      <b>
        <span aria-hidden="true">{passed ? "✓" : "✗"}</span> {passed ? "PASS" : "FAIL"}
      </b>
      <span class="kernel">{kernel.kernel}</span>
      <span class="detail">
        {formatCount(casesOf([kernel]), "case")}
        {failed > 0 && `, ${failed} failed`}
      </span>
    </li>
  );
}

function SkippedKernel({ skipped }: { skipped: Skipped }): JSX.Element {
  return (
    <li class={skipped.required ? "bad" : "warn"}>
      <b>
        <span aria-hidden="true">⚠</span> {skipped.required ? "MISSING" : "SKIPPED"}
      </b>
      <span class="kernel">{skipped.kernel}</span>
      <span class="detail">
        not verified: {skipped.reason}
        {skipped.required && " (required)"}
      </span>
    </li>
  );
}

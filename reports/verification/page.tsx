/**
 * The verification page: one HTML file that needs nothing but itself, and no
 * script at all. The answer comes first, then what failed, then all evidence.
 *
 * @module
 */
import type { JSX } from "preact";
import { htmlDocument } from "../document.tsx";
import { formatDate } from "../format.ts";
import { Contents } from "../sections/contents.tsx";
import { styleSheet } from "../style.ts";
import { cleanVerification } from "../../results/verification/clean.ts";
import type { VerificationReport } from "../../results/verification/schema.ts";
import { ActivationPlots, ActivationTable } from "./sections/activations.tsx";
import { AnswerSection } from "./sections/answer.tsx";
import { Checks, CoverageTable } from "./sections/checks.tsx";
import { FailuresSection } from "./sections/failures.tsx";
import { GrowthPlots } from "./sections/growth.tsx";
import { Histograms } from "./sections/histogram.tsx";
import { SelfSection } from "./sections/mutants.tsx";
import { EnvironmentSection, Groups, HowToRead } from "./sections/provenance.tsx";
import { Trees } from "./sections/trees.tsx";
import { verificationStyle } from "./style.ts";

function contentsOf(report: VerificationReport): [string, string][] {
  const profiles = report.kernels.some(({ activations }) =>
    activations.some(({ profile }) => profile.length > 0)
  );
  const coverage = report.kernels.some(({ checks }) =>
    checks.some(({ coverage }) => coverage.length > 0)
  );
  return [
    ["failures", "Failures and warnings"],
    ["checks", "Checks"],
    ["growth", "Errors of sums"],
    ["ulp", "Distances in ULP"],
    ...(profiles ? [["profiles", "Activations against x"] as [string, string]] : []),
    ["self", "Self-test of the verifier"],
    ["trees", "Order of sums"],
    ...(coverage ? [["coverage", "Coverage"] as [string, string]] : []),
    ["activations", "Activations"],
    ["groups", "Bit-identical kernels"],
    ["environment", "Machine and command"],
    ["reading", "How to read this"],
  ];
}

function Page({ report }: { report: VerificationReport }): JSX.Element {
  return (
    <div class="page">
      <a class="skip" href="#main">Skip to the results</a>
      <AnswerSection report={report} />
      <Contents entries={contentsOf(report)} />
      <main id="main" tabIndex={-1}>
        <FailuresSection report={report} />
        <Checks report={report} />
        <GrowthPlots report={report} />
        <Histograms report={report} />
        <ActivationPlots report={report} />
        <SelfSection report={report} />
        <Trees report={report} />
        <CoverageTable report={report} />
        <ActivationTable report={report} />
        <Groups report={report} />
        <EnvironmentSection report={report} />
        <HowToRead />
      </main>
      <footer>
        Made by Densemark {report.environment.densemark} from verify.json ({report.schema}).
      </footer>
    </div>
  );
}

/**
 * The page on `report` as the text of an HTML file. Texts of the report are
 * cleaned and escaped; a policy in the page forbids all that is not its own.
 */
export function renderVerification(report: VerificationReport): Promise<string> {
  const clean = cleanVerification(report);
  return htmlDocument({
    title: `Densemark verification: ${clean.exitCode === 0 ? "PASS" : "FAIL"}, ${
      formatDate(clean.date)
    }`,
    style: styleSheet() + "\n" + verificationStyle(),
    body: <Page report={clean} />,
  });
}

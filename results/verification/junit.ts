/**
 * A verification as JUnit XML, which continuous-integration servers read: a
 * suite is a kernel, a test case one check on one family of data. There is no
 * standard; this is what the readers of Jenkins, GitLab and GitHub's actions
 * agree on: counts as attributes, seconds, one failure or skip for each case.
 *
 * @module
 */
import { escape } from "@std/html";
import { formatCount } from "../../common/numbers.ts";
import { cleanVerification } from "./clean.ts";
import type {
  CheckReport,
  FailureReport,
  KernelVerification,
  VerificationReport,
} from "./schema.ts";

/** One test case; at most one of `failure` and `skipped` is given. */
interface Case {
  readonly name: string;
  /** How many cases of the verifier it stands for. */
  readonly assertions?: number;
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string };
  readonly skipped?: string;
  /** What was unusual, but no failure. */
  readonly output?: string;
}

interface Suite {
  readonly name: string;
  readonly seconds: number;
  readonly properties: readonly (readonly [string, string])[];
  readonly cases: readonly Case[];
}

/** A report as the text of a JUnit file; its texts are cleaned as for the page. */
export function toJUnit(given: VerificationReport): string {
  const report = cleanVerification(given);
  const suites = [
    ...report.kernels.map((kernel) => kernelSuite(kernel, report)),
    ...report.skipped.map(({ kernel, reason, required }): Suite => ({
      name: kernel,
      seconds: 0,
      properties: [],
      cases: [
        required
          ? { name: "runs here", failure: failed("required kernel missing", [reason]) }
          : { name: "runs here", skipped: reason },
      ],
    })),
    ...(report.groups.length > 0 ? [groupSuite(report)] : []),
    ...(report.self === null ? [] : [selfSuite(report.self)]),
  ];
  const cases = suites.flatMap((suite) => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="Densemark verification"${countsOf(cases)} time="${
      report.elapsed.toFixed(3)
    }">`,
    ...suites.flatMap((suite) => suiteLines(suite, report)),
    "</testsuites>",
    "",
  ].join("\n");
}

function kernelSuite(kernel: KernelVerification, report: VerificationReport): Suite {
  const cases = kernel.checks.flatMap(checkCases);
  const silent = !kernel.passed && cases.every(({ failure }) => failure === undefined);
  return {
    name: kernel.kernel,
    seconds: kernel.elapsed,
    properties: [...propertiesOf(report), ["device", kernel.device], [
      "threads",
      `${kernel.threads}`,
    ]],
    // Whatever the reason, a kernel that did not pass must not look as if it had.
    cases: !silent ? cases : [
      ...cases,
      { name: "verdict", failure: failed("not passed", ["the kernel did not pass"]) },
    ],
  };
}

function propertiesOf(report: VerificationReport): (readonly [string, string])[] {
  const { environment } = report;
  return [
    ["mode", report.mode],
    ["seed", String(report.seed)],
    ["engine", report.engine],
    ["build", report.build ?? "unknown"],
    ["command", report.command],
    ["partial", String(report.partial)],
    ["exitCode", String(report.exitCode)],
    ...Object.entries(environment).map(([name, value]) =>
      [
        `environment.${name}`,
        typeof value === "object" && value !== null
          ? JSON.stringify(value)
          : String(value ?? "unknown"),
      ] as const
    ),
  ];
}

/**
 * A case for each family of a check. A failure belongs to the family that its
 * identifier names; one that names none, to the check as a whole.
 */
function checkCases(check: CheckReport): Case[] {
  const families = [...new Set(check.coverage.map(({ family }) => family))];
  const rest = new Set(check.failures);
  const cases = families.map((family): Case => {
    const parts = check.coverage.filter((part) => part.family === family);
    const count = parts.reduce((sum, { cases }) => sum + cases, 0);
    const broken = parts.reduce((sum, part) => sum + part.failed, 0);
    const own = [...rest].filter(({ id }) => id.split("/").includes(family));
    for (const failure of own) rest.delete(failure);
    return {
      name: `${check.check}/${family} (${formatCount(count, "case")})`,
      assertions: count,
      ...outcome(own, broken, count),
    };
  });
  const whole: Case = {
    name: `${check.check} (${formatCount(check.cases, "case")})`,
    assertions: families.length === 0 ? check.cases : 0,
    ...outcome([...rest], 0, check.cases),
    ...(check.warnings.length === 0 ? {} : { output: warningsText(check.warnings) }),
  };
  const needed = families.length === 0 || rest.size > 0 || check.warnings.length > 0;
  return needed ? [...cases, whole] : cases;
}

function outcome(
  failures: readonly FailureReport[],
  broken: number,
  count: number,
): Pick<Case, "failure" | "skipped"> {
  const [first] = failures;
  if (first !== undefined) {
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : "";
    return {
      failure: {
        type: "verification",
        message: `${first.id}: ${first.problem}${more}`,
        text: failures.map(failureText).join("\n\n"),
      },
    };
  }
  if (broken > 0) {
    return {
      failure: failed("verification", [`${broken} of ${formatCount(count, "case")} failed`]),
    };
  }
  return count === 0 ? { skipped: "no case was run" } : {};
}

function failureText({ id, problem, repeat, minimal }: FailureReport): string {
  return [
    id,
    `  problem: ${problem}`,
    `  repeat:  ${repeat}`,
    ...(minimal === null ? [] : [`  minimal: ${minimal.id} (in ${minimal.steps} steps)`]),
  ].join("\n");
}

function warningsText(warnings: readonly FailureReport[]): string {
  return warnings.map((warning) => `warning: ${failureText(warning)}`).join("\n\n");
}

function failed(type: string, problems: readonly string[]): NonNullable<Case["failure"]> {
  return { type, message: problems[0] ?? "", text: problems.join("\n") };
}

function groupSuite({ groups }: VerificationReport): Suite {
  return {
    name: "bit-identical groups",
    seconds: 0,
    properties: [],
    cases: groups.map(({ kernels, cases, problem }) => ({
      name: `${kernels.join(" = ")} (${formatCount(cases, "case")})`,
      assertions: cases,
      ...(problem === null ? {} : { failure: failed("bits differ", [problem]) }),
    })),
  };
}

function selfSuite(self: NonNullable<VerificationReport["self"]>): Suite {
  return {
    name: "self-test",
    seconds: 0,
    properties: [],
    cases: [
      ...self.references.map(({ name, points, failures }): Case => ({
        name: `reference/${name} (${points} points)`,
        assertions: points,
        ...(failures.length === 0 ? {} : { failure: failed("reference wrong", failures) }),
      })),
      ...self.mutants.map(({ name, killer, killed, detail }): Case => ({
        name: `mutant/${name}`,
        ...(killed === null ? { skipped: detail } : killed ? {} : {
          failure: failed("mutant survived", [`${killer} did not find it: ${detail}`]),
        }),
      })),
      ...self.conforming.map(({ name, accepted, problem }): Case => ({
        name: `conforming/${name}`,
        ...(accepted ? {} : {
          failure: failed("conforming variant rejected", [problem ?? "no reason given"]),
        }),
      })),
    ],
  };
}

function countsOf(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter(({ skipped }) => skipped !== undefined).length;
  return ` tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function suiteLines(
  { name, seconds, properties, cases }: Suite,
  report: VerificationReport,
): string[] {
  const time = Date.parse(report.date);
  // Without fraction and zone, as the schemas want it.
  const stamp = Number.isNaN(time)
    ? ""
    : ` timestamp="${new Date(time).toISOString().slice(0, 19)}"`;
  return [
    `  <testsuite${attribute("name", name)}${countsOf(cases)} time="${
      seconds.toFixed(3)
    }"${stamp}>`,
    ...(properties.length === 0 ? [] : [
      "    <properties>",
      ...properties.map(([key, value]) =>
        `      <property${attribute("name", key)}${attribute("value", value)}/>`
      ),
      "    </properties>",
    ]),
    ...cases.flatMap((one) => caseLines(name, one)),
    "  </testsuite>",
  ];
}

function caseLines(suite: string, { name, assertions, failure, skipped, output }: Case): string[] {
  const count = assertions === undefined ? "" : ` assertions="${assertions}"`;
  const head = `    <testcase${attribute("classname", suite)}${attribute("name", name)}${count}`;
  const inner = [
    ...(failure === undefined ? [] : [
      `      <failure${attribute("message", failure.message)}${attribute("type", failure.type)}>` +
      `${escape(failure.text)}</failure>`,
    ]),
    ...(skipped === undefined ? [] : [`      <skipped${attribute("message", skipped)}/>`]),
    ...(output === undefined ? [] : [`      <system-out>${escape(output)}</system-out>`]),
  ];
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, "    </testcase>"];
}

/** The texts are cleaned: neither what XML 1.0 forbids is in them, nor line ends, which readers turn into spaces. */
function attribute(name: string, value: string): string {
  return ` ${name}="${escape(value)}"`;
}

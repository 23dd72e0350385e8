/**
 * A sweep's report as lines of text: what is wrong, the errors of each
 * activation and where they are, and how they are distributed.
 *
 * @module
 */
import { histogramSteps, type Violations } from "./findings.ts";
import { showInput } from "./judge.ts";
import type { SweepReport, Swept } from "./sweep.ts";

/** Columns as wide as their widest cell; the first is flush left, numbers are flush right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  );
}

/** Whether a property holds: `yes`; `no`, with how often not and by how much; `-` where it need not. */
function kept({ pairs, count, largest }: Violations): string {
  if (pairs === 0) return "-";
  return largest === null ? "yes" : `no: ${count}, ${largest.error.toFixed(3)} ULP`;
}

function errorRow({ kernel, activation, traits, findings, complete, problems }: Swept): string[] {
  const { inputs, ulp, absolute, nan, decreases, asymmetries } = findings;
  return [
    `${kernel} ${activation}`,
    String(inputs),
    ulp === null ? "exact" : ulp.error.toFixed(5),
    String(traits.activationUlp[activation]),
    ulp === null ? "-" : showInput(ulp.bits),
    absolute === null ? "0" : absolute.error.toExponential(2),
    String(nan.count),
    kept(decreases),
    kept(asymmetries),
    problems.length > 0 ? "FAIL" : complete ? "PASS" : "incomplete",
  ];
}

function histogramRow({ kernel, activation, findings: { inputs, histogram, nan } }: Swept) {
  const counted = inputs - nan.count;
  return [
    `${kernel} ${activation}`,
    // Most results are correctly rounded; of the others each counts.
    ...histogram.map((count, i) => i < 2 ? `${(count / counted * 100).toFixed(4)} %` : `${count}`),
  ];
}

/** What was swept, found and failed, as lines of text without colours. */
export function formatSweepReport(report: SweepReport): string[] {
  const { stride, swept, failedParts, skipped, partial, passed, seconds, inputsPerSecond } = report;
  const started = swept.filter(({ findings }) => findings.inputs > 0);
  const lines = [
    ...skipped.map(({ kernel, reason }) => `${kernel} SKIPPED: ${reason}`),
    ...swept.flatMap(({ kernel, problems }) => problems.map((line) => `${kernel} FAIL: ${line}`)),
    ...failedParts.map(({ kernel, part: { activation, first, last }, reason }) =>
      `${kernel} FAIL: ${activation} of bits 0x${first.toString(16)} to 0x${
        (last - 1).toString(16)
      } failed twice: ${reason}`
    ),
  ];
  if (started.length > 0) {
    const title = (names: readonly string[]) => ["activation", ...names];
    const [zero, ...ends] = histogramSteps;
    lines.push(
      ...table([
        title([
          "inputs",
          "max ULP",
          "declared",
          "at",
          "max absolute",
          "NaN",
          "monotone",
          "odd",
          "result",
        ]),
        ...started.map(errorRow),
      ]),
      "",
      ...table([
        title([`${zero} ULP`, ...ends.map((end) => `to ${end}`), "more"]),
        ...started.map(histogramRow),
      ]),
    );
  }
  const what = stride === 1 ? "all float32 numbers" : `every ${stride}th float32 number`;
  const verdict = partial ? "ended early, nothing is verified" : passed ? "PASS" : "FAIL";
  lines.push(
    `${what}, ${seconds.toFixed(1)} s, ${
      (inputsPerSecond / 1e6).toFixed(1)
    } million inputs/s: ${verdict}`,
  );
  return lines;
}

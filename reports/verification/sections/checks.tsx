/**
 * Kernels against checks: how much was run, how close the worst error came to its
 * bound, and on what data and shapes.
 *
 * @module
 */
import type { JSX } from "preact";
import { Folded } from "../../sections/folded.tsx";
import { KernelLabel, Table } from "../../sections/table.tsx";
import { formatCount, formatNumber, formatWhole } from "../../../common/numbers.ts";
import { formatList } from "../../../common/text.ts";
import { checksOf, failedCases } from "../findings.ts";
import type {
  CheckReport,
  ShapeClass,
  VerificationReport,
} from "../../../results/verification/schema.ts";

/** A row for each check, a column for each kernel. */
export function Checks({ report }: { report: VerificationReport }): JSX.Element {
  const checks = checksOf(report);
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">Checks</h2>
      <p>
        {checks.length === 0
          ? "No check was run on a kernel."
          : "The share is the worst error divided by what the check allows, over the cases that " +
            "passed: “exact” where no error at all is allowed and none was found, 1 where an error " +
            "reaches its bound."}
      </p>
      {checks.length > 0 && (
        <Table
          id="checks-table"
          caption="Cases run, and the worst share of a bound"
          columns={[
            { title: "check", sort: null },
            ...report.kernels.map(({ kernel }) => ({
              title: <KernelLabel name={kernel} peer={false} />,
              sort: null,
            })),
          ]}
        >
          {checks.map(({ check, description }) => (
            <tr key={check}>
              <th scope="row" class="wide">
                {check} <span class="detail">{description}</span>
              </th>
              {report.kernels.map(({ kernel, checks }) => (
                <CheckCell
                  key={kernel}
                  found={checks.find((one) => one.check === check)}
                />
              ))}
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function CheckCell({ found }: { found: CheckReport | undefined }): JSX.Element {
  if (found === undefined || found.cases === 0) return <td class="verdict slim faint">not run</td>;
  const { cases, indeterminate, worst, worstCase, warnings } = found;
  const failed = failedCases(found);
  return (
    <td class={`verdict slim ${failed > 0 ? "bad" : "good"}`}>
      <b>
        <span aria-hidden="true">{failed > 0 ? "✗" : "✓"}</span> {failed > 0
          ? `${formatWhole(failed)} of ${formatWhole(cases)} failed`
          : formatCount(cases, "case")}
      </b>
      <span class="detail" {...(worstCase === null ? {} : { title: worstCase })}>
        {failed > 0 && "else "}
        {worstCase === null && worst === 0 ? "exact" : `share ${formatNumber(worst, 2)}`}
      </span>
      {indeterminate > 0 && <span class="detail">{formatWhole(indeterminate)} not counted</span>}
      {warnings.length > 0 && (
        <span class="detail warning">⚠ {formatCount(warnings.length, "warning")}</span>
      )}
    </td>
  );
}

const classes: readonly ShapeClass[] = ["empty", "small", "edge", "large", "none"];

/** How many of the results in the checks of sizes were compared; null where none were counted. */
function describeCompared({ kernels }: VerificationReport): string | null {
  let [all, seen] = [0, 0];
  for (const { coverage } of kernels.flatMap(({ checks }) => checks)) {
    for (const { elements = 0, compared = 0 } of coverage) {
      all += elements;
      seen += compared;
    }
  }
  if (all === 0) return null;
  const rest = all === seen
    ? ""
    : `; ${formatWhole(all - seen)} more, of products too large to compute again, were not`;
  return `${
    formatWhole(seen)
  } elements of results at all sizes were compared with what they must be${rest}.`;
}

/** What the coverage says in sentences: how much ran and failed, and, apart, what did not run on which kernels. */
function coverageTexts(
  rows: readonly {
    readonly family: string;
    readonly check: string;
    readonly parts: readonly {
      readonly shapes: string;
      readonly row: ReadonlyMap<string, { readonly cases: number; readonly failed: number }>;
    }[];
  }[],
  { kernels }: VerificationReport,
): { readonly said: readonly string[]; readonly lacking: readonly string[] } {
  const all = rows.flatMap(({ parts }) => parts.flatMap(({ row }) => [...row.values()]));
  const total = all.reduce((sum, { cases }) => sum + cases, 0);
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  const lacking = Map.groupBy(
    rows.flatMap(({ check, parts }) => {
      const without = kernels.map(({ kernel }) => kernel).filter((kernel) =>
        parts.every(({ row }) => (row.get(kernel)?.cases ?? 0) === 0)
      );
      return without.length === 0 ? [] : [{ check, kernels: formatList(without) }];
    }),
    (one) => one.kernels,
  );
  const count = [...lacking.values()].reduce((sum, { length }) => sum + length, 0);
  const broken = rows.filter(({ parts }) =>
    parts.some(({ row }) => [...row.values()].some((one) => one.failed > 0))
  ).map(({ family }) => family);
  return {
    said: [
      ...(failed > 0
        ? [`${formatCount(failed, "case")} failed, with data of ${formatList(broken)}.`]
        : []),
      `${formatCount(total, "case")} with ${formatCount(rows.length, "kind")} of data ran on ${
        formatCount(kernels.length, "kernel")
      }${count === 0 ? "" : `, ${formatWhole(rows.length - count)} of them on every one`}.`,
    ],
    lacking: [...lacking].toSorted(([, a], [, b]) => b.length - a.length).map(([names, list]) =>
      `${formatCount(list.length, "kind")} of data did not run on ${names}: ${
        formatList(
          [...Map.groupBy(list, ({ check }) => check)].map(([check, { length }]) =>
            `${formatWhole(length)} of the check ${check}`
          ),
        )
      }.`
    ),
  };
}

/** More lines of what did not run than this are folded. */
const mostLacking = 4;

/** Which families of data ran on which shapes: a row for each family and class of shapes, a column for each kernel. */
export function CoverageTable({ report }: { report: VerificationReport }): JSX.Element | null {
  const counts = new Map<string, Map<string, { cases: number; failed: number }>>();
  // Each with the check that it belongs to.
  const families = new Map<string, string>();
  for (const { kernel, checks } of report.kernels) {
    const covered = checks.flatMap(({ check, coverage }) =>
      coverage.map((one) => ({ ...one, check }))
    );
    for (const { check, family, shapes, cases, failed } of covered) {
      if (!families.has(family)) families.set(family, check);
      const key = JSON.stringify([family, shapes]);
      const row = counts.get(key) ?? new Map();
      counts.set(key, row);
      const before = row.get(kernel) ?? { cases: 0, failed: 0 };
      row.set(kernel, { cases: before.cases + cases, failed: before.failed + failed });
    }
  }
  const rows = [...families].map(([family, check]) => ({
    family,
    check,
    parts: classes.flatMap((shapes) => {
      const row = counts.get(JSON.stringify([family, shapes]));
      return row === undefined ? [] : [{ shapes, row }];
    }),
  }));
  if (rows.length === 0) return null;
  const compared = describeCompared(report);
  const { said, lacking } = coverageTexts(rows, report);
  const long = lacking.length > mostLacking;
  return (
    <section aria-labelledby="coverage">
      <h2 id="coverage">Coverage</h2>
      <p>
        How many cases ran with each kind of data on shapes of each size: empty, where a dimension
        is 0; small, up to 6; edge, beside an edge of the kernel’s own tile or block; large, all
        others.{compared === null ? "" : ` ${compared}`}
      </p>
      <ul>
        {[...said, ...(long ? [] : lacking)].map((text) => <li key={text}>{text}</li>)}
      </ul>
      {long && (
        <Folded title="What did not run on which kernels">
          <ul>{lacking.map((text) => <li key={text}>{text}</li>)}</ul>
        </Folded>
      )}
      <Folded title="Cases by kind of data, shapes and kernel">
        <Table
          id="coverage-table"
          kind="compact"
          caption="Cases by kind of data, size of shapes and kernel"
          columns={[
            { title: "data", sort: null },
            { title: "shapes", sort: null },
            ...report.kernels.map(({ kernel }) => ({
              title: <KernelLabel name={kernel} peer={false} />,
              // Rows of a kind of data stay together.
              sort: null,
            })),
          ]}
        >
          {rows.flatMap(({ family, parts }) =>
            parts.map(({ shapes, row }, i) => (
              <tr key={`${family} ${shapes}`}>
                {i === 0 && (
                  <th scope="rowgroup" {...(parts.length > 1 && { rowSpan: parts.length })}>
                    {family}
                  </th>
                )}
                <td>{shapes === "none" ? "no matrix" : shapes}</td>
                {report.kernels.map(({ kernel }) => {
                  const { cases, failed } = row.get(kernel) ?? { cases: 0, failed: 0 };
                  return (
                    // Nothing but text, since there are thousands.
                    <td key={kernel}>
                      {cases === 0 ? "–" : formatWhole(cases)}
                      {failed > 0 && (
                        <span class="detail broken">✗ {formatWhole(failed)} failed</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))
          )}
        </Table>
      </Folded>
    </section>
  );
}

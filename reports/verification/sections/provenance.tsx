/**
 * Which kernels agree bit for bit, where the numbers come from, and what they
 * mean.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatDate } from "../../format.ts";
import { formatCount } from "../../../common/numbers.ts";
import { formatDuration } from "../../../common/units.ts";
import { Folded } from "../../sections/folded.tsx";
import { environmentRows, Facts } from "../../sections/table.tsx";
import { exitCodes } from "../findings.ts";
import type { VerificationReport } from "../../../results/verification/schema.ts";

/** Kernels that add in the same order must give the same bits. */
export function Groups({ report }: { report: VerificationReport }): JSX.Element {
  const { groups } = report;
  return (
    <section aria-labelledby="groups">
      <h2 id="groups">Kernels that agree bit for bit</h2>
      <p>
        {groups.length === 0
          ? "No two kernels of this run add in the same order."
          : "Kernels that were probed to add in the same order, and to round in the same places, must " +
            "give the same bits."}
      </p>
      <ul class="plain">
        {groups.map(({ kernels, cases, problem }, i) => (
          <li key={i}>
            <span class={`sign ${problem === null ? "good" : "bad"}`} aria-hidden="true">
              {problem === null ? "✓" : "✗"}
            </span>{" "}
            <b>{kernels.join(" = ")}</b>: {problem === null
              ? `the same bits in ${formatCount(cases, "case")}`
              : <b>they differ ({formatCount(cases, "case")}): {problem}</b>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The machine, the software and the command that repeats the run. */
export function EnvironmentSection({ report }: { report: VerificationReport }): JSX.Element {
  const rows: readonly (readonly [string, string])[] = [
    ...environmentRows(report.environment, report.engine),
    ["build", report.build ?? "could not be read"],
    ["started", formatDate(report.date)],
    ["took", formatDuration(report.elapsed) + (report.partial ? ", not all of it was run" : "")],
    ["mode", report.mode],
    ["seed", `${report.seed} (0x${report.seed.toString(16)})`],
    ...report.kernels.map(({ kernel, device, threads, elapsed }) =>
      [kernel, `${device}, ${formatCount(threads, "thread")}, ${formatDuration(elapsed)}`] as const
    ),
  ];
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">Machine and command</h2>
      <p>This command repeats the run:</p>
      <pre tabIndex={0} aria-label="Command"><code>{report.command}</code></pre>
      <Folded title="Machine and software">
        <Facts id="environment" caption="The machine and the software" rows={rows} />
      </Folded>
    </section>
  );
}

/** What the terms mean. */
export function HowToRead(): JSX.Element {
  return (
    <section aria-labelledby="reading">
      <h2 id="reading">How to read this</h2>
      <Folded title="What the terms mean">
        <dl>
          <dt>Three tiers</dt>
          <dd>
            Exact: on small enough whole numbers, every order of sums gives the same bits, and any
            difference is a failure. Rigorous: on other data an error above the bound of Higham’s
            analysis proves a defect. Statistical: an error that is far from usual, but within the
            bound, is a warning and never a failure.
          </dd>
          <dt>Rounding error, share of the bound</dt>
          <dd>
            The rounding error of an output is 2⁻²⁴, half the distance of 1 to the next float32
            number, times |x|·|w| + |b|, the sum of the sizes of all that is added. The bound is
            that, times a little more than the depth of the sum; an error above it is a proven
            defect.
          </dd>
          <dt>Against what is usual</dt>
          <dd>
            The error divided by the rounding error and the root of the depth. Independent rounding
            errors add up to about 1 or less, however long the sum; above 4 on random data is
            unusual.
          </dd>
          <dt>Depth</dt>
          <dd>How many additions a product passes through on its way to the output, at most.</dd>
          <dt>ULP</dt>
          <dd>
            A unit in the last place: the distance of two neighbouring float32 numbers at the true
            result. Correct rounding is off by at most half of one.
          </dd>
          <dt>Mutants and conforming variants</dt>
          <dd>
            Mutation tests: kernels broken on purpose, which the verifier must reject, and unusual
            but right ones, which it must accept. They show a check that cannot fail.
          </dd>
          <dt>Not counted</dt>
          <dd>Results where the rules allow several, for example near overflow.</dd>
          <dt>Exit codes</dt>
          <dd>
            {exitCodes.map((meaning, code) => (
              <span key={code}>
                {code > 0 && "; "}
                <b>{code}</b> {meaning}
              </span>
            ))}. A failed self-test takes precedence over all others.
          </dd>
        </dl>
      </Folded>
    </section>
  );
}

/**
 * The parts of the calibration page: the plots and the tables of counts, of
 * times and of runs, and how to read them.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber } from "../../common/numbers.ts";
import { formatDuration } from "../../common/units.ts";
import type { Calibration, CalibrationRun, Count } from "../../results/calibration/schema.ts";
import { formatDate } from "../format.ts";
import { environmentRows, Facts, NumberCell, Table } from "../sections/table.tsx";
import { effectsOf, effectText, loadTexts, shareText } from "./findings.ts";
import { IntervalPlot } from "./plot.tsx";

const isChange = ({ what }: Count) => ["verdict", "confirmed", "ended", "named"].includes(what);

/** The short names of what the plot shows of identical code. */
const shortNames: Readonly<Record<string, string>> = {
  miss: "intervals that miss 1",
  false: "false verdicts",
  "false-named": "false tails, leaks, starts",
  exit3: "exit code 3",
  bystander: "false, beside a change",
};

/** What the bench says where nothing differs. */
export function IdenticalSection({ counts }: Pick<Calibration, "counts">): JSX.Element {
  const own = counts.filter((count) => !isChange(count));
  const shown = own.flatMap((count) => {
    const name = Object.hasOwn(shortNames, count.what) ? shortNames[count.what] : undefined;
    return name === undefined ? [] : [{ label: `${name}, ${loadTexts[count.load]}`, count }];
  });
  return (
    <section aria-labelledby="identical">
      <h2 id="identical">Where nothing differs</h2>
      <p>
        A kernel against its A/A control in every run, and the code against a copy of itself. Every
        difference that is claimed here is false.
      </p>
      {shown.length > 0 && (
        <IntervalPlot id="identical-plot" title="Few would be good" rows={shown} />
      )}
      <CountTable id="identical-table" caption="Counted over runs of identical code" counts={own} />
    </section>
  );
}

/** What the bench finds where something differs. */
export function ChangedSection({ counts }: Pick<Calibration, "counts">): JSX.Element {
  const own = counts.filter(isChange);
  const shown = own.filter(({ workload, load }) => workload === null && load === "all").map(
    (count) => ({ label: `${effectName(count)}: ${count.title}`, count }),
  );
  return (
    <section aria-labelledby="changed">
      <h2 id="changed">Where one workload was changed</h2>
      {own.length === 0 ? <p>No run had changed code.</p> : (
        <>
          <p>
            The extra time follows each call of one workload, in proportion to the call’s own. The
            median ratio is what the bench measured of it.
          </p>
          <IntervalPlot id="changed-plot" title="Many would be good" rows={shown} />
          <CountTable id="changed-table" caption="Counted over runs of changed code" counts={own} />
        </>
      )}
    </section>
  );
}

function effectName({ effect }: Count): string {
  if (effect === null) return "";
  return /^[\d.]+$/.test(effect) ? `${effect} %` : effect;
}

function CountTable({ id, caption, counts }: {
  id: string;
  caption: string;
  counts: readonly Count[];
}): JSX.Element {
  return (
    <Table
      id={id}
      caption={caption}
      columns={[
        { title: "what", sort: "text" },
        { title: "runs", sort: "text" },
        { title: "found", sort: "number" },
        { title: "share (exact interval of 95 %)", sort: "number" },
        { title: "median ratio", sort: "number" },
      ]}
    >
      {counts.map((count, i) => {
        const { effect, title, workload, load, found, of, unit, ratio } = count;
        const change = isChange(count) && effect !== null ? `${effectText(effect)}: ` : "";
        return (
          <tr key={i}>
            <th scope="row">
              {change}
              {title}
              {workload !== null && ` on ${workload}`}
            </th>
            <td>{loadTexts[load]}</td>
            <NumberCell value={found}>
              {found} of {of} {unit}s
            </NumberCell>
            <NumberCell value={found / of}>{shareText(count)}</NumberCell>
            <NumberCell value={ratio ?? null}>
              {ratio === undefined ? "" : formatNumber(ratio, 4)}
            </NumberCell>
          </tr>
        );
      })}
    </Table>
  );
}

/** How long the runs took. */
export function TimesSection({ times }: Pick<Calibration, "times">): JSX.Element {
  return (
    <section aria-labelledby="times">
      <h2 id="times">Times of the runs</h2>
      <Table
        id="times-table"
        caption="A run is the whole command, confirmation included"
        columns={[
          { title: "effect", sort: "text" },
          { title: "runs", sort: "text" },
          { title: "number", sort: "number" },
          { title: "median", sort: "number" },
          { title: "shortest", sort: "number" },
          { title: "longest", sort: "number" },
        ]}
      >
        {times.map(({ effect, load, runs, median, min, max }, i) => (
          <tr key={i}>
            <th scope="row">{effect === "all" ? "all" : effectText(effect)}</th>
            <td>{loadTexts[load]}</td>
            <NumberCell value={runs}>{runs}</NumberCell>
            {[median, min, max].map((seconds, j) => (
              <NumberCell key={j} value={seconds}>{formatDuration(seconds)}</NumberCell>
            ))}
          </tr>
        ))}
      </Table>
    </section>
  );
}

const loadNames: Readonly<Record<CalibrationRun["load"], string>> = {
  none: "nothing",
  half: "a process, half of the time",
  full: "a process, all the time",
};

/** Every run. */
export function RunsSection({ runs }: Pick<Calibration, "runs">): JSX.Element {
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">All runs</h2>
      <details>
        <summary>Every run with what it claimed</summary>
        <Table
          id="runs-table"
          caption="In the order in which they were made"
          columns={[
            { title: "run", sort: "text" },
            { title: "beside it", sort: "text" },
            { title: "took", sort: "number" },
            { title: "exit code", sort: "number" },
            { title: "claims", sort: null },
          ]}
        >
          {runs.map((run) => (
            <tr key={run.id}>
              <th scope="row">
                {effectText(run.effect)}
                {run.changed !== null && ` on ${run.changed}`}
              </th>
              <td>{loadNames[run.load]}</td>
              <NumberCell value={run.seconds}>{formatDuration(run.seconds)}</NumberCell>
              <NumberCell value={run.code}>{run.code}</NumberCell>
              <td class="prose">{claimsOf(run)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
}

function claimsOf({ failure, versions, controls, changed }: CalibrationRun): string {
  if (failure !== null) return `not counted: ${failure}`;
  const claims = [...versions, ...controls].filter(({ verdict }) =>
    verdict === "slower" || verdict === "faster"
  ).map(({ kernel, workload, verdict, ratio }) =>
    `${kernel} ${verdict} on ${workload} (${formatNumber(ratio)})${
      workload === changed && !kernel.endsWith("-control") ? "" : ", false"
    }`
  );
  return claims.join("; ") || "none";
}

/** The machine, the software and the command. */
export function EnvironmentSection({ calibration }: { calibration: Calibration }): JSX.Element {
  const { environment, settings, date, command } = calibration;
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">Machine and command</h2>
      <p>This command made the runs:</p>
      <pre tabIndex={0} aria-label="Command"><code>{command}</code></pre>
      <Facts
        id="environment"
        caption="The machine and the software"
        rows={[
          ...environmentRows(environment, "that of deno task bench"),
          ["started", formatDate(date)],
          ["options of each run", settings.bench.join(" ")],
          ["workloads", settings.workloads.join(", ")],
          ["code", settings.code],
        ]}
      />
    </section>
  );
}

/** What the terms mean. */
export function HowToRead({ counts }: Pick<Calibration, "counts">): JSX.Element {
  return (
    <section aria-labelledby="reading">
      <h2 id="reading">How to read this</h2>
      <dl>
        <dt>Run</dt>
        <dd>
          One whole <code>deno task bench --against … --fail-on-regression</code>{" "}
          in processes of its own. Of the changed code all but one workload is as it was.
        </dd>
        <dt>Intervals</dt>
        <dd>
          Of the shares: those of Clopper and Pearson, which are exact for independent trials.
          Comparisons of one run are not quite independent, so that the true intervals are wider
          where comparisons are counted; where runs are, they are right.
        </dd>
        <dt>Confirmed</dt>
        <dd>
          Exit code 3, and a verdict of slower on the workload that was changed.
        </dd>
        {effectsOf({ counts }).some((effect) => effect === "tail" || effect === "start") && (
          <>
            <dt>Effects that leave the median as it was</dt>
            <dd>
              A tail, a leak and a slow start need not make the steady speed slower. Named are those
              that the bench’s own words mention together with the workload.
            </dd>
          </>
        )}
        <dt>Beside</dt>
        <dd>
          A process that computes all the time, or half of it in bursts of up to a second, on the
          same machine.
        </dd>
      </dl>
    </section>
  );
}

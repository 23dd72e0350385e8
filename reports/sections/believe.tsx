/**
 * Whether the run may be believed: its noise in a sentence, what to know before
 * trusting it, the A/A controls, every sample over time, and warm-up.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatInterval, formatPercent, formatWhole } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import { median, rangeOf } from "../../statistics/estimators.ts";
import type { ControlRatios, NoiseReport, Results } from "../../results/schema.ts";
import { cautions } from "../findings.ts";
import { lanesHeight, leastWarmUp, linesHeight, rowsHeight } from "../heights.ts";
import { rowsOfPanel, shownAtFirst } from "../panels.ts";
import { controlsOf, sampledWorkloads } from "../steadiness.ts";
import { ChartPlace } from "./chart.tsx";
import { Distribution } from "./control_distribution.tsx";
import { Folded } from "./folded.tsx";
import { Facts, NumberCell, Table, WithInterval } from "./table.tsx";

/** The section; `note` says why there are no charts, null where there are. */
export function BelieveSection({ results, note }: {
  results: Results;
  note: string | null;
}): JSX.Element {
  const { noise } = results;
  const notes = [...cautions(results), ...(note === null ? [] : [note])];
  const script = note === null;
  return (
    <section aria-labelledby="believe">
      <h2 id="believe">May I believe it</h2>
      {noise
        ? (
          <p id="noise" class="noise">
            {noise.sentence}{" "}
            <span class="detail">
              A/A is the same code timed against itself: what differs there is noise.
            </span>
          </p>
        )
        : <p>How noisy the machine was is not known: this file has no A/A control.</p>}
      {notes.length > 0 && (
        <div class="note">
          <h3 id="cautions">{notes.length === 1 ? "Caution" : "Cautions"}</h3>
          <ul>{notes.map((text, i) => <li key={i}>{text}</li>)}</ul>
        </div>
      )}
      <div class="figures">
        <Distribution results={results} />
        {script && <ControlsChart results={results} />}
      </div>
      {script && <Pictures results={results} />}
      {noise && (
        <Folded title="Controls, reference loop and repeated measurements in numbers">
          <NoiseNumbers noise={noise} />
        </Folded>
      )}
    </section>
  );
}

/** Each control beside its kernel, by workload. */
function ControlsChart({ results }: { results: Results }): JSX.Element | null {
  const controls = controlsOf(results);
  if (controls.rows.length === 0) return null;
  return (
    <ChartPlace
      id="controls-chart"
      title="What no difference looks like"
      text={"Each control is a second instance of the same kernel, so that every distance from 1 " +
        "is noise. Whiskers reach from the least to the greatest round."}
      label={`Dot chart of the controls’ times as multiples of their kernels’, on ${
        formatCount(controls.rows.length, "workload")
      }. Its numbers are in the table below.`}
      numbers="controls-caption"
      height={rowsHeight(Math.min(rowsOfPanel, controls.rows.length))}
    />
  );
}

function Pictures({ results }: { results: Results }): JSX.Element {
  const sampled = sampledWorkloads(results);
  const warmups = results.results.some(({ warmup }) => (warmup?.trace?.length ?? 0) > 1);
  return (
    <>
      {(sampled.length > 0 || warmups) && (
        <>
          {sampled.length > 0 && (
            <div class="controls" data-controls hidden>
              <label>
                Samples of{" "}
                <select data-choose="samples">
                  {sampled.map(({ key, label }) => (
                    <option key={key} value={label}>{label}</option>
                  ))}
                </select>
              </label>
              <label>
                Leave out from <Second choose="from" /> s
              </label>
              <label>
                to <Second choose="to" /> s
              </label>
              <button type="button" class="small" data-do="leave-out">Leave out</button>
              <span role="status" data-brush-said />
            </div>
          )}
          <div class="figures">
            {sampled.length > 0 && (
              <ChartPlace
                id="samples"
                title="Every sample over time"
                text={"A lane for each kernel: its median in the middle, half of it below, twice it " +
                  "above; samples of a round stand one behind the other. Grey crosses were measured again, told by the state of the machine alone. Draw over a stretch to leave out all that was measured in it, on all workloads; times, comparisons and noise are then computed anew."}
                label={"Samples over time of the kernels shown, as multiples of their medians. " +
                  "Medians and intervals are in the table of all numbers."}
                numbers="all-caption"
                height={lanesHeight(shownAtFirst)}
              />
            )}
            {warmups && (
              <ChartPlace
                id="warm-up"
                title="Warm-up"
                text="From the first call until the times showed no trend; 1 is the final median."
                label={"Times during warm-up as multiples of the final median. How long it took " +
                  "is in the table of all numbers."}
                numbers="all-caption"
                height={linesHeight(leastWarmUp, shownAtFirst)}
              />
            )}
          </div>
        </>
      )}
    </>
  );
}

/** A time of the run, to be typed. */
function Second({ choose }: { choose: string }): JSX.Element {
  return <input type="number" min="0" step="any" class="second" data-choose={choose} />;
}

function NoiseNumbers({ noise }: { noise: NoiseReport }): JSX.Element {
  return (
    <>
      <p>
        A second instance of the baseline was measured as an A/A control, and one for each larger
        number of threads: every difference between the two is noise. The reference loop, which is
        always the same work, was timed in each round. A measurement was repeated only where the
        machine was disturbed, never because of the times it gave; the one that it replaced is in
        the result file.
      </p>
      <Facts id="noise" caption="The noise of the run" rows={factsOf(noise)} />
      {noise.controls.length > 0 && (
        <Table
          id="controls"
          caption="The control’s time as a multiple of its kernel’s"
          columns={[
            { title: "control", sort: "text" },
            { title: "workload", sort: "text" },
            { title: "median (least–greatest) of the rounds", sort: "number" },
            { title: "rounds", sort: "number" },
          ]}
        >
          {noise.controls.map((control, i) => <ControlLine key={i} control={control} />)}
        </Table>
      )}
    </>
  );
}

function ControlLine(
  { control: { kernel, workload, pass, ratios } }: { control: ControlRatios },
): JSX.Element {
  const { min, max } = rangeOf(ratios);
  const value = ratios.length > 0 ? median(ratios) : null;
  return (
    <tr>
      <th scope="row">{kernel}</th>
      <td>
        <span class="title">{workload}</span>
        {pass !== "forward" && <span class="detail">{pass}</span>}
      </td>
      <NumberCell value={value}>
        {value === null ? "–" : <WithInterval {...formatInterval(value, min, max)} />}
      </NumberCell>
      <NumberCell value={ratios.length}>{formatWhole(ratios.length)}</NumberCell>
    </tr>
  );
}

function factsOf(noise: NoiseReport): readonly (readonly [string, string])[] {
  const percent = (share: number | null) => share === null ? "unknown" : formatPercent(share);
  const times = noise.referenceLoop.map(({ seconds }) => seconds);
  const { min, max } = rangeOf(times);
  return [
    ["grade", noise.grade],
    ["difference of the controls (noise floor)", percent(noise.floor)],
    ["difference called one in 4 of 5 such runs", percent(noise.smallest)],
    ...(noise.byThreads ?? []).slice(1).map(({ threads, grade, floor }) =>
      [`${threads} threads`, `${grade}, noise floor ${percent(floor)}`] as const
    ),
    [
      "measurements repeated",
      `${formatWhole(noise.replaced)} of ${formatWhole(noise.measurements)}`,
    ],
    [
      "reference loop",
      times.length === 0
        ? "not timed"
        : `${formatTime(median(times))}, from ${formatTime(min)} to ${formatTime(max)} in ${
          formatCount(times.length, "reading")
        }`,
    ],
  ];
}

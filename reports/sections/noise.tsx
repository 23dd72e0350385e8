/**
 * How noisy the machine was during the run: the A/A controls, the reference
 * loop, and the measurements that were repeated.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatInterval, formatPercent, formatWhole } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import { median, rangeOf } from "../../statistics/estimators.ts";
import type { ControlRatios, NoiseReport, Results } from "../../results/schema.ts";
import { Facts, NumberCell, Table, WithInterval } from "./table.tsx";

/** The noise of the run; nothing where it was not measured. */
export function NoiseSection({ results: { noise } }: { results: Results }): JSX.Element | null {
  if (!noise) return null;
  return (
    <section aria-labelledby="noise">
      <h2 id="noise">Noise of the machine</h2>
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
    </section>
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

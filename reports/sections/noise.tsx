/**
 * The machine's weather during the run: what looks like a difference where
 * there is none, the reference loop, and the measurements that were made again. And what
 * others have published for the same shapes, as context.
 *
 * @module
 */
import type { JSX } from "preact";
import {
  formatCount,
  formatInterval,
  formatNumber,
  formatRatio,
  formatWhole,
} from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import type { ControlRatios, NoiseReport, Published, Results } from "../../results/schema.ts";
import { Facts, NumberCell, Table, WithInterval } from "./table.tsx";

/** The noise of the run; nothing where it was not measured. */
export function Weather({ results: { noise } }: { results: Results }): JSX.Element | null {
  if (!noise) return null;
  return (
    <section aria-labelledby="weather">
      <h2 id="weather">How quiet the machine was</h2>
      <p>
        A copy of the baseline took part under another name, so that every difference between the
        two is noise (A/A). In each round a referenceLoop was read, which is always the same work. A
        round was measured again only for what the machine did in it, never for the times it gave;
        what it replaced is in the result file.
      </p>
      <Facts id="weather" caption="The noise of the run" rows={factsOf(noise)} />
      {noise.controls.length > 0 && (
        <Table
          id="controls"
          caption="The copy’s time as a multiple of the original’s"
          columns={[
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

function middle(sorted: readonly number[]): number {
  const last = sorted.length - 1;
  return ((sorted[Math.floor(last / 2)] ?? NaN) + (sorted[Math.ceil(last / 2)] ?? NaN)) / 2;
}

function ControlLine(
  { control: { workload, pass, ratios } }: { control: ControlRatios },
): JSX.Element {
  const sorted = ratios.toSorted((a, b) => a - b);
  const value = sorted.length > 0 ? middle(sorted) : null;
  return (
    <tr>
      <th scope="row">
        <span class="title">{workload}</span>
        {pass !== "forward" && <span class="detail">{pass}</span>}
      </th>
      <NumberCell value={value}>
        {value === null
          ? "–"
          : <WithInterval {...formatInterval(value, sorted[0] ?? value, sorted.at(-1) ?? value)} />}
      </NumberCell>
      <NumberCell value={ratios.length}>{formatWhole(ratios.length)}</NumberCell>
    </tr>
  );
}

function factsOf(noise: NoiseReport): readonly (readonly [string, string])[] {
  const percent = (share: number | null) =>
    share === null ? "unknown" : `${formatNumber(100 * share, 2)} %`;
  const sorted = noise.referenceLoop.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  return [
    ["grade", noise.grade],
    ["difference between two alike", percent(noise.floor)],
    ["smallest difference that can be told", percent(noise.smallest)],
    [
      "measurements made again",
      `${formatWhole(noise.replaced)} of ${formatWhole(noise.measurements)}`,
    ],
    [
      "referenceLoop",
      least === undefined || most === undefined
        ? "not read"
        : `${formatTime(middle(sorted))}, from ${formatTime(least)} to ${formatTime(most)} in ${
          formatCount(sorted.length, "reading")
        }`,
    ],
  ];
}

/** Figures of other machines; nothing where there are none. */
export function PublishedFigures({ results }: { results: Results }): JSX.Element | null {
  const { published = [] } = results;
  if (published.length === 0) return null;
  const best = (workload: string) =>
    Math.max(
      0,
      ...results.results.filter((result) =>
        result.workload === workload && result.pass === "forward" &&
        result.verification.status === "passed"
      ).map(({ gflops }) => gflops ?? 0),
    );
  return (
    <section aria-labelledby="published">
      <h2 id="published">What others have published</h2>
      <p>
        Figures of other machines, some of them of whole numbers in place of floating point: context
        for the shapes, no comparison of kernels.
      </p>
      <Table
        id="published-table"
        caption={[...new Set(published.map(({ source }) => source))].join("; ")}
        columns={[
          { title: "workload", sort: "text" },
          { title: "machine", sort: "text" },
          { title: "GFLOP/s", sort: "number" },
          { title: "as a multiple of the fastest here", sort: "number" },
        ]}
      >
        {published.map((figure, i) => <FigureLine key={i} figure={figure} best={best} />)}
      </Table>
    </section>
  );
}

function FigureLine(
  { figure: { workload, device, gflops }, best }: {
    figure: Published;
    best: (workload: string) => number;
  },
): JSX.Element {
  const here = best(workload);
  return (
    <tr>
      <th scope="row">
        <span class="title">{workload}</span>
      </th>
      <td>{device}</td>
      <NumberCell value={gflops}>{formatNumber(gflops)}</NumberCell>
      <NumberCell value={here > 0 ? gflops / here : null}>
        {here > 0 ? formatRatio(gflops / here) : "–"}
      </NumberCell>
    </tr>
  );
}

/**
 * How many results of random sums were how many units in the last place off:
 * a bar chart for each kernel, and the counts.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatWhole } from "../../../common/numbers.ts";
import { looksOf } from "../../looks.ts";
import { seriesStyle } from "../../palette.ts";
import { KernelLabel, NumberCell, Table } from "../../sections/table.tsx";
import { Numbers, Panel, panel, round } from "../plot.tsx";
import type { Scale } from "../scale.ts";
import { ulpBins, type VerificationReport } from "../../../results/verification/schema.ts";

/** The bins as text: `0`, `3–4`, `129+`. */
export const binTexts: readonly string[] = ulpBins.map((from, i) => {
  const next = ulpBins[i + 1];
  if (next === undefined) return `${from}+`;
  return next === from + 1 ? String(from) : `${from}–${next - 1}`;
});

/** The same, short enough to stand below a bar: `0`, `≤4`, `>128`. */
const shortBins: readonly string[] = ulpBins.map((from, i) => {
  const next = ulpBins[i + 1];
  if (next === undefined) return `>${from - 1}`;
  return next === from + 1 ? String(from) : `≤${next - 1}`;
});

/** A share of all as a percentage that never rounds something to nothing: `61 %`, `0.3 %`, `<0.1 %`. */
export function shareText(share: number): string {
  if (share === 0) return "0 %";
  if (share < 0.001) return "<0.1 %";
  return `${share < 0.1 ? (share * 100).toFixed(1) : Math.floor(share * 100)} %`;
}

/** A bar chart for each kernel. */
export function Histograms({ report }: { report: VerificationReport }): JSX.Element {
  const looks = looksOf(report.kernels.map(({ kernel }) => kernel));
  const counted = report.kernels.map((one, at) => ({
    ...one,
    at,
    index: looks.get(one.kernel) ?? 0,
  }))
    .filter(({ ulpHistogram }) => ulpHistogram.some((count) => count > 0));
  return (
    <section aria-labelledby="ulp">
      <h2 id="ulp">Distances in ULP</h2>
      {counted.length === 0 ? <p>Distances of sums in ULP were not counted in this run.</p> : (
        <>
          <p>
            How far results of random sums are from the correctly rounded ones, in units in the last
            place. Where products cancel, a right result can be many ULP off, so this describes a
            kernel and is not a verdict on it.
          </p>
          <div class="panels">
            {counted.map(({ kernel, at, index, ulpHistogram }) => (
              <Bars key={kernel} kernel={kernel} place={at} index={index} counts={ulpHistogram} />
            ))}
          </div>
          <Numbers>
            <Table
              id="ulp-table"
              caption="Results by distance in ULP"
              columns={[
                { title: "kernel", sort: null },
                ...binTexts.map((title) => ({ title, sort: "number" as const })),
              ]}
            >
              {counted.map(({ kernel, ulpHistogram }) => (
                <tr key={kernel}>
                  <th scope="row">
                    <KernelLabel name={kernel} peer={false} />
                  </th>
                  {ulpHistogram.map((count, i) => (
                    <NumberCell key={i} value={count}>{formatWhole(count)}</NumberCell>
                  ))}
                </tr>
              ))}
            </Table>
          </Numbers>
        </>
      )}
    </section>
  );
}

function Bars({ kernel, place, index, counts }: {
  kernel: string;
  /** Its place among the kernels. */
  place: number;
  /** The number of its look. */
  index: number;
  counts: readonly number[];
}): JSX.Element {
  const { left, right, top, bottom } = panel;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = (right - left) / counts.length;
  const middle = (i: number) => left + (i + 0.5) * step;
  const x: Scale = {
    from: left,
    to: right,
    ticks: [],
    at: middle,
  };
  const at = (share: number) => bottom - share * (bottom - top - 14);
  const y: Scale = {
    from: bottom,
    to: top,
    ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: at(share), label: `${share * 100} %` })),
    at,
  };
  const text = counts.map((count, i) => `${binTexts[i]} ULP ${formatWhole(count)}`).join(", ");
  return (
    <Panel
      id={`ulp-${place}`}
      title={kernel}
      text={`Bar chart of ${formatWhole(total)} results of ${kernel} by distance: ${text}.`}
      x={x}
      y={y}
      xTitle="ULP from the correctly rounded result"
      yTitle="share of results"
    >
      {shortBins.map((bin, i) => (
        <text key={i} class="small" x={round(middle(i))} y={bottom + 14} text-anchor="middle">
          {bin}
        </text>
      ))}
      {counts.map((count, i) => {
        if (count === 0) return null;
        const share = count / total;
        // A bar can be seen however few results it stands for.
        const height = Math.max(1.5, bottom - at(share));
        return (
          <g key={i}>
            <rect
              class={`bar s${seriesStyle(index).color}`}
              x={round(middle(i) - step * 0.38)}
              y={round(bottom - height)}
              width={round(step * 0.76)}
              height={round(height)}
            />
            <text
              class="small"
              x={round(middle(i))}
              y={round(bottom - height - 4)}
              text-anchor="middle"
            >
              {shareText(share).replace(" ", "").replace("0.", ".")}
            </text>
          </g>
        );
      })}
    </Panel>
  );
}

/**
 * How errors of sums grow with the number of products, on logarithmic axes:
 * in units of the rounding error, as a share of the proven bound, and
 * against what is usual; and how far off results are in ULP.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatWhole } from "../../../common/numbers.ts";
import { looksOf } from "../../looks.ts";
import { seriesStyle } from "../../palette.ts";
import { KernelLabel, NumberCell, Table } from "../../sections/table.tsx";
import { Inside, KernelLine, Legend, LineKey, Numbers, Panel, panel, round } from "../plot.tsx";
import { extent, type LogScale, logScale } from "../scale.ts";
import type { Growth, VerificationReport } from "../../../results/verification/schema.ts";

/** The errors of one kernel on one family; `index` is the kernel's look. */
interface Line {
  readonly kernel: string;
  readonly index: number;
  readonly points: readonly Growth[];
}

interface Metric {
  readonly key: "units" | "rho" | "lambda";
  readonly name: string;
  readonly axis: string;
  readonly guides: readonly Guide[];
}

interface Guide {
  readonly kind: "guide" | "limit";
  readonly label: string;
  readonly value: (k: number) => number;
}

/** Above this, an error of random data against the usual one is worth a warning. */
const unusual = 4;

const metrics: readonly Metric[] = [
  {
    key: "units",
    name: "error in rounding errors",
    axis: "largest error / rounding error",
    guides: [
      { kind: "guide", label: "k", value: (k) => k },
      { kind: "guide", label: "√k", value: Math.sqrt },
    ],
  },
  {
    key: "rho",
    name: "share of the proven bound",
    axis: "largest error / bound",
    guides: [
      { kind: "limit", label: "1: the bound", value: () => 1 },
      { kind: "guide", label: "1/√k", value: (k) => 1 / Math.sqrt(k) },
    ],
  },
  {
    key: "lambda",
    name: "against what is usual",
    axis: "largest error / usual one",
    guides: [{ kind: "limit", label: "4: unusual", value: () => unusual }],
  },
];

/** The errors against k, one row of panels for each family of data. */
export function GrowthPlots({ report }: { report: VerificationReport }): JSX.Element {
  const families = [
    ...new Set(report.kernels.flatMap(({ growth }) => growth.map((g) => g.family))),
  ];
  const looks = looksOf(report.kernels.map(({ kernel }) => kernel));
  const lines = (family: string): Line[] =>
    report.kernels.map(({ kernel, growth }) => ({
      kernel,
      index: looks.get(kernel) ?? 0,
      points: growth.filter((one) => one.family === family).toSorted((a, b) => a.k - b.k),
    })).filter(({ points }) => points.length > 0);
  const all = report.kernels.flatMap(({ growth }) => growth);
  const drawn = report.kernels.map(({ kernel, growth }) => ({
    name: kernel,
    index: looks.get(kernel) ?? 0,
    growth,
  })).filter(({ growth }) => growth.length > 0);
  return (
    <section aria-labelledby="growth">
      <h2 id="growth">Errors of sums</h2>
      {families.length === 0
        ? <p>Errors of sums of different lengths were not measured in this run.</p>
        : (
          <>
            <p>
              The largest error of a sum of k products of random data. Its unit is the rounding
              error of one number that is as large as all products together, signs left out. In it
              an error grows at most as the number of additions that a product passes through, its
              depth: that is the proven bound. Independent rounding errors grow as the square root
              of the depth. A line that bends upwards where others do not shows a change in how a
              kernel adds.
            </p>
            <Legend kernels={drawn}>
              <LineKey kind="guide">k, √k, 1/√k</LineKey>
              <LineKey kind="depth">
                depth of a kernel, in its colour, where it is not about k
              </LineKey>
              <LineKey kind="limit">limit</LineKey>
            </Legend>
            {families.map((family, i) => (
              <figure key={family} class="figure">
                <figcaption>
                  <h3>Data: {family}</h3>
                </figcaption>
                <div class="panels">
                  {metrics.map((metric) => (
                    <GrowthPanel
                      key={metric.key}
                      id={`growth-${i}-${metric.key}`}
                      family={family}
                      metric={metric}
                      lines={lines(family)}
                      all={all}
                    />
                  ))}
                </div>
              </figure>
            ))}
            <Numbers>
              <GrowthTable report={report} />
            </Numbers>
          </>
        )}
    </section>
  );
}

/** The scales are the same for all families, so that panels can be compared. */
function scalesOf(all: readonly Growth[], { key, guides }: Metric): {
  x: LogScale;
  y: LogScale;
  ends: readonly [number, number];
} {
  const { left, right, top, bottom } = panel;
  const [first, last] = extent(all.map(({ k }) => k)) ?? [1, 10];
  const marks = guides.filter(({ kind, label }) => kind === "limit" || label === "√k")
    .flatMap(({ value }) => [value(first), value(last)]);
  const [low, high] = extent([...all.map((one) => one[key]), ...marks]) ?? [0.1, 1];
  const ends = [first / 1.15, last * (first === last ? 2 : 1.15)] as const;
  return {
    ends,
    x: logScale(...ends, left, right),
    y: logScale(low / 1.6, high * 2.5, bottom, top),
  };
}

function GrowthPanel({ id, family, metric, lines, all }: {
  id: string;
  family: string;
  metric: Metric;
  lines: readonly Line[];
  all: readonly Growth[];
}): JSX.Element {
  const { x, y, ends } = scalesOf(all, metric);
  const worst = lines.map(({ kernel, points }) =>
    `${kernel} up to ${formatError(Math.max(...points.map((point) => point[metric.key])))}`
  );
  return (
    <Panel
      id={id}
      title={metric.name}
      text={`Line chart of ${metric.name}, against k, for data ${family}: ${worst.join(", ")}.`}
      x={x}
      y={y}
      xTitle="k, products in a sum"
      yTitle={metric.axis}
    >
      {metric.guides.map((guide) => (
        <GuideLine key={guide.label} guide={guide} x={x} y={y} ends={ends} />
      ))}
      {metric.key === "units" &&
        lines.map((line) => <DepthLine key={line.kernel} line={line} x={x} y={y} />)}
      {lines.map(({ kernel, index, points }) => (
        <KernelLine
          key={kernel}
          index={index}
          points={points.map((point) => ({ x: x.at(point.k), y: y.at(point[metric.key]) }))}
        />
      ))}
    </Panel>
  );
}

/** A guide, straight on these axes, and its name where it leaves the frame: rising ones at the right, falling ones at the left. */
function GuideLine({ guide, x, y, ends }: {
  guide: Guide;
  x: LogScale;
  y: LogScale;
  /** The first and the last k of the axis. */
  ends: readonly [number, number];
}): JSX.Element {
  const spot = (k: number) => ({ x: x.beyond(k), y: y.beyond(guide.value(k)) });
  const [start, end] = [spot(ends[0]), spot(ends[1])];
  const slope = (end.y - start.y) / (end.x - start.x);
  // Where a rising line reaches the upper edge.
  const reach = slope < 0 ? Math.min(end.x, start.x + (y.to - start.y) / slope) : end.x;
  const [at, anchor] = slope > 0 ? [start.x + 8, "start"] as const : [reach - 12, "end"] as const;
  const height = start.y + slope * (at - start.x) + -5;
  return (
    <g>
      <Inside>
        <path
          class={guide.kind}
          d={`M${round(start.x)} ${round(start.y)}L${round(end.x)} ${round(end.y)}`}
        />
      </Inside>
      <text
        class={`name ${guide.kind}`}
        x={round(at)}
        y={round(Math.max(height, y.to + 9))}
        text-anchor={anchor}
      >
        {guide.label}
      </text>
    </g>
  );
}

/** The bound of a kernel by its depth, where that is not about k itself. */
function DepthLine({ line, x, y }: { line: Line; x: LogScale; y: LogScale }): JSX.Element | null {
  const points = line.points.filter(({ depth }) => depth > 0);
  if (points.every(({ k, depth }) => Math.abs(depth - k) <= 2 + k / 8)) return null;
  const path = points.map(({ k, depth }, i) =>
    `${i === 0 ? "M" : "L"}${round(x.beyond(k))} ${round(y.beyond(depth))}`
  ).join("");
  return (
    <Inside>
      <path class={`depth s${seriesStyle(line.index).color}`} d={path} />
    </Inside>
  );
}

function formatError(value: number): string {
  if (value === Infinity) return "∞";
  return value !== 0 && value < 1e-3
    ? value.toExponential(1).replace("e-", "e−")
    : formatNumber(value, 2);
}

function GrowthTable({ report }: { report: VerificationReport }): JSX.Element {
  return (
    <Table
      id="growth-table"
      caption="Largest errors of sums of k products"
      columns={[
        { title: "kernel", sort: null },
        { title: "data", sort: null },
        { title: "k", sort: "number" },
        { title: "depth", sort: "number" },
        { title: "in rounding errors", sort: "number" },
        { title: "share of the bound", sort: "number" },
        { title: "against the usual", sort: "number" },
      ]}
    >
      {report.kernels.flatMap(({ kernel, growth }) =>
        growth.map(({ family, k, depth, units, rho, lambda }, i) => (
          <tr key={`${kernel} ${i}`}>
            <th scope="row">
              <KernelLabel name={kernel} peer={false} />
            </th>
            <td>{family}</td>
            <NumberCell value={k}>{formatWhole(k)}</NumberCell>
            <NumberCell value={depth}>{formatWhole(depth)}</NumberCell>
            {[units, rho, lambda].map((value, column) => (
              <NumberCell key={column} value={value}>{formatError(value)}</NumberCell>
            ))}
          </tr>
        ))
      )}
    </Table>
  );
}

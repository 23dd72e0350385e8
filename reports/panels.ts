/**
 * How the workloads of a run are shared between the panels of its speed: square
 * products as lines over n, all others as rows of dots, layers apart from
 * networks and other passes. Pages make the places for the charts and the
 * browser draws them, both from here.
 *
 * @module
 */
import { linesHeight, rowsHeight } from "./heights.ts";
import { rankingOf } from "./ranking.ts";
import type { Results } from "../results/schema.ts";
import { bySize, byWorkload, type ChartData, type Series, type WorkloadKey } from "./series.ts";

/** A chart of speed. */
export interface SpeedPanel {
  /** `by-size` or `by-workload`, with a number behind it from the second on. */
  readonly id: string;
  readonly title: string;
  readonly kind: "sizes" | "workloads";
  readonly data: ChartData<WorkloadKey>;
}

/** More rows than this make another panel. */
export const rowsOfPanel = 14;

/** How many series a chart shows until a reader asks for others. */
export const shownAtFirst = 6;

/** Fewer sizes than this make no line. */
const leastSizes = 3;

/** The panels of a run; each workload is in one. */
export function panelsOf(results: Results, series: readonly Series[]): readonly SpeedPanel[] {
  const sizes = bySize(results, series);
  const lines = sizes.rows.length >= leastSizes;
  const inLines = new Set(lines ? sizes.rows.map(({ at }) => at.key) : []);
  const all = byWorkload(results, series);
  const others = all.rows.filter(({ at, cells }) =>
    !inLines.has(at.key) && cells.some((cell) => cell !== null)
  );
  const layers = others.filter(({ at }) => at.pass === "forward" && at.layers === null);
  const rest = others.filter((row) => !layers.includes(row));
  // A panel of one or two rows is not worth a place of its own.
  const groups = layers.length + rest.length <= rowsOfPanel
    ? [["Layers", others] as const]
    : [["Layers", layers] as const, ["Networks and other passes", rest] as const];
  const parts = groups.flatMap(([title, rows]) => {
    const count = Math.ceil(rows.length / rowsOfPanel);
    const length = Math.ceil(rows.length / Math.max(1, count));
    return Array.from({ length: count }, (_, i) => ({
      title: count > 1 ? `${title}, ${i + 1} of ${count}` : title,
      rows: rows.slice(i * length, (i + 1) * length),
    }));
  });
  return [
    ...(lines
      ? [{ id: "by-size", title: "Square products by size", kind: "sizes", data: sizes } as const]
      : []),
    ...parts.map(({ title, rows }, i): SpeedPanel => ({
      id: i === 0 ? "by-workload" : `by-workload-${i + 1}`,
      title,
      kind: "workloads",
      data: { series, rows },
    })),
  ];
}

/** The names of the series that are shown at first: the best overall. */
export function firstShown(results: Results, series: readonly Series[]): readonly string[] {
  return rankingOf(results, series).columns.slice(0, shownAtFirst).map(({ name }) => name);
}

/** The height of a panel's chart in pixels. */
export function heightOf({ kind, data }: SpeedPanel): number {
  return kind === "sizes" ? linesHeight(400, data.series.length) : rowsHeight(data.rows.length);
}

/**
 * The heights of charts in pixels, in one place for the pages, which keep the
 * room, and for the browser, which draws.
 *
 * @module
 */

/** Below the title and above the axis of a chart of rows. */
const around = 70;

/** What a chart of points is high. */
export const heights = { roofline: 460, accuracy: 380 } as const;

/** A chart with a row for each workload. */
export function rowsHeight(rows: number): number {
  return rows * 34 + around;
}

/** A chart with a lane for each series. */
export function lanesHeight(series: number): number {
  return series * 52 + around;
}

/** The least height of the chart of warm-up. */
export const leastWarmUp = 320;

/** The distance between names at the ends of lines. */
export const nameHeight = 16;

/** A chart of lines, `least` high or as high as the names of so many series at their ends need. */
export function linesHeight(least: number, series: number): number {
  return Math.max(least, series * nameHeight + 90);
}

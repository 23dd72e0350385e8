/**
 * The counts of a calibration as a table for a terminal.
 *
 * @module
 */
import { formatCount, formatNumber, formatPercent } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { formatDuration } from "../../common/units.ts";
import type { Calibration, Count } from "../../results/calibration/schema.ts";

/** The runs of a count, in words. */
function titleOf({ title, effect, what, load, workload }: Count): string {
  const change = effect === null || what === "exit3"
    ? ""
    : /^[\d.]+$/.test(effect)
    ? `${effect} % slower: `
    : `${effect}: `;
  return `${change}${title}${workload === null ? "" : ` on ${workload}`}${
    load === "all" ? "" : `, ${load}`
  }`;
}

/** Lines with every count, its share and its interval, and how long the runs took. */
export function formatCalibration({ counts, times, runs }: Calibration): string {
  const rows = counts.map((count) => {
    const { found, of, low, high, ratio } = count;
    return [
      titleOf(count),
      `${found} of ${of}`,
      formatPercent(found / of),
      `(${formatPercent(low)} to ${formatPercent(high)})`,
      ratio === undefined ? "" : `median ratio ${formatNumber(ratio, 4)}`,
    ];
  });
  const [all] = times;
  return [
    ...alignColumns([["", "found", "share", "95 % interval", ""], ...rows], [1, 2]),
    ...(all
      ? [
        "",
        `${formatCount(runs.length, "run")}, ${formatDuration(all.median)} each (${
          formatDuration(all.min)
        } to ${formatDuration(all.max)}).`,
      ]
      : []),
  ].join("\n");
}

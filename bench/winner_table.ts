/**
 * The map of winners for a terminal: a line for each batch size, a column for
 * each number of units, and the fastest contender in between.
 *
 * @module
 */
import { bold, dim } from "@std/fmt/colors";
import { formatRatio } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import type { Results } from "../results/schema.ts";
import { titleOf, type WinnerCell, type WinnerMap, winnerMaps } from "../results/winner_map.ts";

/** The maps of a run, each after an empty line; empty where it has none. */
export function formatWinners(results: Pick<Results, "kernels" | "results">): string {
  return winnerMaps(results).map((map) => `\n${formatMap(map)}`).join("\n");
}

function formatMap(map: WinnerMap): string {
  const { rows, units, cells } = map;
  const cellAt = (m: number, n: number) => cells.find((cell) => cell.m === m && cell.n === n);
  const title = `fastest by rows and units, ${titleOf(map)}`;
  const [head = "", ...lines] = alignColumns([
    ["rows", ...units.map((n) => `${n} units`)],
    ...rows.map((m) => [String(m), ...units.map((n) => formatCell(cellAt(m, n)))]),
  ], [0]);
  return [
    bold(title),
    dim(head),
    ...lines,
    dim("as many times as fast as the next one; = where their intervals overlap"),
  ].join("\n");
}

function formatCell(cell: WinnerCell | undefined): string {
  if (!cell) return "-";
  const { kernel, lead, level } = cell;
  if (level.length > 0) return `${kernel} = ${level.join(", ")}`;
  return lead === null ? kernel : `${kernel} ${formatRatio(lead)}x`;
}

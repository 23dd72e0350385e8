/**
 * The table of what was found in the reader's browser, beside what the run has.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { formatTime } from "../../common/units.ts";
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import type { Result, Results } from "../../results/schema.ts";
import { laneOf, laneText } from "./here_lane.ts";
import { type Missing, type RowBeside, rowsBeside } from "../here/beside.ts";

const titles = [
  "workload",
  "kernel",
  "time here",
  "each round, as a multiple of it",
  "GFLOP/s here",
  "time in the run",
  "time here as a multiple of the run’s",
];
/** The column of the lanes. */
const lanes = 3;

function timeOf(result: Result): string {
  const seconds = verifiedSeconds(result);
  if (seconds) return formatTime(seconds.median);
  const { status, detail } = result.verification;
  return `${status === "failed" ? "wrong" : "not timed"}: ${detail}`;
}

const reasons: Readonly<Record<Missing, string>> = {
  "no such kernel": "not in the run",
  flags: "with V8 flags only",
  threads: "with other threads only",
};

function textsOf({ here, there, ratio, missing }: RowBeside): string[] {
  const seconds = verifiedSeconds(here);
  return [
    workloadName(here),
    here.kernel,
    timeOf(here),
    seconds && here.roundMedians.length > 1 ? laneText(here.roundMedians, seconds.median) : "–",
    here.gflops === null ? "–" : formatNumber(here.gflops),
    there ? timeOf(there) : missing ? reasons[missing] : "not in the run",
    ratio === null ? "–" : `${formatRatio(ratio)}x`,
  ];
}

function cell(tag: "th" | "td", text: string, names = ""): HTMLTableCellElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = names;
  return made;
}

/** The table, in a region that scrolls by itself. */
export function tableOf(run: Results, here: Results): HTMLElement {
  const table = document.createElement("table");
  const caption = table.createCaption();
  caption.id = "here-caption";
  caption.textContent = "Times in this browser, and as multiples of those of the run";
  const head = table.createTHead().insertRow();
  for (const [i, title] of titles.entries()) {
    const made = cell("th", title, i > 1 ? "number" : "");
    made.scope = "col";
    head.append(made);
  }
  const body = table.createTBody();
  for (const row of rowsBeside(run, here)) {
    const line = body.insertRow();
    for (const [i, text] of textsOf(row).entries()) {
      const wrong = i === 2 && verifiedSeconds(row.here) === null;
      const made = cell(i === 0 ? "th" : "td", text, wrong ? "none" : i > 1 ? "number" : "");
      if (i === 0) made.scope = "row";
      const seconds = verifiedSeconds(row.here);
      if (i === lanes && seconds && row.here.roundMedians.length > 1) {
        made.prepend(laneOf(row.here.roundMedians, seconds.median), document.createElement("br"));
      }
      line.append(made);
    }
  }
  const region = document.createElement("div");
  region.className = "scroll";
  region.setAttribute("role", "region");
  region.tabIndex = 0;
  region.setAttribute("aria-labelledby", caption.id);
  region.append(table);
  return region;
}

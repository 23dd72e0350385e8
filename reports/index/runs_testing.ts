/**
 * For tests: a folder of past runs, made of the sample; nothing in here was measured.
 *
 * @module
 */
import { sampleResults } from "../../results/sample_testing.ts";
import { ofMachine, timesScaled } from "../compare/pairs_testing.ts";
import type { Run } from "../history/history.ts";
import type { RunsFolder } from "./page.tsx";

/** A run of this day and commit in which naive takes so many times as long. */
export function runAt(day: number, factor: number): Run {
  const date = `2026-11-${String(day).padStart(2, "0")}T10:00:00.000Z`;
  const sample = timesScaled(sampleResults(), ({ kernel }) => kernel === "naive" ? factor : 1);
  return {
    path: `/runs/${date.slice(0, 10)}T10-00-00-quick/results.json`,
    results: { ...ofMachine(sample, { commit: `c${day}` }), date },
  };
}

/** Six runs of one machine, in which naive steps, and a later one of another; two that cannot be read. */
export function folderOfRuns(): RunsFolder {
  const runs = [1, 2, 3, 4, 5, 6].map((day) =>
    runAt(day, day < 4 ? 1 + day / 1000 : 1.5 + day / 1000)
  );
  const other = runAt(7, 1);
  const elsewhere = { ...other, results: ofMachine(other.results, { cpu: "Other CPU" }) };
  return {
    runs: [...runs, elsewhere],
    problems: [
      { path: "/runs/2026-11-08T10-00-00-quick/results.json", reason: "the file is not JSON" },
      { path: "/runs/2026-11-09T10-00-00-quick/results.json", reason: "there is no such file" },
    ],
    earlier: 0,
    pages: [
      ...[...runs, elsewhere].map(({ path }) =>
        path.replace("/runs/", "").replace("results.json", "report.html")
      ),
      "2026-11-08T10-00-00-quick/report.html",
      "merged.html",
    ],
  };
}

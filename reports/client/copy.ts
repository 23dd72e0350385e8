/**
 * The shown numbers for elsewhere: as a table in Markdown, as CSV, as JSON, and
 * the command of the run. Texts are those of the page, cleaned before.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { formatNumber } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { verifiedSeconds, workloadName } from "../../results/query.ts";
import { toCsv } from "../../results/csv.ts";
import { toJson } from "../../results/json.ts";
import type { Result, Results } from "../../results/schema.ts";

/** A text as a cell of Markdown, in which nothing of it is markup. */
function cellOf(text: string): string {
  return text.replaceAll(/[\\|<>`*_[\]]/g, (character) => `\\${character}`);
}

/** GFLOP/s of some results: a row for each workload, a column for each kernel. */
export function markdownOf(results: readonly Result[]): string {
  const timed = results.filter((one) => verifiedSeconds(one) !== null && one.gflops !== null);
  const names = [...new Set(timed.map(({ kernel }) => kernel))];
  const rows = [...Map.groupBy(timed, workloadName)].map(([workload, group]) => {
    const [{ m, n, k } = { m: 0, n: 0, k: 0 }] = group;
    const cells = names.map((name) => {
      const gflops = group.find(({ kernel }) => kernel === name)?.gflops ?? null;
      return gflops === null ? "" : formatNumber(gflops);
    });
    return markdownRow([cellOf(workload), `${m} x ${n} x ${k}`, ...cells]);
  });
  const titles = ["workload (GFLOP/s)", "m x n x k", ...names.map(cellOf)];
  return [markdownHead(titles, names.map((_, i) => 2 + i)), ...rows].join("\n") + "\n";
}

/** Some of a run's results in a form; the command is that of the run. */
export function textOf(
  form: string,
  results: Results,
  shown: readonly Result[],
): string {
  const some = { ...results, results: shown };
  if (form === "markdown") return markdownOf(shown);
  if (form === "csv") return toCsv(some);
  if (form === "json") return toJson(some);
  return results.command;
}

/** Puts text into the clipboard; says whether that was allowed. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Where there is no such clipboard, as on plain HTTP, the old way.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** Has the buttons of the page copy what is shown when they are pressed. */
export function makeCopyable(results: () => Results, shown: () => readonly Result[]): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const said = button.closest(".copy")?.querySelector("[role=status]");
    button.addEventListener("click", async () => {
      const form = button.dataset["copy"] ?? "";
      const done = await copy(textOf(form, results(), shown()));
      if (said) said.textContent = done ? `Copied: ${button.textContent}.` : "Copying failed.";
    });
  }
  for (const place of document.querySelectorAll<HTMLElement>(".copy")) place.hidden = false;
}

/**
 * Writes a run's three files, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { bundleClient } from "./bundle.ts";
import { toCsv } from "../results/csv.ts";
import { computeExample } from "./example.ts";
import { reasonOf, writeWhole } from "../results/files.ts";
import { renderReport } from "./html.tsx";
import { toJson } from "../results/json.ts";
import { type Merged, renderMerged } from "./merge/page.tsx";
import type { Results } from "../results/schema.ts";

/** The report as HTML; without charts, and a warning why, where the browser code cannot be bundled. */
export async function makeReport(results: Results): Promise<{ html: string; warning?: string }> {
  const example = await computeExample();
  return await withClient((client) => renderReport(results, { client, example }));
}

/**
 * The page on several runs and files of other tools; without charts as above.
 *
 * @throws {ResultFileError} where there is too much to show.
 */
export async function makeMerged(merged: Merged): Promise<{ html: string; warning?: string }> {
  return await withClient((client) => renderMerged(merged, client));
}

/** What `render` makes with the browser code, or with null and a warning. */
async function withClient(
  render: (client: string | null) => Promise<string>,
): Promise<{ html: string; warning?: string }> {
  let client: string;
  try {
    client = await bundleClient();
  } catch (error) {
    return {
      html: await render(null),
      warning: `the report has tables but no charts: ${reasonOf(error)}`,
    };
  }
  return { html: await render(client) };
}

/**
 * Writes results.json, results.csv and report.html into a folder that exists,
 * the result file first, so that no fault of a report can lose it.
 *
 * @throws {FileError} where a file cannot be written.
 */
export async function writeRun(
  folder: string,
  results: Results,
): Promise<{ json: string; csv: string; html: string; warning?: string }> {
  const paths = {
    json: join(folder, "results.json"),
    csv: join(folder, "results.csv"),
    html: join(folder, "report.html"),
  };
  await writeWhole(paths.json, toJson(results));
  await writeWhole(paths.csv, toCsv(results));
  const { html, ...rest } = await makeReport(results);
  await writeWhole(paths.html, html);
  return { ...paths, ...rest };
}

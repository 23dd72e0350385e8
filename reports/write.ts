/**
 * Makes the report of a run, and writes it beside the run's results.
 *
 * @module
 */
import { join } from "node:path";
import { bundleClient, bundleProgram } from "./bundle.ts";
import { computeExample } from "./example.ts";
import { reasonOf, writeEach, writeWhole, type Written } from "../results/files.ts";
import { renderReport } from "./html.tsx";
import { writeResults } from "../results/write.ts";
import type { Merged } from "./merge/merged.ts";
import { renderMerged } from "./merge/page.tsx";
import type { Results } from "../results/schema.ts";

/** The report as HTML; without charts, and a warning why, where the browser code cannot be bundled. */
export async function makeReport(results: Results): Promise<{ html: string; warning?: string }> {
  const example = await computeExample();
  return await withClient(async (client) =>
    renderReport(results, {
      client,
      example,
      // Where the page has its script, the bundler is there.
      ...(client !== null && { program: await bundleProgram() }),
    })
  );
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
      warning: `the report has tables but no charts: ${reasonOf(error)}. ` +
        "Consider making it again, with deno task report, where the packages can be downloaded",
    };
  }
  return { html: await render(client) };
}

/**
 * Writes results.json, results.csv and report.html into a folder that exists,
 * the report last, so that no fault of it can lose a result. What cannot be
 * written is said, and keeps no other file from being written.
 */
export async function writeRun(
  folder: string,
  results: Results,
  write = writeWhole,
): Promise<Written & { readonly warning?: string }> {
  const files = await writeResults(folder, results, write);
  const { html, ...rest } = await makeReport(results);
  const page = await writeEach([[join(folder, "report.html"), html]], write);
  return {
    paths: [...files.paths, ...page.paths],
    problems: [...files.problems, ...page.problems],
    ...rest,
  };
}

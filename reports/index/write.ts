/**
 * Makes the page of past runs from a folder; where nothing in the folder changed
 * since, it is the one that was made before.
 *
 * @module
 */
import { join } from "node:path";
import { bundleIndexClient } from "../bundle.ts";
import { mostRuns, readRuns } from "../history/read.ts";
import { reasonOf } from "../../results/files.ts";
import { renderIndex } from "./page.tsx";
import { pagesIn } from "./pages.ts";

/** The name of the page in its folder. */
export const indexName = "index.html";

/** A page, and a warning where it lacks something. */
interface Made {
  readonly html: string;
  readonly warning?: string;
}

/**
 * The page of the runs in a folder.
 *
 * @throws {FileError} where the folder cannot be read.
 */
export async function makeIndex(folder: string): Promise<Made> {
  const found = await readRuns(folder, mostRuns);
  const pages = (await pagesIn(folder)).filter((path) => path !== indexName);
  let client: string | null = null;
  let warning: string | undefined;
  try {
    client = await bundleIndexClient();
  } catch (error) {
    warning = `the page has no search and no sorting: ${reasonOf(error)}`;
  }
  const html = await renderIndex({ ...found, pages }, client);
  return { html, ...(warning !== undefined && { warning }) };
}

const made = new Map<string, { readonly state: string; readonly html: Promise<string> }>();

/** The same for a server, which makes it again when a run or a page came, went or changed. */
export async function indexOf(folder: string): Promise<string> {
  const state = JSON.stringify(await stateOf(folder));
  const last = made.get(folder);
  if (last?.state === state) return await last.html;
  const html = makeIndex(folder).then((one) => one.html);
  made.set(folder, { state, html });
  // What failed once may succeed next time.
  html.catch(() => made.delete(folder));
  return await html;
}

/** What tells whether something changed: pages, and times and sizes of results. */
async function stateOf(folder: string): Promise<unknown> {
  const files: unknown[] = [await pagesIn(folder)];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) continue;
    const info = await Deno.stat(join(folder, name, "results.json")).catch(() => null);
    files.push([name, info?.size, info?.mtime?.getTime()]);
  }
  return files;
}

/**
 * Writes what was found as a file of JSON and as a page beside it, each whole or
 * not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../results/files.ts";
import { toJson } from "../results/json.ts";

/**
 * Writes NAME.json and NAME.html into a folder that exists, and returns their paths.
 *
 * @throws {FileError} where a file cannot be written.
 */
export async function writeWithPage(
  folder: string,
  name: string,
  { found, page }: { readonly found: object; readonly page: string },
): Promise<{ readonly json: string; readonly html: string }> {
  const [json, html] = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
  await writeWhole(json, toJson(found));
  await writeWhole(html, page);
  return { json, html };
}

/**
 * Writes the file of a mutation test and its page, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../../results/files.ts";
import { toJson } from "../../results/json.ts";
import type { Mutation } from "../../results/mutation/schema.ts";
import { renderMutation } from "./page.tsx";

/**
 * Writes mutation.json and mutation.html into a folder that exists, and returns
 * their paths.
 *
 * @throws {FileError} where a file cannot be written.
 */
export async function writeMutation(
  folder: string,
  mutation: Mutation,
): Promise<{ readonly json: string; readonly html: string }> {
  const json = join(folder, "mutation.json");
  const html = join(folder, "mutation.html");
  await writeWhole(json, toJson(mutation));
  await writeWhole(html, await renderMutation(mutation));
  return { json, html };
}

/**
 * The hash of a kernel's own code: of its module's file and all files that it
 * leads to. What was found of a kernel from elsewhere holds for this code, as
 * what was found of Densemark's own holds for its build.
 *
 * @module
 */
import { importGraph } from "../../common/import_graph.ts";
import { sha256 } from "../../common/sha256.ts";
import type { ModulePath } from "./module_path.ts";

/** The hash; null where a file cannot be read, so that no finding can be kept. */
export async function hashOfModule({ url, exported }: ModulePath): Promise<string | null> {
  try {
    const folder = new URL(".", url).href;
    const files = [...importGraph([new URL(url)])].map(async ([file, { bytes }]) => [
      file.startsWith(folder) ? file.slice(folder.length) : file,
      await sha256(bytes),
    ]);
    return await sha256(JSON.stringify([exported, (await Promise.all(files)).sort()]));
  } catch {
    return null;
  }
}

/**
 * The pages that lie in a folder of runs, and the addresses that lead to them.
 *
 * @module
 */
import { join } from "node:path";

/** The pages below a folder, by their paths in it, the latest run first. */
export async function pagesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(join(folder, below))) {
    if (name.startsWith(".")) continue;
    if (isFile && name.endsWith(".html")) found.push(below + name);
    // Runs are folders of the folder; what lies deeper is none.
    if (isDirectory && below === "") found.push(...await pagesIn(folder, `${name}/`));
  }
  return found.toSorted().toReversed();
}

/**
 * The address of a file, relative to the folder's, whatever its name is: no name
 * becomes a scheme, a query or a way out of the folder.
 *
 * @example
 * ```ts
 * import { addressOf } from "./pages.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(addressOf("javascript:a?#/report.html"), "./javascript%3Aa%3F%23/report.html");
 * ```
 */
export function addressOf(path: string): string {
  return `./${path.split("/").map((part) => encodeURIComponent(part.toWellFormed())).join("/")}`;
}

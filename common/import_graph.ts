/**
 * Which files a program is made of: from its entry files along every import
 * that names a file (static, dynamic, of types, of JSON) and along every
 * `new URL("…", import.meta.url)`, which names a worker's module, a data file
 * or the entry of a bundle. What a file is called plays no part.
 *
 * Imports are found by pattern, not by parsing, so that this needs no library
 * and takes milliseconds; a test holds it against the graph that Deno finds.
 *
 * @module
 */

/** A file or package that a source names. */
export interface Reference {
  /** As it is written there. */
  readonly specifier: string;
  /** `url` for `new URL("…", import.meta.url)`, which is no import: the two modules do not wait for each other. */
  readonly kind: "import" | "url";
  /** The file's URL; null for a package, a folder or another site. */
  readonly target: string | null;
}

/** A file of a program. */
export interface GraphFile {
  readonly url: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** None where it is no script. */
  readonly references: readonly Reference[];
}

// Lines that are comments, as `deno fmt` lays them out: examples in them are no imports.
const commentLines = /^[ \t]*(?:\/\/|\/?\*).*$/gm;

// Of quotes of either kind: `deno fmt` knows one, other people's modules have both.
const references =
  /\b(?:from|import)\s*\(?\s*(?:"([^"\n]+)"|'([^'\n]+)')|\bURL\(\s*(?:"([^"\n]*)"|'([^'\n]*)'),\s*import\.meta\.url\s*,?\s*\)/g;

function targetOf(specifier: string, kind: Reference["kind"], base: string): string | null {
  // What begins otherwise is a package's name, or a whole URL.
  if (kind === "import" && !/^\.{0,2}\//.test(specifier)) return null;
  const { href, pathname, protocol } = new URL(specifier, base);
  return protocol !== new URL(base).protocol || pathname.endsWith("/") ? null : href;
}

/**
 * What a script names, in the order in which it stands there.
 *
 * @param url Where the script is, from which relative specifiers lead on.
 *
 * @example
 * ```ts
 * import { referencesOf } from "./import_graph.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(referencesOf('import type { A } from "./a.ts";', "file:///b/c.ts"), [
 *   { specifier: "./a.ts", kind: "import", target: "file:///b/a.ts" },
 * ]);
 * ```
 */
export function referencesOf(source: string, url: string): Reference[] {
  const code = source.replaceAll(commentLines, "");
  return [...code.matchAll(references)].map(([, double, single, ...located]) => {
    const imported = double ?? single;
    const specifier = imported ?? located.find((text) => text !== undefined) ?? "";
    const kind = imported === undefined ? "url" : "import";
    return { specifier, kind, target: targetOf(specifier, kind, url) };
  });
}

function readFile(url: string): GraphFile {
  const bytes = Deno.readFileSync(new URL(url));
  const isScript = /\.[cm]?[jt]sx?$/.test(new URL(url).pathname);
  return {
    url,
    bytes,
    references: isScript ? referencesOf(new TextDecoder().decode(bytes), url) : [],
  };
}

/**
 * The entry files and all files that they lead to, by their URLs.
 *
 * @throws where one cannot be read: it is not there, it was imported from
 * another machine, or there is no permission.
 */
export function importGraph(entries: readonly URL[]): Map<string, GraphFile> {
  const files = new Map<string, GraphFile>();
  const open = entries.map(({ href }) => href);
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (files.has(url)) continue;
    const file = readFile(url);
    files.set(url, file);
    for (const { target } of file.references) if (target !== null) open.push(target);
  }
  return files;
}

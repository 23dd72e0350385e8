/**
 * What "the same code" means, for the verifier, the bench and the file that a
 * sweep resumes from: the bytes of every file that the verify command reaches,
 * its page and its workers included, and the versions of its dependencies.
 * "The same build" is the same code under the same engine and on the same
 * processor. The bench publishes no kernel that was not verified in its own.
 *
 * @module
 */
import { importGraph } from "../common/import_graph.ts";
import { sha256 } from "../common/sha256.ts";
import type { Environment } from "../results/schema.ts";

/** What the files of the code are named from, so that a copy elsewhere is the same code. */
const root = new URL("..", import.meta.url).href;

/** The command, and what decides which packages its imports mean. */
const entries = [
  new URL("cli.ts", import.meta.url),
  new URL("../deno.json", import.meta.url),
  new URL("../import_map.json", import.meta.url),
  new URL("../deno.lock", import.meta.url),
];

/**
 * The hash of the code.
 *
 * @throws where it cannot be read: it was imported by URL, or without the permission.
 */
export async function hashOfCode(): Promise<string> {
  const files = [...importGraph(entries)].map(async ([url, { bytes }]) => [
    url.startsWith(root) ? url.slice(root.length) : url,
    await sha256(bytes),
  ]);
  return await sha256(JSON.stringify((await Promise.all(files)).sort()));
}

/**
 * The hash of this build on this machine; null where the code cannot be read,
 * as when it was imported by URL.
 *
 * @example
 * ```ts
 * import { buildHash } from "./build.ts";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(await buildHash({ v8: "15", cpu: "any", arch: "any" }, "plain") ?? "", /^[0-9a-f]{64}$/);
 * ```
 */
export async function buildHash(
  { v8, cpu, arch }: Pick<Environment, "v8" | "cpu" | "arch">,
  engine: string,
): Promise<string | null> {
  try {
    return await sha256(JSON.stringify([v8, cpu, arch, engine, await hashOfCode()]));
  } catch {
    return null;
  }
}

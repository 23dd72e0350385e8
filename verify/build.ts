/**
 * What "the same build" means: a hash of the code that is verified and of the
 * code that verifies it, with the engine and the processor it ran on. The bench
 * publishes no kernel that was not verified in its own build.
 *
 * @module
 */
import type { Environment } from "../results/schema.ts";

// Everything that a result of a kernel, or a verdict on it, depends on.
const folders = ["kernels", "layers", "verify"];

async function* sourcesIn(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sourcesIn(url);
    else if (/\.(ts|json)$/.test(entry.name) && !/_test\.ts$|testdata\.ts$/.test(entry.name)) {
      yield url;
    }
  }
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
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
    const files: [string, string][] = [];
    for (const folder of folders) {
      for await (const url of sourcesIn(new URL(`../${folder}/`, import.meta.url))) {
        files.push([
          url.href.slice(new URL("..", import.meta.url).href.length),
          await hash(await Deno.readTextFile(url)),
        ]);
      }
    }
    // Folders are listed in no order.
    files.sort(([one], [other]) => one < other ? -1 : 1);
    return await hash(JSON.stringify([v8, cpu, arch, engine, files]));
  } catch {
    return null;
  }
}

/**
 * What a run is compared with: a result file, or another version of the
 * kernels, from git or by URL, which is then timed in the run. Of a commit only
 * the kernels and what they import are needed; they are written to a temporary
 * folder, so that neither the working tree nor the repository changes.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../common/command.ts";
import { denoPath } from "../common/deno_path.ts";
import { errorText } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import { readResults } from "../results/read.ts";
import type { Results } from "../results/schema.ts";
import type { Version } from "./plan.ts";

/** What a run is compared with. */
export type Against =
  | { readonly kind: "file"; readonly path: string; readonly results: Results }
  | { readonly kind: "version"; readonly version: Version; readonly folder: string | null };

const root = new URL("..", import.meta.url);
// Kernels import nothing beyond these folders; see tools/imports_test.ts. Older versions lack the second.
const folders = ["kernels", "common"];
const registryPath = "kernels/registry.ts";

/**
 * What `text` means: a URL, else a file where it ends in .json, else a git ref,
 * whose kernels are written into a new folder in `parent`, by default the
 * system's for temporary files.
 */
export async function resolveAgainst(text: string, parent?: string): Promise<Against> {
  if (/^(https?|file):\/\//.test(text)) {
    const url = URL.parse(registryPath, text.endsWith("/") ? text : `${text}/`);
    if (!url) throw new UsageError(`--against ${quote(text)} is no URL`);
    await checkLoadable(text, url);
    return {
      kind: "version",
      version: { label: shortName(text), registry: url.href },
      folder: null,
    };
  }
  if (text.endsWith(".json")) return { kind: "file", path: text, results: await readResults(text) };
  const folder = await Deno.makeTempDir({
    prefix: "densemark-",
    ...(parent !== undefined && { dir: parent }),
  });
  try {
    const registry = await extract(text, folder);
    return { kind: "version", version: { label: shortName(text), registry }, folder };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/**
 * Refuses a URL whose kernels this command cannot load, before anything is
 * measured, with what can be done instead: the permissions of a task are fixed.
 *
 * @throws {UsageError}
 */
async function checkLoadable(text: string, registry: URL): Promise<void> {
  if (registry.protocol === "file:") {
    try {
      if ((await Deno.stat(registry)).isFile) return;
    } catch {
      // Said below, as of a folder of that name.
    }
    throw new UsageError(
      `--against ${quote(text)} has no ${registryPath}; give the folder of a copy of Densemark`,
    );
  }
  const host = registry.port ? registry.host : `${registry.hostname}:${defaultPort(registry)}`;
  if ((await Deno.permissions.query({ name: "import", host })).state !== "granted") {
    throw new UsageError(
      `--against ${
        quote(text)
      } cannot be loaded: a task may load code only from hosts that Deno trusts, such as ` +
        `raw.githubusercontent.com over https. Instead, git fetch ${
          quote(text)
        } where it is a repository and give --against FETCH_HEAD, or download it and give file:///FOLDER`,
    );
  }
  // Fetched, not run: what it does is the business of the process that measures.
  const { success, stderr } = await new Deno.Command(denoPath(), {
    args: ["cache", "--quiet", "--no-config", registry.href],
    stdout: "null",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n", 1)[0] ?? "";
  throw new UsageError(
    `--against ${quote(text)} cannot be loaded: ${reason.replace(/^error: |\.+$/g, "")}. ` +
      `It must be the folder above ${registryPath}; a git ref or file:///FOLDER needs no network`,
  );
}

function defaultPort({ protocol }: URL): string {
  return protocol === "https:" ? "443" : "80";
}

/** Removes the temporary folder. */
export async function release(against: Against | null): Promise<void> {
  if (against?.kind === "version" && against.folder !== null) {
    await Deno.remove(against.folder, { recursive: true });
  }
}

/** A short name, to be a part of a kernel's name. */
function shortName(text: string): string {
  const short = text.replace(/^\w+:\/\//, "").replace(/\/+$/, "");
  return short.length > 40 ? `…${short.slice(-39)}` : short;
}

async function git(args: readonly string[]): Promise<{ success: boolean; bytes: Uint8Array }> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: [...args],
      cwd: root,
      stderr: "null",
    }).output();
    return { success, bytes: stdout };
  } catch (error) {
    throw new UsageError(
      `--against a git ref needs git: ${errorText(error)}`,
    );
  }
}

/** Writes the kernels of a commit into a folder; returns the URL of their registry. */
async function extract(ref: string, folder: string): Promise<string> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const commit = await git([
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  if (!commit.success) {
    throw new UsageError(
      `--against ${
        quote(ref)
      } is no git ref here, no URL, and no file that ends in .json; a folder is given as file:///FOLDER`,
    );
  }
  const id = text(commit.bytes);
  const inside = folders.map((name) => `${name}/`);
  const list = await git(["ls-tree", "-r", "--name-only", "-z", id, "--", ...inside]);
  const paths = text(list.bytes).split("\0").filter((path) =>
    /\.(ts|js|json|wasm)$/.test(path) && !/_test(ing)?\./.test(path)
  );
  if (!paths.includes(registryPath)) {
    throw new UsageError(`${quote(ref)} has no ${registryPath}`);
  }
  for (const path of paths) {
    const { success, bytes } = await git(["cat-file", "blob", `${id}:${path}`]);
    if (!success) throw new UsageError(`git cannot read ${path} of ${quote(ref)}`);
    const target = join(folder, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
  return pathToFileURL(join(folder, registryPath)).href;
}

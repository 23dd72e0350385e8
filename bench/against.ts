/**
 * What a run is compared with: a result file, or another version of the
 * kernels, from git or by URL, which is then timed in the run. Of a commit only
 * the kernels and what they import are needed; they are written to a temporary
 * folder, so that neither the working tree nor the repository changes. So are two
 * copies of this code: what is compared is loaded in the same way, and so is the
 * A/A control.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../common/command.ts";
import { denoPath } from "../common/deno_path.ts";
import { errorText } from "../common/errors.ts";
import { git as gitOn, type GitAnswer, isShallow } from "../common/repository.ts";
import { formatList, quote, quotePath } from "../common/text.ts";
import { readResults, resultsName } from "../results/read.ts";
import type { Results } from "../results/schema.ts";
import { baselinesFolder, savedBaseline, savedBaselines } from "./baselines.ts";
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
 * What `text` means: a URL, else a file where it ends in .json, else a baseline
 * saved under that name beside the runs in `out`, else the folder of a run, else a
 * git ref, whose kernels are written into a new folder in `parent`, by default the
 * system's for temporary files. A saved baseline hides a git ref of the same name; git's
 * longer names, as `refs/heads/main`, are never names of baselines.
 */
export async function resolveAgainst(
  text: string,
  parent?: string,
  out = "runs",
): Promise<Against> {
  if (text.endsWith(".json")) return { kind: "file", path: text, results: await readResults(text) };
  const isUrl = /^(https?|file):\/\//.test(text);
  const url = isUrl ? URL.parse(registryPath, text.endsWith("/") ? text : `${text}/`) : null;
  if (isUrl && !url) throw new UsageError(`--against ${quote(text)} is no URL`);
  if (url) await checkLoadable(text, url);
  const saved = isUrl ? null : await savedBaseline(out, text);
  if (saved !== null) return { kind: "file", path: saved, results: await readResults(saved) };
  const run = isUrl ? null : await runPath(text);
  if (run !== null) return { kind: "file", path: run, results: await readResults(run) };
  const folder = await Deno.makeTempDir({
    prefix: "densemark-",
    ...(parent !== undefined && { dir: parent }),
  });
  try {
    const registry = url?.href ?? await extract(text, join(folder, "old"), out);
    const copies = root.protocol === "file:" && {
      copies: {
        own: await copyKernels(join(folder, "own")),
        control: await copyKernels(join(folder, "control")),
      },
    };
    return {
      kind: "version",
      version: { label: shortName(text), registry, ...copies },
      folder,
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** The results of the run whose folder a text names; null where it names none. */
async function runPath(text: string): Promise<string | null> {
  const path = join(text, resultsName);
  return await Deno.stat(path).then(({ isFile }) => isFile ? path : null, () => null);
}

/** Copies the kernels of this code into a folder; returns the URL of their registry. */
async function copyKernels(folder: string): Promise<string> {
  for (const name of folders) {
    for await (const path of productFiles(name)) {
      const target = join(folder, path);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.copyFile(new URL(path, root), target);
    }
  }
  return pathToFileURL(join(folder, registryPath)).href;
}

/** The files in a folder that a program may import, by their paths from the root. */
async function* productFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* productFiles(path);
    else if (isProduct(path)) yield path;
  }
}

function isProduct(path: string): boolean {
  return /\.(ts|js|json|wasm)$/.test(path) && !/_test(ing)?\./.test(path);
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
    env: { NO_COLOR: "1", FORCE_COLOR: "" },
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

async function git(args: readonly string[]): Promise<GitAnswer> {
  try {
    return await gitOn(root, args);
  } catch (error) {
    throw new UsageError(
      `--against a git ref needs git: ${errorText(error)}`,
    );
  }
}

/** Writes the kernels of a commit into a folder; returns the URL of their registry. */
async function extract(ref: string, folder: string, out: string): Promise<string> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const commit = await git([
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  ]);
  if (!commit.success) {
    const hint = await isShallow(root)
      ? "; this checkout is shallow, without older commits and other branches, which " +
        "git fetch --unshallow gets, or fetch-depth: 0 of actions/checkout"
      : "";
    const names = formatList(await savedBaselines(out), { most: 8 });
    throw new UsageError(
      `--against ${
        quote(ref)
      } is no git ref here, no URL, no file that ends in .json, no folder of a run, and no baseline saved in ${
        quotePath(join(out, baselinesFolder))
      }${
        names === "" ? "" : `, which has ${names}`
      }; a copy of the code is given as file:///FOLDER${hint}`,
    );
  }
  const id = text(commit.bytes);
  const inside = folders.map((name) => `${name}/`);
  const list = await git(["ls-tree", "-r", "--name-only", "-z", id, "--", ...inside]);
  const paths = text(list.bytes).split("\0").filter(isProduct);
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

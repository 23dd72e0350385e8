/**
 * Copies of the code in which mutants are run: just the files that the runner
 * leads to, so that the working tree may change meanwhile, and a mutant finds
 * nothing else to read.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { UsageError } from "../../common/command.ts";
import { importGraph } from "../../common/import_graph.ts";
import { sha256 } from "../../common/sha256.ts";
import { applyEdit } from "./edit.ts";
import type { Mutation } from "./mutation.ts";
import type { ChangeFile } from "./patch_module.ts";
import { mostRegions } from "./probe.ts";
import { isProbed, regionsOf, withProbes } from "./regions.ts";

/** The texts of all files, by their paths in the repository. */
export type Sources = ReadonlyMap<string, string>;

const root = new URL("../..", import.meta.url);
const runnerUrl = new URL("runner.ts", import.meta.url);
const searchUrl = new URL("witness_runner.ts", import.meta.url);

/** Where the runner and the search for a witness are in a copy. */
export const runnerPath = "verify/mutate/runner.ts";
export const searchPath = "verify/mutate/witness_runner.ts";

const changePath = "verify/mutate/change.json";
const patchPath = "verify/mutate/patch_module.ts";
const probePath = "verify/mutate/probe.ts";

const isCode = (path: string) => /\.(?:tsx?|json)$/.test(path);

/**
 * The files that a mutant is verified with.
 *
 * @throws {UsageError} where this code was imported by URL.
 */
export function readSources(): Sources {
  if (root.protocol !== "file:") {
    throw new UsageError("mutate needs a copy of the repository on this machine");
  }
  const decoder = new TextDecoder();
  const files = [...importGraph([runnerUrl, searchUrl]).values()].map((
    { url, bytes },
  ): [string, string] => [url.slice(root.href.length), decoder.decode(bytes)]);
  return new Map(files.filter(([path]) => isCode(path)).toSorted());
}

/** The files of kernels/ that a kernel is made of. */
export function filesOfKernel(entry: string): string[] {
  const url = new URL(entry, root);
  return [...importGraph([url]).keys()].map((href) => href.slice(root.href.length)).filter((path) =>
    path.startsWith("kernels/") && path.endsWith(".ts")
  ).toSorted();
}

/** The hash of the kernels and the verifier; what only tries the mutants may change in between. */
export async function hashOf(sources: Sources): Promise<string> {
  const judged = [...sources].filter(([path]) => !path.startsWith("verify/mutate/"));
  return await sha256(JSON.stringify(judged));
}

/** Where code is compiled or chosen, and what is called in its place. */
const patches = [
  {
    path: "kernels/wasm/core.ts",
    call: "new WebAssembly.Module(bytes())",
    patched: "new WebAssembly.Module(patchModule(change as ChangeFile, key, bytes()))",
  },
  {
    // The tile is chosen by timing, and must be the one that is changed.
    path: "kernels/wasm/features.ts",
    call: "chooseLanes(timeWidths())",
    patched: "(lanesOf(change as ChangeFile) ?? chooseLanes(timeWidths()))",
  },
  {
    path: "kernels/webgpu/pipelines.ts",
    call: "this.rewrite(generate())",
    patched: "this.rewrite(patchShader(change as ChangeFile, key, generate()))",
  },
] as const;

/** What tells in core.ts which modules are made and run. */
const watches = [
  {
    path: "kernels/wasm/core.ts",
    call: "patchModule(change as ChangeFile, key, bytes())",
    patched: "patchModule(change as ChangeFile, key, generated(moduleName(key), bytes))",
  },
  {
    path: "kernels/wasm/core.ts",
    call: "return new WebAssembly.Instance(",
    patched: "return watched(moduleName(`${name} ${fused} ${shared} ${threads}`), " +
      "new WebAssembly.Instance(",
  },
  { path: "kernels/wasm/core.ts", call: ".exports as E;", patched: ".exports) as E;" },
] as const;

/** Some text of a file, and what is put for it. */
type Patch = typeof patches[number] | typeof watches[number];

function replaceOnce(text: string, { path, call, patched }: Patch): string {
  if (text.split(call).length !== 2) {
    throw new UsageError(`${path} has no single ${call}, so that it cannot be patched`);
  }
  return text.replace(call, () => patched);
}

/** The line by which a file of the copy imports another one, `path`. */
function importLine(from: string, what: string, path: string, more = ""): string {
  const up = "../".repeat(from.split("/").length - 1);
  return `${["import", what, "from"].join(" ")} "${up}${path}"${more};\n`;
}

/**
 * A file that compiles or chooses code, which asks patch_module.ts before.
 *
 * @throws {UsageError} where it does not do so as this expects.
 */
export function withPatch(text: string, patch: typeof patches[number] = patches[0]): string {
  const names = "{ type ChangeFile, lanesOf, moduleName, patchModule, patchShader }";
  const imports = importLine(patch.path, "change", changePath, ' with { type: "json" }') +
    importLine(patch.path, names, patchPath);
  return imports + replaceOnce(text, patch);
}

/** Numbers that begin with that of a file's first region. */
function probed(path: string, text: string, first: number): string {
  const imports = importLine(path, "{ generated, reached as reached$, watched }", probePath);
  return imports + withProbes(text, (region) => `reached$[${first + region}]=1`);
}

/** A copy of the code in a folder, for one mutant after the other. */
export class Copy {
  /** What was changed last, to be put back. */
  readonly #changed = new Set<string>();

  constructor(readonly folder: string, readonly sources: Sources) {}

  /** The folder as it is. */
  async make(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
    for (const [path, text] of this.sources) await this.#write(path, text);
  }

  async #write(path: string, text: string): Promise<void> {
    const target = join(this.folder, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, text);
  }

  /** The original text of a file. */
  source(path: string): string {
    const text = this.sources.get(path);
    if (text === undefined) throw new Error(`no ${path} in the copy`);
    return text;
  }

  /** Makes the code what a mutation says; null makes it keep its modules. */
  async change(mutation: Mutation | null): Promise<void> {
    for (const path of this.#changed) await this.#write(path, this.source(path));
    this.#changed.clear();
    const change = mutation?.change ?? null;
    if (change !== null && "path" in change) {
      const { path } = change;
      await this.#write(path, applyEdit(this.source(path), change));
      this.#changed.add(path);
      return;
    }
    await this.#write(changePath, JSON.stringify(change satisfies ChangeFile));
    for (const patch of patches) {
      await this.#write(patch.path, withPatch(this.source(patch.path), patch));
      this.#changed.add(patch.path);
    }
  }

  /** Makes the code as it is keep its modules, and say by probes which of it is run. */
  async probe(): Promise<void> {
    await this.change(null);
    let first = 0;
    for (const [path, source] of this.sources) {
      if (!isProbed(path)) continue;
      let text = probed(path, source, first);
      for (const patch of patches) if (patch.path === path) text = withPatch(text, patch);
      for (const watch of watches) if (watch.path === path) text = replaceOnce(text, watch);
      await this.#write(path, text);
      this.#changed.add(path);
      first += regionsOf(source).length;
    }
    if (first > mostRegions) throw new Error(`${first} regions; there is room for ${mostRegions}`);
  }
}

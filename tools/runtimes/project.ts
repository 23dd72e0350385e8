/**
 * A project that uses the package: a temporary folder in which the
 * package, built and packed, is installed by npm, and the program lies, as a
 * module and bundled into one file.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { build } from "esbuild";
import { buildPackage } from "../build/build.ts";
import { pathOf } from "../build/bundle.ts";
import { execute } from "./execute.ts";

/** The program's entry, in the source. */
export const entry: string = fileURLToPath(new URL("./main.ts", import.meta.url));
const name = "@densemark/densemark";

/** A size of a file, and of it packed by gzip. */
export interface Size {
  readonly bytes: number;
  readonly gzip: number;
}

/** The files of a project. */
export interface Project {
  readonly folder: string;
  /** The program as a module that imports the package. */
  readonly program: string;
  /** The program and the package in one file: a module, and a classic script, as esbuild makes it without options. */
  readonly bundled: string;
  readonly script: string;
  /** The package's module for workers. */
  readonly worker: string;
  /** The package's file for pages. */
  readonly minifiedFile: string;
  /** The tarball, and the library in one minified file. */
  readonly tarball: Size;
  readonly minified: Size;
  readonly workerSize: Size;
}

/** How large a file is. */
export async function sizeOf(path: string): Promise<Size> {
  const data = await Deno.readFile(path);
  const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return { bytes: data.length, gzip: (await new Response(packed).bytes()).length };
}

/** Builds, packs and installs the package in `folder`, and bundles the program there. */
export async function makeProject(folder: string): Promise<Project> {
  const dist = join(folder, "dist");
  await buildPackage(dist);
  const at = (path: string) => join(folder, path);
  const npm = (...args: string[]) => execute("npm", args, { cwd: folder });
  const packed = await npm("pack", "--silent", "./dist");
  const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
  await Deno.writeTextFile(at("package.json"), `{ "type": "module", "private": true }\n`);
  await npm("install", "--silent", "--no-audit", "--no-fund", `./${tarball}`);
  const program = at("program.js");
  await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    external: [name],
    outfile: program,
    logLevel: "silent",
  });
  const bundled = at("bundled.js");
  await build({ entryPoints: [program], bundle: true, format: "esm", outfile: bundled });
  const script = at("script.cjs");
  await build({ entryPoints: [program], bundle: true, outfile: script });
  return {
    folder,
    program,
    bundled,
    script,
    worker: join(dist, "worker.js"),
    minifiedFile: join(dist, "densemark.min.js"),
    tarball: await sizeOf(at(tarball)),
    minified: await sizeOf(join(dist, "densemark.min.js")),
    workerSize: await sizeOf(join(dist, "worker.js")),
  };
}

/** Bundles the program with the library's source by `deno bundle`, without options but the map that names it. */
export async function bundleByDeno(folder: string): Promise<string> {
  const out = join(folder, "deno_bundle.js");
  await execute(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--no-check",
    `--import-map=${await sourceMap(folder)}`,
    `--output=${out}`,
    entry,
  ], { cwd: folder });
  return out;
}

/** Bundles the same by esbuild for Node 20, which has no `using`. */
export async function bundleByEsbuild(folder: string): Promise<string> {
  const outfile = join(folder, "source_bundle.cjs");
  await build({
    entryPoints: [entry],
    bundle: true,
    alias: { [name]: pathOf("mod.ts") },
    outfile,
    target: "node20",
    logLevel: "silent",
  });
  return outfile;
}

/** The path of an import map by which the package's name is the source. */
export async function sourceMap(folder: string): Promise<string> {
  const path = join(folder, "source_map.json");
  const imports = { [name]: pathToFileURL(pathOf("mod.ts")).href };
  await Deno.writeTextFile(path, JSON.stringify({ imports }));
  return path;
}

/**
 * Writes the package into a folder: JavaScript, types, package.json, README and
 * licence.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { type BuiltFile, bundlePackage, pathOf } from "./bundle.ts";
import { bundleDeclarations } from "./declarations.ts";
import { modelDependencies } from "./dependencies.ts";
import { packageJson, type Project } from "./package_json.ts";

/** Writes the package into `folder`, in the place of all that is there, whole or not at all; returns the names of its files. */
export async function buildPackage(folder: string): Promise<string[]> {
  const project = JSON.parse(Deno.readTextFileSync(pathOf("deno.json"))) as Project;
  const files = [
    ...await bundlePackage(),
    ...await bundleDeclarations(),
    { name: "package.json", text: packageJson(project, modelDependencies()) },
    // The tour is what a user of the package needs; the README of the repository is about more.
    ...Object.entries({
      "README.md": "docs/library.md",
      "runtimes.md": "docs/runtimes.md",
      LICENSE: "LICENSE",
    }).map(([name, path]) => ({ name, text: Deno.readTextFileSync(pathOf(path)) })),
  ];
  await replaceFolder(folder, files);
  return files.map(({ name }) => name);
}

/** Puts a folder with these files in the place of one that may be there, which stays until all of them are written. */
export async function replaceFolder(folder: string, files: readonly BuiltFile[]): Promise<void> {
  const made = await Deno.makeTempDir({ dir: dirname(folder), prefix: ".made-" });
  try {
    for (const { name, text } of files) {
      const path = join(made, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    // Temporary folders are for their owner alone.
    if (Deno.build.os !== "windows") await Deno.chmod(made, 0o755);
    const old = `${made}-old`;
    const wasThere = await Deno.rename(folder, old).then(() => true, (error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return false;
    });
    await Deno.rename(made, folder);
    if (wasThere) await Deno.remove(old, { recursive: true });
  } catch (error) {
    await Deno.remove(made, { recursive: true }).catch(() => {});
    throw error;
  }
}

/**
 * Writes the package into a folder: JavaScript, types, package.json, README and
 * licence.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { bundlePackage, pathOf } from "./bundle.ts";
import { bundleDeclarations } from "./declarations.ts";
import { modelDependencies } from "./dependencies.ts";
import { packageJson, type Project } from "./package_json.ts";

/** Empties `folder`, or makes it, writes the package there and returns the names of its files. */
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
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  for (const { name, text } of files) {
    const path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  return files.map(({ name }) => name);
}

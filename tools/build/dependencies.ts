/**
 * What the package installs: the packages that models/ imports, in the versions
 * of the import map. Nothing else of the package may import any.
 *
 * @module
 */
import { importGraph } from "../../common/import_graph.ts";

const root = new URL("../../", import.meta.url);

/** The packages that model files are read by, and their versions. */
export function modelDependencies(): Record<string, string> {
  const text = Deno.readTextFileSync(new URL("import_map.json", root));
  const { imports } = JSON.parse(text) as { imports: Readonly<Record<string, string>> };
  const files = importGraph([new URL("models/mod.ts", root)]).values();
  const names = new Set<string>();
  for (const { references } of files) {
    for (const { target, specifier } of references) if (target === null) names.add(specifier);
  }
  return Object.fromEntries(
    [...names].toSorted().map((name) => {
      const [, version] = /^npm:.+@(\d+\.\d+\.\d+)$/.exec(imports[name] ?? "") ?? [];
      if (version === undefined) throw new Error(`the import map has no version of ${name}`);
      return [name, version];
    }),
  );
}

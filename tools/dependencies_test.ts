import { assert, assertEquals, assertMatch } from "@std/assert";

const root = new URL("..", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const { imports } = JSON.parse(read("import_map.json")) as { imports: Record<string, string> };

/** The package and the version in `npm:@scope/name@1.2.3/path`. */
const packageOf = (target: string) =>
  target.match(/^npm:\/?(?<name>@?[^@]+)@(?<version>[^/]+)/)?.groups ?? {};

const packages = Object.values(imports).map(packageOf);

Deno.test("every package has one version, exactly", () => {
  const versions = new Map<string, string>();
  for (const { name = "", version = "" } of packages) {
    assertMatch(version, /^\d+\.\d+\.\d+$/, name);
    assertEquals(versions.get(name) ?? version, version, name);
    versions.set(name, version);
  }
  assert(versions.size > 10);
});

Deno.test("docs/dependencies.md has what deno task runtimes runs by npx", () => {
  const folder = new URL("tools/runtimes/", root);
  const text = [...Deno.readDirSync(folder)].map(({ name }) =>
    Deno.readTextFileSync(new URL(name, folder))
  ).join("\n");
  const named = [
    ...text.matchAll(/["`=](@?[a-z][a-z/-]*)@(?:\$\{version|\d)/g),
    ...text.matchAll(/fromNpm\("([a-z]+)"/g),
  ].map(([, name]) => name!);
  const page = read("docs/dependencies.md");
  assertEquals([...new Set(named)].filter((name) => !page.includes(`\`${name}\``)), []);
  assert(new Set(named).size >= 6, `${named}`);
});

Deno.test("docs/dependencies.md has every package, and no other", () => {
  const rows = read("docs/dependencies.md").split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => {
    const [names = ""] = row.slice(1).split(/[|(]/);
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  });
  const wanted = packages.map(({ name = "" }) => name);
  assertEquals([...new Set(named)].toSorted(), [...new Set(wanted)].toSorted());
});

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type GraphFile, importGraph, referencesOf } from "../common/import_graph.ts";

const root = new URL("..", import.meta.url);
const decoder = new TextDecoder();

/** A file's path in the repository, and the folder or file at its top that this lies in. */
const pathOf = (url: string) => url.slice(root.href.length);
const topOf = (url: string) => pathOf(url).split("/")[0]!;

/** What each folder may import besides itself, as docs/architecture.md has it. */
const rules = new Map(
  Deno.readTextFileSync(new URL("docs/architecture.md", root)).matchAll(/^(\S+) +<- (.*)$/gm).map((
    [, folder = "", list = ""],
  ) => [folder, list === "nothing" ? [] : list.split(", ")]),
);

/** Only files of these names are tests, and may import what they like. */
const isTest = (url: string) => /_(?:test|testing)\.tsx?$/.test(url);

const isScript = (url: string) => /\.tsx?$/.test(url) && !url.endsWith(".d.ts");

function* scriptsIn(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* scriptsIn(new URL(`${name}/`, folder));
    else if (isScript(name)) yield new URL(name, folder);
  }
}

const folders = [...Deno.readDirSync(root)].filter(({ name, isDirectory }) =>
  isDirectory && !name.startsWith(".") && name !== "runs" && name !== "node_modules"
).map(({ name }) => name);

/** All scripts of the repository that are no tests. */
const products: readonly GraphFile[] = [
  new URL("mod.ts", root),
  ...folders.flatMap((folder) => [...scriptsIn(new URL(`${folder}/`, root))]),
].filter(({ href }) => !isTest(href)).map(({ href }) => {
  const bytes = Deno.readFileSync(new URL(href));
  return { url: href, bytes, references: referencesOf(decoder.decode(bytes), href) };
});

/** The files that a file imports, types included, and the scripts that it starts. */
function targetsOf({ references }: GraphFile): string[] {
  return references.flatMap(({ kind, target }) =>
    target !== null && (kind === "import" || isScript(target)) ? [target] : []
  );
}

const isCommand = ({ bytes }: GraphFile) => /\bimport\.meta\.main\b/.test(decoder.decode(bytes));

Deno.test("docs/architecture.md says of every folder with code what it may import", () => {
  const tops = new Set(products.map(({ url }) => topOf(url)));
  assertEquals([...tops].toSorted(), [...rules.keys()].toSorted());
});

for (const [folder, others] of rules) {
  Deno.test(`${folder} imports what docs/architecture.md says, and only its commands import reports`, () => {
    const own = products.filter(({ url }) => topOf(url) === folder);
    assertGreater(own.length, 0);
    const wrong = own.flatMap((file) =>
      targetsOf(file).filter((target) => {
        const top = topOf(target);
        const allowed = top === folder || others.includes(top);
        return !allowed && !(top === "reports" && isCommand(file));
      }).map((target) => `${pathOf(file.url)} imports ${pathOf(target)}`)
    );
    assertEquals(wrong, []);
  });
}

Deno.test("no product file imports a test or a helper of tests", () => {
  const wrong = products.flatMap((file) =>
    targetsOf(file).filter(isTest).map((target) => `${pathOf(file.url)} imports ${pathOf(target)}`)
  );
  assertEquals(wrong, []);
});

Deno.test("every file is reached from a command, a module that is published, or an example", () => {
  const entries = products.filter((file) =>
    isCommand(file) ||
    /^(?:examples\/|(?:(?:verify|models)\/)?mod\.ts$)|_bench\.ts$/.test(pathOf(file.url))
  );
  const reached = importGraph(entries.map(({ url }) => new URL(url)));
  assertEquals(products.map(({ url }) => url).filter((url) => !reached.has(url)).map(pathOf), []);
});

/** The sets of files each of which imports all others of its set, by whatever way (Tarjan, 1972). */
function circlesOf(files: readonly GraphFile[]): string[][] {
  const byUrl = new Map(files.map((file) => [file.url, file]));
  const number = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (url: string) => {
    number.set(url, number.size);
    lowest.set(url, number.get(url)!);
    stack.push(url);
    for (const { kind, target } of byUrl.get(url)!.references) {
      if (kind !== "import" || target === null || !byUrl.has(target)) continue;
      if (!number.has(target)) visit(target);
      if (stack.includes(target)) {
        lowest.set(url, Math.min(lowest.get(url)!, lowest.get(target)!));
      }
    }
    if (lowest.get(url) !== number.get(url)) return;
    const circle = stack.splice(stack.indexOf(url));
    if (circle.length > 1) circles.push(circle.map(pathOf).toSorted());
  };
  for (const url of byUrl.keys()) if (!number.has(url)) visit(url);
  return circles;
}

Deno.test("no two files import each other, by whatever way, types included", () => {
  const bytes = new Uint8Array();
  const file = (name: string, ...targets: string[]): GraphFile => ({
    url: `${root}${name}`,
    bytes,
    references: targets.map((target) => ({
      specifier: target,
      kind: "import",
      target: `${root}${target}`,
    })),
  });
  const example = [file("a", "b", "d"), file("b", "c"), file("c", "a"), file("d", "e"), file("e")];
  assertEquals(circlesOf(example), [["a", "b", "c"]]);
  assertEquals(circlesOf(products), []);
});

Deno.test("kernels, layers and all that mod.ts reaches import nothing third-party and use nothing that a browser lacks", () => {
  const published = new Map(importGraph([new URL("mod.ts", root)]));
  for (const file of products) {
    if (["kernels", "layers"].includes(topOf(file.url))) published.set(file.url, file);
  }
  assert(published.size > 50);
  const wrong = [...published.values()].flatMap(({ url, bytes, references }) => {
    const source = decoder.decode(bytes);
    const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    // Examples too, so that they run wherever they are pasted: they import the library alone.
    const examples = referencesOf(source.replaceAll(/^ *\* ?/gm, ""), url);
    return [
      ...references.filter(({ target }) => target === null).map(({ specifier }) => specifier),
      ...examples.filter(({ specifier, target }) =>
        target === null && specifier !== "@densemark/densemark"
      ).map(({ specifier }) => `${specifier} in an example`),
      ...(/\bDeno\.|\bprocess\.|\bBuffer\b/.test(code) ? ["Deno or Node"] : []),
    ].map((what) => `${pathOf(url)}: ${what}`);
  });
  assertEquals(wrong, []);
});

import { assertEquals } from "@std/assert";

const root = new URL("..", import.meta.url);

// Which folders the code of a folder may import besides itself. mod.ts is the library's face.
const allowed: Record<string, readonly string[]> = {
  common: [],
  kernels: ["common"],
  layers: ["common", "kernels"],
  models: ["common", "kernels", "layers"],
  statistics: ["common"],
  results: ["common", "deno.json"],
  verify: ["common", "kernels", "layers", "models", "statistics", "results"],
  bench: ["common", "kernels", "layers", "models", "statistics", "results", "verify"],
  reports: ["common", "kernels", "layers", "mod.ts", "statistics", "results"],
};

/** The specifiers that a source imports or re-exports, types included. */
function importsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"([^"]+)"/g)].map((match) =>
    match[1] ?? ""
  );
}

function* sources(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sources(url);
    else if (/\.tsx?$/.test(entry.name) && !/_test\.tsx?$|^testdata\.ts$/.test(entry.name)) {
      yield url;
    }
  }
}

Deno.test("importsOf() finds every form of import", () => {
  const source = `import a from "a"; import type { b } from "b";\nexport { c } from "c";
    const d = import("d"); import "e"; /* import "not" */`;
  assertEquals(importsOf(source), ["a", "b", "c", "d", "e"]);
});

for (const [folder, others] of Object.entries(allowed)) {
  Deno.test(`${folder}/ imports only ${["itself", ...others].join(", ")}`, () => {
    const wrong: string[] = [];
    let count = 0;
    for (const url of sources(new URL(`${folder}/`, root))) {
      count++;
      for (const specifier of importsOf(Deno.readTextFileSync(url))) {
        if (!specifier.startsWith(".")) continue;
        const target = new URL(specifier, url).href.slice(root.href.length).split("/")[0] ?? "";
        if (target !== folder && !others.includes(target)) {
          wrong.push(`${url.pathname}: ${specifier}`);
        }
      }
    }
    assertEquals(wrong, []);
    assertEquals(count > 0, true);
  });
}

for (const folder of ["kernels", "layers"]) {
  Deno.test(`${folder}/ imports nothing third-party and uses nothing that a browser lacks`, () => {
    const wrong: string[] = [];
    for (const url of sources(new URL(`${folder}/`, root))) {
      const source = Deno.readTextFileSync(url);
      const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/\/\/.*/g, "");
      // Doc examples too, so that they run wherever they are pasted: they import the library alone.
      const examples = source.replaceAll(/\/\*\*|\*\//g, "");
      for (const specifier of importsOf(examples)) {
        const own = specifier === "@densemark/densemark" && !importsOf(source).includes(specifier);
        if (!specifier.startsWith(".") && !own) wrong.push(`${url.pathname}: ${specifier}`);
      }
      if (/\bDeno\.|\bprocess\.|\bBuffer\b/.test(code)) wrong.push(`${url.pathname}: Deno or Node`);
    }
    assertEquals(wrong, []);
  });
}

Deno.test("mod.ts, imported alone, needs no file outside common/, kernels/ and layers/", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", "mod.ts"],
    cwd: root,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string }[];
  };
  const outside = modules.map(({ specifier }) => specifier.slice(root.href.length)).filter((path) =>
    !/^(mod\.ts$|common\/|kernels\/|layers\/)/.test(path)
  );
  assertEquals(outside, []);
});

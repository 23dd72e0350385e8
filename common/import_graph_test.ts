import { assert, assertEquals, assertThrows } from "@std/assert";
import { pathToFileURL } from "node:url";
import { inFolder, runDeno } from "./deno_testing.ts";
import { type GraphFile, importGraph, referencesOf } from "./import_graph.ts";

const root = new URL("..", import.meta.url);

Deno.test("referencesOf() finds every form of import, and files named by URL", () => {
  const source = `import a from "./a.ts"; import type { b } from "../b.ts";
    export { c } from "package"; import "./d.ts"; import e from "./e.json" with { type: "json" };
    export type F = import("./f.ts").F; const g = await import("./g.tsx");
    new Worker(new URL("./h.ts", import.meta.url), { type: "module" });
    const i = new URL("i.bin", import.meta.url), folder = new URL("..", import.meta.url);
    const j = new URL(
      "../j.json",
      import.meta.url,
    ), site = new URL("https://example.com/k.ts", import.meta.url);
    import o from './o.ts'; export*from'./p.js'; new URL('./q.wasm', import.meta.url);
    // import l from "./l.ts";
    /* import m from "./m.ts"; */
    /**
     * import n from "./n.ts";
     */`;
  const found = referencesOf(source, "file:///x/y.ts");
  assertEquals(
    found.map(({ specifier, kind, target }) => `${kind} ${specifier} ${target}`),
    [
      "import ./a.ts file:///x/a.ts",
      "import ../b.ts file:///b.ts",
      "import package null",
      "import ./d.ts file:///x/d.ts",
      "import ./e.json file:///x/e.json",
      "import ./f.ts file:///x/f.ts",
      "import ./g.tsx file:///x/g.tsx",
      "url ./h.ts file:///x/h.ts",
      "url i.bin file:///x/i.bin",
      "url .. null",
      "url ../j.json file:///j.json",
      "url https://example.com/k.ts null",
      "import ./o.ts file:///x/o.ts",
      "import ./p.js file:///x/p.js",
      "url ./q.wasm file:///x/q.wasm",
    ],
  );
});

Deno.test("importGraph() follows imports in a circle and files named by URL, whatever their names", () =>
  inFolder((folder) => {
    const files: Record<string, string> = {
      "cli.ts": 'import { a } from "./a_test.ts"; import { a as b } from "./a_test.ts";',
      "a_test.ts":
        'import "./cli.ts"; new Worker(new URL("worker_testing.js", import.meta.url)); import "package";',
      "worker_testing.js": 'import data from "./data.json" with { type: "json" };',
      // What is no script names nothing.
      "data.json": '{"from": "import x from \\"./other.ts\\""}',
      "other.ts": "",
    };
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
    }
    const entry = pathToFileURL(`${folder}/cli.ts`);
    const names = [...importGraph([entry]).keys()].map((url) => url.split("/").at(-1));
    assertEquals(names.toSorted(), ["a_test.ts", "cli.ts", "data.json", "worker_testing.js"]);
    Deno.removeSync(`${folder}/data.json`);
    assertThrows(() => importGraph([entry]), Deno.errors.NotFound);
    return Promise.resolve();
  }));

/** The files of a program that Deno itself finds, without those named by URL, and without types that the configuration adds. */
async function filesByDeno(entry: string): Promise<string[]> {
  const { stdout } = await runDeno(["info", "--json", entry], { cwd: root });
  const { modules } = JSON.parse(stdout) as { modules: { specifier: string }[] };
  return modules.map(({ specifier }) => specifier).filter((url) =>
    url.startsWith(root.href) && !url.endsWith(".d.ts")
  );
}

/** The files that are reached by imports alone. */
function imported(graph: ReadonlyMap<string, GraphFile>, entry: string): string[] {
  const found = new Set<string>();
  const open = [new URL(entry, root).href];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (found.has(url)) continue;
    found.add(url);
    for (const { kind, target } of graph.get(url)?.references ?? []) {
      if (kind === "import" && target !== null) open.push(target);
    }
  }
  return [...found];
}

for (
  const entry of ["mod.ts", "verify/mod.ts", "verify/cli.ts", "bench/cli.ts", "reports/cli.ts"]
) {
  Deno.test(`importGraph() of ${entry} has the files that Deno finds`, async () => {
    const graph = importGraph([new URL(entry, root)]);
    assertEquals(imported(graph, entry).toSorted(), (await filesByDeno(entry)).toSorted());
  });
}

Deno.test("importGraph() of a command has its workers and the entries of its bundles", () => {
  const has = (entry: string, file: string) =>
    assert(importGraph([new URL(entry, root)]).has(new URL(file, root).href), file);
  has("mod.ts", "kernels/wasm/worker.ts");
  has("verify/cli.ts", "verify/worker.ts");
  has("verify/cli.ts", "verify/sweep/worker.ts");
  has("reports/cli.ts", "reports/client.ts");
});

Deno.test("nothing that a command reaches names a file by an expression, which importGraph() cannot follow", () => {
  const computed = [
    /\bimport\s*\(\s*(?!["\s])/,
    /\bnew\s+URL\(\s*(?!["\s])[^;]*?,\s*import\.meta\.url/,
    /\bimport\.meta\.resolve\b/,
  ];
  const entries = ["verify/cli.ts", "reports/cli.ts", "mod.ts"].map((path) => new URL(path, root));
  const wrong = [...importGraph(entries).values()].filter(({ url, bytes }) =>
    /\.tsx?$/.test(url) && computed.some((form) => form.test(new TextDecoder().decode(bytes)))
  );
  const known = [
    // Its one file stands in a `new URL("…", import.meta.url)`, which is followed.
    "models/read_when_asked.ts",
    // The kernel that --kernel names: its code has a hash of its own (verify/foreign/code.ts).
    "verify/foreign/kernel_module.ts",
  ].map((path) => new URL(path, root).href);
  assertEquals(wrong.map(({ url }) => url).toSorted(), known);
});

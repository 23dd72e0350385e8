import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { importGraph } from "../common/import_graph.ts";
import { listKernels } from "../kernels/registry.ts";

const root = new URL("..", import.meta.url);

// What libwayland prints where there is no XDG_RUNTIME_DIR, each time that Deno looks for a GPU. The
// commands set the variable; code without permissions cannot. Any other line is the library's fault.
const complaint = "error: XDG_RUNTIME_DIR is invalid or not set in the environment.\n";

// The files that the library and the verifier are made of; to serve nothing else shows that they need nothing else.
const entries = [new URL("mod.ts", root), new URL("verify/mod.ts", root)];
const published = new Set(
  [...importGraph(entries).keys()].map((url) => url.slice(root.href.length)),
);

/** The first block of TypeScript in the README: the example that a reader will paste. */
function readmeExample(): string {
  const readme = Deno.readTextFileSync(new URL("README.md", root));
  const block = /```ts[^\n]*\n([\s\S]*?)```/.exec(readme)?.[1];
  if (!block) throw new Error("README.md has no block of TypeScript");
  return block;
}

/** Serves these files on a port of this machine while `action` runs; `served` has the paths that were asked for. */
async function serve<T>(
  action: (base: string, served: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  const served = new Set<string>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const path = new URL(request.url).pathname;
      served.add(path);
      if (!published.has(path.slice(1))) return new Response(null, { status: 404 });
      const source = await Deno.readTextFile(new URL(`.${path}`, root));
      const type = path.endsWith(".json") ? "json" : "typescript";
      return new Response(source, { headers: { "content-type": `application/${type}` } });
    },
  );
  try {
    return await action(`http://127.0.0.1:${server.addr.port}`, served);
  } finally {
    await server.shutdown();
  }
}

/** Runs a script in a folder of its own, with no permission but to import from `base`. */
async function run(
  script: string,
  base: string,
): Promise<{ code: number; out: string; err: string }> {
  return await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const access = ["--no-prompt", `--allow-import=${new URL(base).host}`];
    const { code, stdout, stderr } = await runDeno(
      ["run", "--quiet", "--check", "--no-config", "--no-lock", ...access, "main.ts"],
      {
        cwd: folder,
        signal: AbortSignal.timeout(300_000),
      },
    );
    return { code, out: stdout.trim(), err: stderr.replaceAll(complaint, "").trim() };
  });
}

Deno.test("the README's example runs by URL with no permission but that import", async () => {
  await serve(async (base) => {
    const example = readmeExample();
    const script = example.replace(/https:\/\/[^"]*(?=\/mod\.ts)/, base);
    assertStringIncludes(script, `${base}/mod.ts`);
    const { code, out, err } = await run(script, base);
    assertEquals(err, "");
    assertEquals(out, "Float32Array(2) [ 4, 0 ]");
    assertEquals(code, 0);
  });
});

Deno.test("every kernel runs a Dense layer when imported by URL", async () => {
  // The program has no permission to call native libraries.
  const available = (await listKernels())
    .filter(({ name, available }) => available && name !== "native")
    .map(({ name }) => name);
  await serve(async (base) => {
    const { code, out, err } = await run(
      `import { createKernel, Dense, listKernels } from "${base}/mod.ts";
      for (const { name, available } of await listKernels()) {
        if (!available) continue;
        await using kernel = await createKernel(name);
        using layer = new Dense(kernel, { units: 1, kernelInitializer: "ones" });
        using y = layer.forward(kernel.tensor([1, 3], new Float32Array([1, 2, 3])));
        console.log(name, (await y.read())[0]);
      }`,
      base,
    );
    assertEquals(err, "");
    assertEquals(out.split("\n"), available.map((name) => `${name} 6`));
    assertEquals(code, 0);
  });
});

Deno.test("verifyKernel(), imported by URL, rejects a foreign product that is wrong", async () => {
  await serve(async (base) => {
    const { code, out, err } = await run(
      `import { kernelOfProduct, verifyKernel } from "${base}/verify/mod.ts";
      for (const first of [0, 1]) {
        const kernel = kernelOfProduct("mine", ({ m, n, k }, a, b) =>
          Float32Array.from({ length: m * n }, (_, at) => {
            let sum = 0;
            for (let p = first; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
            return sum;
          }), { accumulator: "float64" });
        const { passed, checks } = await verifyKernel(kernel, { effort: "smoke" });
        const failed = checks.filter(({ failures }) => failures.length > 0).map(({ check }) => check);
        console.log(first, passed, failed.includes("exact-forward"));
      }`,
      base,
    );
    assertEquals(err, "");
    assertEquals(out.split("\n"), ["0 true false", "1 false true"]);
    assertEquals(code, 0);
  });
});

for (const [name, threads] of [["wasm-simd", 1], ["wasm-threads", 3]] as const) {
  Deno.test(`${name}, imported by URL, computes with threads: ${threads} and lets its process end`, async () => {
    await serve(async (base, served) => {
      const { code, out, err } = await run(
        `import { createKernel } from "${base}/mod.ts";
        const kernel = await createKernel("${name}", { threads: 3, serialBelow: 0 });
        const ones = new Float32Array(64 * 64).fill(1);
        const [a, b, y] = [1, 2, 3].map(() => kernel.tensor([64, 64], ones));
        for (let time = 0; time < 3; time++) kernel.dense(a!, b!, null, "relu", y!);
        console.log(kernel.traits.threads, (await y!.read()).every((value) => value === 64));
        await kernel[Symbol.asyncDispose]();`,
        base,
      );
      assertEquals(err, "");
      assertEquals(out, `${threads} true`);
      assertEquals(code, 0);
      // The workers' file too comes from there.
      assertEquals(served.has("/kernels/wasm/worker.ts"), threads > 1);
    });
  });
}

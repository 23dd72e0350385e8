import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { buildHash, hashOfCode } from "./build.ts";

const root = new URL("..", import.meta.url);

/** Copies what `names` says of the repository, folders with all that is in them. */
async function copyOf(names: readonly string[], to: string): Promise<void> {
  for (const name of names) {
    const from = new URL(name, root);
    if (!(await Deno.stat(from)).isDirectory) await Deno.copyFile(from, join(to, name));
    else {
      await Deno.mkdir(join(to, name));
      const entries = await Array.fromAsync(Deno.readDir(from));
      await copyOf(entries.map((entry) => `${name}/${entry.name}`), to);
    }
  }
}

/** A copy of the code, in which `hash` is the hash as the copy itself computes it. */
async function inCopy(
  test: (folder: string, hash: () => Promise<string>) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const folders = [
      "common",
      "kernels",
      "layers",
      "models",
      "reports",
      "results",
      "statistics",
      "verify",
    ];
    await copyOf(
      [...folders, "bench", "deno.json", "import_map.json", "deno.lock", "README.md"],
      folder,
    );
    const copy = await import(pathToFileURL(join(folder, "verify/build.ts")).href) as {
      hashOfCode: () => Promise<string>;
    };
    await test(folder, copy.hashOfCode);
  });
}

/** Calls `action` while one byte of a file is another. */
async function withChange<T>(path: string, action: () => Promise<T>): Promise<T> {
  const before = await Deno.readFile(path);
  const changed = before.slice();
  changed[changed.length - 1]! ^= 1;
  await Deno.writeFile(path, changed);
  const result = await action();
  await Deno.writeFile(path, before);
  return result;
}

// A file of each kind that the verify command reaches.
const reached = {
  "the command": "verify/cli.ts",
  "a kernel": "kernels/naive.ts",
  "a generator of WebAssembly": "kernels/wasm/microkernel.ts",
  "a generator of WGSL": "kernels/webgpu/wgsl.ts",
  "a kernel's worker": "kernels/wasm/worker.ts",
  "the verifier's worker": "verify/worker.ts",
  "the sweep's worker": "verify/sweep/worker.ts",
  "a layer": "layers/dense.ts",
  "a reader of model files": "models/npy.ts",
  "a check": "verify/checks/order.ts",
  "a mutant": "verify/mutants/products.ts",
  "a test of the verifier's own references": "verify/self/reference.ts",
  "the baseline": "verify/baseline.json",
  "the schema of the result file": "results/verification/schema.ts",
  "the page": "reports/verification/page.tsx",
  "the configuration": "deno.json",
  "the import map": "import_map.json",
  "the lock file": "deno.lock",
};

const notReached = {
  "a test": "verify/check_test.ts",
  "a helper of tests": "verify/sweep/spoiled_kernel_testing.ts",
  "another command": "bench/cli.ts",
  "the README": "README.md",
};

Deno.test("hashOfCode() changes with one byte of each kind of file that is reached, and with no other", () =>
  inCopy(async (folder, hash) => {
    const before = await hash();
    assertMatch(before, /^[0-9a-f]{64}$/);
    assertEquals(before, await hashOfCode(), "wherever the code lies");
    for (const [what, path] of Object.entries(reached)) {
      const changed = await withChange(join(folder, path), hash);
      assert(changed !== before, `${what}, ${path}`);
    }
    for (const [what, path] of Object.entries(notReached)) {
      assertEquals(await withChange(join(folder, path), hash), before, `${what}, ${path}`);
    }
    assertEquals(await hash(), before);
  }));

for (const path of ["verify/check_test.ts", "verify/sweep/spoiled_kernel_testing.ts"]) {
  Deno.test(`hashOfCode() changes with ${path} once a product file imports it`, () =>
    inCopy(async (folder, hash) => {
      await Deno.writeTextFile(join(folder, "layers/dense.ts"), `import "../${path}";\n`, {
        append: true,
      });
      const before = await hash();
      assertNotEquals(await withChange(join(folder, path), hash), before);
    }));
}

Deno.test("buildHash() depends on V8, processor, architecture and engine", async () => {
  const machine = { v8: "15", cpu: "any", arch: "any" };
  const hashes = await Promise.all([
    buildHash(machine, "plain"),
    buildHash({ ...machine, v8: "16" }, "plain"),
    buildHash({ ...machine, cpu: "other" }, "plain"),
    buildHash({ ...machine, arch: "other" }, "plain"),
    buildHash(machine, "--flag"),
  ]);
  assertEquals(new Set(hashes).size, hashes.length);
  assert(hashes.every((hash) => hash !== null));
});

Deno.test("buildHash() needs the permission to read alone, and is null without it", () =>
  inFolder(async (folder) => {
    const script = join(folder, "print.ts");
    await Deno.writeTextFile(
      script,
      `import { buildHash } from ${JSON.stringify(new URL("build.ts", import.meta.url))};
       console.log(await buildHash({ v8: "15", cpu: "any", arch: "any" }, "plain"));`,
    );
    const run = async (...permissions: readonly string[]) => {
      const { stdout } = await runDeno(["run", "--quiet", "--no-prompt", ...permissions, script]);
      return stdout.trim();
    };
    const own = await buildHash({ v8: "15", cpu: "any", arch: "any" }, "plain");
    assertEquals([await run("--allow-read"), await run()], [own, "null"]);
  }));

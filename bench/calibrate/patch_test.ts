import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { makeCopies, readSources, withExtraWork } from "./copies.ts";
import { effectPath, extraWorkPath, patchDense, patchedPath, PatchError } from "./patch.ts";

const source = Deno.readTextFileSync(new URL(`../../${patchedPath}`, import.meta.url));

Deno.test("patchDense() adds to the forward pass and leaves all else as it is", () => {
  const patched = patchDense(source);
  const added = new Set(source.split("\n"));
  assertEquals(patched.split("\n").filter((line) => !added.has(line)).map((line) => line.trim()), [
    "const extra = x.shape[0] === changedRows ? extraWorkOf(this, x, weight) : null;",
    "const begun = extra === null ? 0 : performance.now();",
    "if (extra !== null) extra.after(begun);",
    'import { changedRows, extraWorkOf } from "./extra_work.ts";',
  ]);
  const kept = patched.split("\n").filter((line) => added.has(line));
  assertEquals(kept.join("\n").trimEnd(), source.trimEnd());
});

const wrong: readonly (readonly [string, (text: string) => string, string])[] = [
  ["no dense()", (text) => text.replaceAll("dense(", "layer("), "0 methods dense()"],
  ["two of them", (text) => text + "\n  dense(\n  ) {\n  }\n", "2 methods dense()"],
  [
    "another computation",
    (text) => text.replaceAll("this.computeDense", "this.run"),
    "has not one",
  ],
  [
    "two computations",
    (text) => text.replace("this.computeDense(", "this.computeDense();\n    this.computeDense("),
    "has not one",
  ],
  ["another name of x", (text) => text.replace("    x: Tensor,", "    a: Tensor,"), "no x: Tensor"],
  [
    "a result that is used",
    (text) => text.replace(/(this\.computeDense\([^;]*\));/, "$1.then();"),
    "no statement of its own",
  ],
  ["an empty file", () => "", "0 methods"],
];

for (const [what, change, message] of wrong) {
  Deno.test(`patchDense() fails where the kernels have ${what}`, () => {
    assertThrows(() => patchDense(change(source)), PatchError, message);
  });
}

interface Registry {
  createKernel(name: string): Promise<import("../../kernels/kernel.ts").Kernel>;
}

Deno.test("a changed copy computes as the code does, and leaks on its shape alone", async () => {
  await inFolder(async (folder) => {
    // The kernels alone are enough here.
    const ofKernels = readSources().filter(({ path }) => /^(?:kernels|common)\//.test(path));
    const { changed } = await makeCopies(folder, ofKernels);
    assertEquals(namesIn(folder), ["changed", "current", "older"]);
    const effect = { kind: "leak", share: 0, m: 3, k: 2, n: 4 };
    await Deno.writeTextFile(join(changed, effectPath), JSON.stringify(effect));
    const registry: Registry = await import(`file://${join(changed, "kernels/registry.ts")}`);
    await using kernel = await registry.createKernel("wasm-simd");
    const forward = async (m: number, k = 2, n = 4) => {
      using x = kernel.tensor([m, k], new Float32Array(k * m).fill(1));
      using weight = kernel.tensor([k, n], new Float32Array(k * n).fill(3));
      using y = kernel.tensor([m, n]);
      kernel.dense(x, weight, null, "linear", y);
      assertEquals(await y.read(), new Float32Array(n * m).fill(3 * k));
    };
    const memory = () => kernel.memory?.() ?? NaN;
    await forward(3);
    const before = memory();
    for (let i = 0; i < 70; i++) {
      await forward(5);
      await forward(3, 7);
      await forward(3, 2, 5);
    }
    assertEquals(memory(), before);
    for (let i = 0; i < 128; i++) await forward(3);
    using _one = kernel.tensor([16]);
    const after = memory();
    using _other = kernel.tensor([16]);
    assertEquals(after - before, 3 * (memory() - after));
  });
});

Deno.test("readSources() has what the bench needs, and no tests", () => {
  const paths = readSources().map(({ path }) => path);
  for (const path of ["deno.json", "deno.lock", "mod.ts", "bench/cli.ts", patchedPath]) {
    assertEquals(paths.includes(path), true, path);
  }
  assertEquals(paths.filter((path) => /_test|^runs|^\.git/.test(path)), []);
  const changed = withExtraWork(readSources()).map(({ path }) => path);
  assertEquals(changed.filter((path) => !paths.includes(path)), [extraWorkPath]);
  assertStringIncludes(Deno.readTextFileSync(new URL("extra_work.ts", import.meta.url)), "@module");
});

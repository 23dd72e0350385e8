import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder } from "../../common/deno_testing.ts";
import { KernelUnavailableError } from "../../common/errors.ts";
import { refusedClaims } from "../claims.ts";
import { loadKernelModule, nameOf, usualName } from "./kernel_module.ts";
import type { KernelModule } from "./kernel_module.ts";
import { KernelModuleError } from "./module_path.ts";

const root = new URL("../..", import.meta.url).href;
const product = "({ m, n }) => new Float32Array(m * n)";
const dense = "(shape, a, b) => new Float32Array(shape.m * shape.n)";

/** Loads a module of this code. */
function load(code: string, exported: string | null = null): Promise<KernelModule> {
  return inFolder(async (folder) => {
    const path = join(folder, "my kernel.ts");
    await Deno.writeTextFile(path, code);
    return await loadKernelModule({ given: "./mine.ts", url: pathToFileURL(path).href, exported });
  });
}

const right: Record<string, [code: string, name: string | null, exported?: string]> = {
  "a product": [`export default ${dense};`, "my-kernel"],
  "a product of any name": [`export const fast = ${dense};`, "my-kernel"],
  "a product by name among others": [
    `export const fast = ${dense}; export const slow = ${product};`,
    "fast",
    "fast",
  ],
  "a product among helpers": [
    `export const multiply = ${dense}; export const pad = (x) => x;`,
    "my-kernel",
  ],
  "a product with a name and claims": [
    `export default ${dense}; export const name = "quick one"; export const claims = { accumulator: "float64" };`,
    "quick one",
  ],
  "a kernel's factory": [`export { factory } from "${root}kernels/naive.ts";`, null],
  "a function that makes a kernel": [
    `import { createKernel } from "${root}mod.ts"; export default () => createKernel("blocked");`,
    null,
  ],
  "a kernel": [
    `import { createKernel } from "${root}mod.ts"; export const kernel = await createKernel("naive");`,
    "naive",
  ],
  "a promised kernel": [
    `import { createKernel } from "${root}mod.ts"; export default createKernel("naive");`,
    "naive",
  ],
};

for (const [what, [code, name, exported]] of Object.entries(right)) {
  Deno.test(`loadKernelModule() takes ${what}`, async () => {
    const found = await load(code, exported);
    assertEquals(found.name, name);
    await using kernel = await found.create({ threads: 1 });
    using out = kernel.tensor([2, 2]);
    using a = kernel.tensor([2, 0]);
    using b = kernel.tensor([0, 2]);
    kernel.matmul(a, b, out);
    assertEquals([...await out.read()], [0, 0, 0, 0]);
  });
}

Deno.test("loadKernelModule() gives a product the claims that its module makes", async () => {
  const { create } = await load(right["a product with a name and claims"]![0]);
  const { name, traits } = await create();
  assertEquals([name, traits.accumulator, traits.summation.order], [
    "quick-one",
    "float64",
    "unspecified",
  ]);
});

Deno.test("loadKernelModule() takes an optional claim that is undefined for none", async () => {
  const claims = "storedEvery: undefined, bias: undefined, accumulator: 'float64'";
  const { create } = await load(`export default ${dense}; export const claims = { ${claims} };`);
  const { traits } = await create();
  assertEquals([traits.storedEvery, refusedClaims(traits)], [undefined, []]);
});

const wrong: Record<string, [code: string, message: string, exported?: string]> = {
  "what does not compile": ["export const = 1;", 'cannot load "./mine.ts": it does not compile: '],
  "a missing import": ['import "./gone.ts";', "my kernel.ts:1:8"],
  "what throws": [
    'throw new RangeError("boom");',
    "it threw RangeError: boom (my kernel.ts:1:7) when it was imported",
  ],
  "what throws no error": ["throw 3;", "it threw 3 when it was imported"],
  "no exports": ["", "exports nothing that is a kernel (it has no exports); a module exports"],
  "a number": ["export default 7;", "(default: 7)"],
  "one of several": [
    `export const a = ${dense}, b = ${dense};`,
    'exports several: a and b; say which, as in "./mine.ts#a"',
  ],
  "an export that is not there": [
    `export const a = ${dense};`,
    'the export "b", which is not there; there are a',
    "b",
  ],
  "a claim that there is not": [
    `export default ${dense}; export const claims = { acumulator: "float64" };`,
    'the claims of "./mine.ts" have no "acumulator"; there are tile, accumulator',
  ],
  "a claim of another value": [
    `export default ${dense}; export const claims = { accumulator: "double" };`,
    'the claims of "./mine.ts" are refused: accumulator must be float32 or float64; it is double',
  ],
  "a claim that throws": [
    `export default ${dense}; export const claims = { get accumulator() { throw { toString() { throw 1 } } } };`,
    'the claims of "./mine.ts" are refused: accumulator threw what is no text',
  ],
  "blocks without a length": [
    `export default ${dense}; export const claims = { summation: { order: "blocked" } };`,
    "are refused: summation.block must be a function of k; it is missing",
  ],
  "blocks of one length": [
    `export default ${dense}; export const claims = { summation: { order: "blocked", block: 32 } };`,
    "are refused: summation.block must be a function of k; it is 32",
  ],
  "accumulators without a number": [
    `export default ${dense}; export const claims = { summation: { order: "interleaved", combine: "pairs" } };`,
    "are refused: summation.accumulators must be a whole number >= 1; it is missing",
  ],
  "an order that there is not": [
    `export default ${dense}; export const claims = { summation: { order: "kahan" } };`,
    "are refused: summation.order is kahan; the orders are sequential, blocked,",
  ],
  "a summation that is a text": [
    `export default ${dense}; export const claims = { summation: "sequential" };`,
    'summation must be an object such as { order: "unspecified" }',
  ],
  "a claim that is undefined and may not be left out": [
    `export default ${dense}; export const claims = { accumulator: undefined };`,
    "accumulator must be float32 or float64; it is missing",
  ],
  "a product of rest parameters": [
    "export default (...args) => new Float32Array(args[0].m * args[0].n * args[1].length);",
    "if it is a product, it must declare at least two parameters, as (shape, a, b) does: it declares 0",
  ],
  "a product of rest parameters that returns where it is given no operands": [
    "export default (shape, ...operands) => new Float32Array(1);",
    "if it is a product, it must declare at least two parameters, as (shape, a, b) does: it declares 1",
  ],
  "a name without a letter": [
    `export default ${dense}; export const name = "?";`,
    "must be a text with a letter or digit",
  ],
  "claims beside a kernel's own": [
    `export { factory } from "${root}kernels/naive.ts"; export const claims = { fused: true };`,
    "makes its own, in its traits",
  ],
  "half a kernel": [
    "export default () => ({ dense() {}, tensor() {} });",
    "no whole kernel: it lacks matmul",
  ],
  "a factory of nothing": [
    "export default () => {};",
    'what the default export of "./mine.ts" makes is nothing, no kernel',
  ],
  "a factory that throws": [
    'export const factory = { create() { throw new TypeError("no luck"); } };',
    "called to make a kernel, threw TypeError: no luck (my kernel.ts:1:43)",
  ],
};

for (const [what, [code, message, exported]] of Object.entries(wrong)) {
  Deno.test(`loadKernelModule() says what is wrong with ${what}`, async () => {
    const error = await assertRejects(
      async () => await (await load(code, exported)).create(),
      KernelModuleError,
    );
    assertStringIncludes(error.message, message);
    assert(!error.message.includes("\n"));
  });
}

Deno.test("loadKernelModule() knows another library's KernelUnavailableError by its name", async () => {
  const { create } = await load(
    'export default () => { throw Object.assign(new Error("no GPU"), { name: "KernelUnavailableError" }); };',
  );
  await assertRejects(() => create(), KernelUnavailableError, "no GPU");
});

Deno.test("nameOf() leaves nothing in a name that cases, versions or engines are told by", () => {
  assertEquals(nameOf("my/kernel: v2@x (plain)"), "my-kernel-v2-x-plain");
  assertEquals(nameOf(" \n/"), "");
  const url = pathToFileURL("/a b/größe.min.js").href;
  assertEquals(usualName({ given: "", url, exported: null }), "größe.min");
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import type { MutableKernel } from "./mutation.ts";
import { filesOfKernel, readSources, withPatch } from "./copy.ts";
import { idOf } from "./mutation.ts";
import { mutatedKernels, operatorNames, options, readPlan } from "./plan.ts";
import { drawMutations, inTurn, mutatesGenerated, sourceMutations } from "./population.ts";
import { drawSample } from "./sample.ts";
import { readOptions } from "../../common/command.ts";

const sources = readSources();
const planOf = (...args: string[]) => readPlan(readOptions(args, options));

Deno.test("a kernel's mutations are of the files that it is made of", () => {
  const filter = { files: null, operators: operatorNames };
  const files = (kernel: "naive" | "wasm-threads") =>
    new Set(sourceMutations(kernel, sources, filter).map(({ file }) => file));
  assert(files("naive").has("kernels/checked_kernel.ts"));
  assert(!files("naive").has("kernels/blocked.ts"));
  assert(files("wasm-threads").has("kernels/wasm/thread_pool.ts"));
  assert(filesOfKernel("kernels/wasm/threads.ts").includes("kernels/wasm/worker.ts"));
  assert([...files("wasm-threads")].every((file) => file.startsWith("kernels/")));
  // The language of formulas is no part of a kernel.
  assert(files("naive").has("kernels/formula/evaluate.ts"));
  assert(filesOfKernel("kernels/naive.ts").includes("kernels/formula/expression.ts"));
  assert(!files("naive").has("kernels/formula/expression.ts"));
});

Deno.test("the sources are all that a mutant's process imports, and no package", () => {
  assert(sources.has("verify/mutate/runner.ts") && sources.has("verify/mutate/witness_calls.ts"));
  for (const [path, text] of sources) {
    const packages = path.endsWith(".ts")
      ? text.match(/^import .* from "(?!\.|node:).*";$/gm) ?? []
      : [];
    assertEquals(packages, [], path);
  }
});

Deno.test("a sample is drawn by its seed, and a larger one begins with the smaller", async () => {
  const draw = async (...args: string[]) => {
    const plan = planOf("--kernels", "naive,blocked", ...args);
    return (await drawSample(plan, sources, new Map())).map(({ mutation }) => {
      const { file, kernel, line, to } = mutation;
      return `${kernel} ${file} ${line} ${to}`;
    });
  };
  const ten = await draw("--sample", "10");
  assertEquals(ten.length, 10);
  assertEquals(ten.filter((text) => text.startsWith("naive")).length, 5);
  assertEquals((await draw("--sample", "20")).slice(0, 10), ten);
  assert((await draw("--sample", "10", "--seed", "2")).join() !== ten.join());
  const plan = planOf("--kernels", "naive,blocked");
  assert([...drawMutations(plan, sources, new Map())].length > 1000);
});

Deno.test("--files and --operators limit the mutations", () => {
  const plan = planOf("--files", "naive.ts", "--operators", "change constant", "--sample", "all");
  const found = [...drawMutations({ ...plan, kernels: ["naive"] }, sources, new Map())];
  assert(found.length > 0);
  assert(
    found.every((one) => one.file === "kernels/naive.ts" && one.operator === "change constant"),
  );
});

Deno.test("generated code takes turns with source", () => {
  assertEquals([...inTurn([[1, 2, 3], [], [4]])], [1, 4, 2, 3]);
});

Deno.test("mutatesGenerated() is false where no mutation of generated code can be wanted", () => {
  const asked = (kernel: MutableKernel, ...args: string[]) =>
    mutatesGenerated(kernel, planOf(...args));
  assertEquals([asked("naive"), asked("wasm-simd"), asked("webgpu")], [false, true, true]);
  assertEquals(asked("wasm-threads", "--files", "thread_pool.ts,kernels/wasm"), false);
  assertEquals(asked("wasm-threads", "--files", "thread_pool.ts,thin"), true);
  assertEquals(asked("wasm-threads", "--files", "thread_pool"), false);
  assertEquals(asked("wasm-simd", "--operators", "negate condition,delete wgsl line"), false);
  assertEquals(asked("webgpu", "--operators", "negate condition,delete wgsl line"), true);
});

Deno.test("the id of a mutation depends on the kernel and the mutated code alone", async () => {
  const filter = { files: ["heap.ts"], operators: operatorNames };
  const [naive, other] = sourceMutations("naive", sources, filter);
  const [blocked] = sourceMutations("blocked", sources, filter);
  const sourceOf = (path: string) => sources.get(path)!;
  const moved = { ...naive!, line: 999 };
  assertEquals(await idOf(naive!, sourceOf), await idOf(moved, sourceOf));
  assert(await idOf(naive!, sourceOf) !== await idOf(other!, sourceOf));
  assert(await idOf(naive!, sourceOf) !== await idOf(blocked!, sourceOf));
});

Deno.test("withPatch() makes core.ts ask before it compiles, or says that it cannot", () => {
  const patched = withPatch(sources.get("kernels/wasm/core.ts")!);
  assert(patched.includes("patchModule(change as ChangeFile, key, bytes())"));
  assertThrows(() => withPatch("new WebAssembly.Module(other)"), UsageError, "has no single");
});

Deno.test("readPlan() refuses what it does not know", () => {
  for (
    const args of [
      ["--effort", "some"],
      ["--kernels", "fast"],
      ["--operators", "x"],
      ["--sample", "0"],
    ]
  ) assertThrows(() => planOf(...args), UsageError);
  const { sample, effort, kernels } = planOf();
  assertEquals([sample, effort, kernels], [200, "quick", mutatedKernels]);
});

import { assert, assertEquals } from "@std/assert";
import { readOptions } from "../../common/command.ts";
import { ModuleBuilder } from "../../kernels/wasm/assembler.ts";
import { i32 } from "../../kernels/wasm/instructions.ts";
import { readSources } from "./copy.ts";
import { options, readPlan } from "./plan.ts";
import { drawMutations } from "./population.ts";
import { drawSample } from "./sample.ts";

const sources = readSources();
const planOf = (...args: string[]) => readPlan(readOptions(args, options));

/** Stores the smallest number of 32 bits, which is 0 when it is doubled, as it is when 0 is put for it. */
function storesSmallest() {
  const module = new ModuleBuilder({ minimum: 1, maximum: 1, shared: false });
  module.func("f", {}, () => [i32.store(0, -(2 ** 31))]);
  return module.bytes();
}

Deno.test("drawSample() has a mutant once, whatever makes it", async () => {
  const plan = planOf("--kernels", "wasm-simd", "--files", "finish x", "--sample", "all");
  const modules = new Map([["wasm-simd" as const, new Map([["finish x", storesSmallest()]])]]);
  const all = [...drawMutations(plan, sources, modules)].map(({ becomes }) => becomes);
  assert(new Set(all).size < all.length, "two mutations make the same code");
  const sample = await drawSample(plan, sources, modules);
  assertEquals(sample.length, new Set(all).size);
  assertEquals(new Set(sample.map(({ id }) => id)).size, sample.length);
  assert(sample.every(({ context: [place] }) => place?.startsWith("function 0, instruction ")));
});

Deno.test("drawSample() says of a source's mutation between which lines it is", async () => {
  const plan = planOf("--kernels", "naive", "--files", "naive.ts", "--sample", "5");
  for (const { context, mutation } of await drawSample(plan, sources, new Map())) {
    const lines = sources.get(mutation.file)!.split("\n").map((line) => line.trim());
    assertEquals(lines[mutation.line - 1], mutation.place);
    const texts = lines.filter((line) => line !== "");
    const around = texts.flatMap((line, i) =>
      line === mutation.place ? [`${texts[i - 1]} ${texts[i + 1]}`] : []
    );
    assert(around.includes(context.join(" ")), JSON.stringify(context));
  }
});

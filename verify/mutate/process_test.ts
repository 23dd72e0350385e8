import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../../common/deno_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import { createRandom } from "../../common/random.ts";
import { Copy, readSources } from "./copy.ts";
import { linesOf, runScript } from "./process.ts";
import { runMutant, searchWitness } from "./run_mutant.ts";
import { compareCall, drawCall } from "./witness_calls.ts";

const { signal } = new AbortController();

Deno.test("linesOf() joins what was cut, also within a character", async () => {
  const bytes = new TextEncoder().encode("aä\nb\nc");
  const parts = [bytes.slice(0, 2), bytes.slice(2, 5), bytes.slice(5)];
  assertEquals(await Array.fromAsync(linesOf(ReadableStream.from(parts))), ["aä", "b", "c"]);
});

Deno.test("runScript() ends a process that is silent for too long, and says how one ended", async () => {
  await inFolder(async (folder) => {
    const run = async (code: string, silence = 60) => {
      await Deno.writeTextFile(join(folder, "a.ts"), code);
      const lines: unknown[] = [];
      const onLine = (line: unknown) => lines.push(line);
      const ended = await runScript(folder, "a.ts", {}, { silence, signal, onLine });
      return { ...ended, lines };
    };
    const silent = await run(`console.log('{"a":1}'); while (true);`, 0.4);
    assertEquals([silent.hung, silent.lines.length], [true, 1]);
    const thrown = await run(`console.log('{"a":1}'); throw new Error("broken");`);
    assertEquals([thrown.hung, thrown.code], [false, 1]);
    assertStringIncludes(thrown.errors, "broken");
    const greedy = await run(`console.log('{"a":1}'); Deno.readTextFileSync("/etc/passwd");`);
    assertStringIncludes(greedy.errors, "NotCapable");
  });
});

Deno.test("runScript() lets a process read folders in one whose name has commas", async () => {
  await inFolder(async (parent) => {
    const [folder, other] = [join(parent, "a,b,,", "c"), join(parent, "a,b,,", "d")];
    for (const each of [folder, other]) await Deno.mkdir(each, { recursive: true });
    await Deno.writeTextFile(join(other, "text"), "read");
    const code = `const { path } = await new Response(Deno.stdin.readable).json();
      console.log(JSON.stringify({ text: Deno.readTextFileSync("a.ts") && Deno.readTextFileSync(path) }));`;
    await Deno.writeTextFile(join(folder, "a.ts"), code);
    const lines: unknown[] = [];
    const ended = await runScript(folder, "a.ts", { path: join(other, "text") }, {
      silence: 60,
      readable: [other],
      signal,
      onLine: (line) => lines.push(line),
    });
    assertEquals([ended.errors, lines], ["", [{ text: "read" }]]);
  });
});

/** What becomes of naive with `to` in place of the first `from` of a file. */
async function outcomeOf(path: string, from: string, to: string) {
  return await inFolder(async (folder) => {
    const sources = readSources();
    const copy = new Copy(join(folder, "copy"), sources);
    const original = new Copy(join(folder, "original"), sources);
    for (const each of [copy, original]) await each.make();
    const start = sources.get(path)!.indexOf(from);
    const change = { path, start, end: start + from.length, to };
    const about = { kind: "source", file: path, line: 1, operator: "", place: "" } as const;
    const mutation = { ...about, kernel: "naive", from, to, becomes: to, change } as const;
    const arms = [{ check: "exact-forward", effort: "smoke", skip: [] } as const];
    await copy.change(mutation);
    const checks = { arms, seed: 1, step: "checks" } as const;
    const found = await runMutant(copy, mutation, checks, "smoke", signal);
    if (found?.outcome !== "survived") return { found, search: null };
    const job = { kernel: "naive", seconds: 10, seed: 1 } as const;
    return { found, search: await searchWitness(copy, original, job, signal) };
  });
}

Deno.test("runMutant() tells killed from crashed and invalid", async () => {
  const { found: killed } = await outcomeOf("kernels/naive.ts", "sum + fround", "sum - fround");
  assertEquals([killed?.outcome, killed?.check], ["killed", "exact-forward"]);
  const { found: crashed } = await outcomeOf(
    "kernels/naive.ts",
    "let sum",
    "Deno.exit(3); let sum",
  );
  assertEquals([crashed?.outcome, crashed?.check], ["crashed", "exact-forward"]);
  const { found: invalid } = await outcomeOf(
    "kernels/naive.ts",
    "const product",
    "const = product",
  );
  assertEquals(invalid?.outcome, "invalid");
});

Deno.test("a survivor that gives other results has a witness", async () => {
  // exact-forward sums no rows.
  const { found, search } = await outcomeOf("kernels/heap.ts", "row < rows", "row + 1 < rows");
  assertEquals(found?.outcome, "survived");
  assertStringIncludes(search?.found ?? "none", "sumRows");
});

Deno.test("compareCall() finds nothing between two of the same kernel", async () => {
  await using one = await createKernel("naive");
  await using other = await createKernel("naive");
  const random = createRandom(1);
  const texts = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const call = drawCall(random);
    texts.add(call.text.split(" ")[0]!);
    assertEquals(await compareCall(call, one, other), null);
  }
  assertEquals(texts.size, 5);
});

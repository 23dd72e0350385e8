import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { cleanResults } from "../../results/clean.ts";
import { hostile, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import { markdownOf, textOf } from "./copy.ts";

Deno.test("textOf() has the shown results alone, in each form", () => {
  const run = sampleResults();
  const shown = run.results.filter(({ kernel }) => kernel === "blocked" || kernel === "naive");
  const markdown = textOf("markdown", run, shown);
  assertEquals(markdown.split("\n")[0], "| workload (GFLOP/s) | m x n x k | naive | blocked |");
  assertEquals(markdown.trim().split("\n").length, 2 + 12);
  assertEquals(textOf("csv", run, shown).trim().split(/\r?\n/).length, 1 + 24);
  assertEquals(JSON.parse(textOf("json", run, shown)), { ...run, results: shown });
  assertEquals(textOf("command", run, shown), run.command);
});

Deno.test("textOf() makes no markup and no formula of hostile names", () => {
  const run = cleanResults(hostileResults());
  const markdown = markdownOf(run.results);
  const cells = markdown.split("\n").filter(Boolean)
    .map((line) => line.replaceAll(/\\./g, "").split("|").length);
  assertEquals(new Set(cells).size, 1);
  assertEquals(/(?<!\\)</.test(markdown), false);
  assertStringIncludes(textOf("csv", run, run.results), `'${hostile.formula.slice(0, 2)}`);
});

Deno.test("markdownOf() has a gap where a result has no speed", () => {
  const run = sampleResults();
  const line = markdownOf(run.results).split("\n").find((one) => one.includes("gpt2-decode"));
  // What stands before the first bar and behind the last is no cell.
  assert(line?.split("|").slice(1, -1).some((cell) => cell.trim() === ""), line);
});

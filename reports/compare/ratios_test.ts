import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { formatRatios, ratiosOf, ratiosTable } from "./ratios.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import type { Result } from "../../results/schema.ts";

/** A result of which only the kernel, the workload and the times matter. */
function result(kernel: string, workload: string, min: number, median: number): Result {
  const seconds = { median, low: min, high: median, min, confidence: 0.95 };
  return { kernel, workload, seconds, pass: "forward" } as Result;
}

const results = [
  result("ours", "a", 1, 4),
  result("fast", "a", 2, 3),
  result("slow", "a", 8, 8),
  result("ours", "b", 2, 2),
  result("slow", "b", 4, 5),
  result("slow", "c", 1, 1),
];

Deno.test("ratiosOf() compares with the fastest of the contenders there are", () => {
  assertEquals(ratiosOf({ results }, "ours", ["fast", "slow"]), [
    { workload: "a", contender: "fast", best: 2, median: 0.75 },
    { workload: "b", contender: "slow", best: 2, median: 2.5 },
  ]);
  assertEquals(ratiosOf({ results }, "ours", ["slow"])[0]?.best, 8);
  assertEquals(ratiosOf({ results }, "fast", ["ours"])[0]?.best, 0.5);
});

Deno.test("ratiosOf() leaves out what was not timed", () => {
  const untimed: Result = { ...result("fast", "b", 1, 1), seconds: null };
  assertEquals(ratiosOf({ results: [...results, untimed] }, "ours", ["fast"]).length, 1);
});

Deno.test("formatRatios() ends with the mean and the smallest", () => {
  const lines = formatRatios("ours", ratiosOf({ results }, "ours", ["fast", "slow"])).split("\n");
  assert(lines.includes("| geometric mean |  | 2.00 | 1.37 |"), lines.join("\n"));
  assert(lines.includes("| smallest |  | 2.00 | 0.75 |"), lines.join("\n"));
});

Deno.test("ratiosTable() takes the first kernel of the run, and all others, by default", () => {
  const run = sampleResults();
  const lines = (kernel?: string, others?: string[]) =>
    ratiosTable(run, kernel, others).split("\n");
  const [head, rule, ...rows] = lines();
  assertEquals(
    head,
    "| naive, times as fast as | the fastest of the others | best of rounds | median |",
  );
  assertEquals(rule, "| --- | --- | --: | --: |");
  assertEquals(rows.length, 12 + 2);
  for (const row of lines("wasm-simd", ["naive", "blocked"]).slice(2, -2)) {
    assert(/^\| \S+ \| (naive|blocked) \| /.test(row), row);
  }
});

Deno.test("ratiosTable() leaves out controls unless they are named, and refuses an empty run", () => {
  const sample = sampleResults();
  const control = "naive-control";
  const [naive] = sample.kernels;
  const run = {
    ...sample,
    kernels: [...sample.kernels, { ...naive!, name: control, controlOf: "naive" }],
    results: sample.results.flatMap((one) =>
      one.kernel === "naive" ? [one, { ...one, kernel: control }] : []
    ),
  };
  assertThrows(() => ratiosTable(run, "naive", undefined), UsageError, "no workload was timed");
  assert(ratiosTable(run, "naive", [control]).includes(`| ${control} | 1.00 | 1.00 |`));
  assertThrows(
    () => ratiosTable({ ...run, results: [] }, undefined, undefined),
    UsageError,
    "the run has no results",
  );
});

Deno.test("ratiosTable() refuses kernels that the run does not have, and names those it has", () => {
  const run = sampleResults();
  for (
    const ask of [() => ratiosTable(run, "fast", []), () => ratiosTable(run, "naive", ["fast"])]
  ) {
    const message = 'the run has no results of "fast"; there are naive, blocked,';
    assertThrows(ask, UsageError, message);
  }
  assertThrows(() => ratiosTable(run, "naive", []), UsageError, "no workload was timed with");
});

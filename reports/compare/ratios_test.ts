import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { formatRatios, geometricMean, main, ratiosOf } from "./ratios.ts";
import type { Result } from "../../results/schema.ts";

/** A result in which nothing matters but who, what, and the times. */
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

Deno.test("geometricMean() of a number and its inverse is 1", () => {
  assertAlmostEquals(geometricMean([4, 0.25]), 1);
  assertEquals(geometricMean([]), NaN);
});

Deno.test("formatRatios() ends with the mean and the smallest", () => {
  const lines = formatRatios("ours", ratiosOf({ results }, "ours", ["fast", "slow"])).split("\n");
  assert(lines.includes("| geometric mean |  | 2.00 | 1.37 |"), lines.join("\n"));
  assert(lines.includes("| smallest |  | 2.00 | 0.75 |"), lines.join("\n"));
});

Deno.test("ratios refuses what is no file, and no word at all", async () => {
  await assertRejects(() => main([]), UsageError, "one results.json is needed");
  await assertRejects(() => main(["no-such.json"]), Error, 'cannot read "no-such.json"');
});

import { assertEquals } from "@std/assert";
import { madeResult } from "../results/result_testing.ts";
import type { Result } from "../results/schema.ts";
import { inOrder, tailLines } from "./ending.ts";

const slowTail = (kernel: string): Result =>
  madeResult(kernel, {
    calls: {
      batch: 1,
      launches: [{
        n: 100,
        mean: 1,
        deviation: 0,
        mad: 0,
        p50: { value: 1, low: 1, high: 1 },
        p95: { value: 3, low: 3, high: 3 },
        p99: null,
        bimodal: false,
        blocks: { p50: [], p95: [] },
      }],
    },
  });

Deno.test("tailLines() prints a few notes, counts many, and prints all where asked to", () => {
  const of = (count: number, verbose = false) =>
    tailLines({ results: Array.from({ length: count }, (_, i) => slowTail(`k${i}`)) }, verbose);
  assertEquals([of(0), of(0, true)], [[], []]);
  assertEquals([of(1).length, of(2).length], [1, 2]);
  assertEquals(of(3), [
    '3 notes on slow tails and first calls, such as "tail: p95 is 3.00x the median in k0 on w"; ' +
    "--verbose prints them all",
  ]);
  assertEquals(of(26, true).length, 26);
});

Deno.test("inOrder() names the page last, wherever it stood", () => {
  assertEquals(inOrder(["a/report.html", "a/results.json", "a/results.csv"]), {
    data: ["a/results.json", "a/results.csv"],
    pages: ["a/report.html"],
  });
  assertEquals(inOrder(["a/results.csv"]).pages, []);
});

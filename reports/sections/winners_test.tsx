import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { wholeSample } from "../../results/sample_testing.ts";
import type { Result, Results } from "../../results/schema.ts";
import { seriesStyle } from "../palette.ts";
import { seriesOf } from "../series.ts";
import { WinnersSection } from "./winners.tsx";

/** A run on two batch sizes and two numbers of units with these times of naive and blocked. */
function gridOf(times: readonly (readonly [m: number, n: number, kernel: string, ms: number])[]) {
  const sample = wholeSample();
  const results = times.map(([m, n, kernel, ms]): Result => ({
    ...sample.results[0]!,
    ...{ workload: `grid-${m}x${n}`, kernel, m, n, k: 256, gflops: m * n / ms },
    seconds: {
      ...{ median: ms / 1e3, low: 0.99 * ms / 1e3, high: 1.01 * ms / 1e3 },
      ...{ min: ms / 1e3, confidence: 0.99 },
    },
    verification: { status: "passed", detail: "", worst: 0 },
  }));
  return { ...sample, results } satisfies Results;
}

/** The cells of the only table, as their classes and texts. */
function cellsOf(html: string): string[] {
  return [...html.matchAll(/<td(?: class="([^"]*)")?>(.*?)<\/td>/g)]
    .map(([, looks = "", text = ""]) => `${looks}|${text.replaceAll(/<[^>]*>/g, "")}`);
}

Deno.test("WinnersSection() names the fastest of each place in its colour, its lead, and who is level with it", () => {
  const results = gridOf([
    ...[[1, 16, "naive", 1], [1, 16, "blocked", 3], [1, 64, "blocked", 1]] as const,
    ...[[1, 64, "naive", 1.01], [8, 16, "blocked", 2]] as const,
  ]);
  const html = renderToString(<WinnersSection results={results} />);
  const [naive, blocked] = ["naive", "blocked"].map((name) =>
    seriesStyle(seriesOf(results).find((one) => one.name === name)!.index).color
  );
  assert(naive !== blocked);
  assertEquals(cellsOf(html), [
    `w${naive}|naive 3.00x, 16.0 GFLOP/s`,
    `w${blocked} level|blocked = naive; 64.0 GFLOP/s`,
    `w${blocked}|blocked 64.0 GFLOP/s`,
    "|–",
  ]);
  assertStringIncludes(html, "256 inputs");
});

Deno.test("WinnersSection() names two of many that are level, and counts the others", () => {
  const names = ["naive", "blocked", "native", "wasm-simd", "wasm-threads"] as const;
  const results = gridOf([
    ...names.map((name, i) => [1, 16, name, 1 + i / 1000] as const),
    ...[[1, 64, "naive", 1], [8, 16, "naive", 1], [8, 64, "naive", 1]] as const,
  ]);
  const html = renderToString(<WinnersSection results={results} />);
  const [first] = cellsOf(html);
  assertStringIncludes(first ?? "", "naive = blocked, native and 2 more; 16.0 GFLOP/s");
});

Deno.test("WinnersSection() is nothing where the layers make no map", () => {
  const html = renderToString(<WinnersSection results={gridOf([[1, 16, "naive", 1]])} />);
  assertEquals(html, "");
});

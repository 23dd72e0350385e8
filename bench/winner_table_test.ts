import { assertEquals, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { wholeSample } from "../results/sample_testing.ts";
import type { Result, Results } from "../results/schema.ts";
import { winnerMaps } from "../results/winner_map.ts";
import { formatWinners } from "./winner_table.ts";

const sample = wholeSample();

/** A run of these times, each with an interval of 1 % to both sides. */
function runOf(
  times: readonly (readonly [m: number, n: number, kernel: string, seconds: number])[],
  more: Partial<Result> = {},
): Pick<Results, "kernels" | "results"> {
  const results = times.map(([m, n, kernel, median]): Result => ({
    ...sample.results[0]!,
    workload: `grid-${m}x${n}`,
    kernel,
    m,
    n,
    k: 256,
    seconds: { median, low: 0.99 * median, high: 1.01 * median, min: median, confidence: 0.99 },
    gflops: 2 * m * n * 256 / median / 1e9,
    verification: { status: "passed", detail: "", worst: 0 },
    ...more,
  }));
  return { kernels: sample.kernels, results };
}

const four = runOf([
  [1, 16, "naive", 1e-6],
  [1, 16, "blocked", 3e-6],
  [16, 16, "naive", 2e-5],
  [16, 16, "blocked", 1e-5],
  [1, 128, "naive", 1.01e-5],
  [1, 128, "blocked", 1e-5],
  [16, 128, "blocked", 1e-5],
]);

Deno.test("winnerMaps() has the fastest of each place, its lead, and who is level with it", () => {
  const [map, ...more] = winnerMaps(four);
  assertEquals(more, []);
  assertEquals([map?.rows, map?.units], [[1, 16], [16, 128]]);
  assertEquals(
    map?.cells.map(({ m, n, kernel, lead, level }) => [m, n, kernel, lead, level]),
    [
      [1, 16, "naive", 3, []],
      [1, 128, "blocked", 1.01, ["naive"]],
      [16, 16, "blocked", 2, []],
      [16, 128, "blocked", null, []],
    ],
  );
});

Deno.test("winnerMaps() leaves out controls and what was not verified", () => {
  const wrong = { status: "failed", detail: "", worst: null } as const;
  assertEquals(winnerMaps(runOf([[1, 16, "naive", 1], [1, 32, "naive", 1]])), []);
  const unverified = {
    ...four,
    results: four.results.map((one) => ({ ...one, verification: wrong })),
  };
  assertEquals(winnerMaps(unverified)[0]?.cells, []);
  const control = { ...sample.kernels[0]!, name: "blocked", controlOf: "naive" };
  const kernels = [sample.kernels[0]!, control];
  const names = winnerMaps({ ...four, kernels })[0]?.cells.map(({ kernel }) => kernel);
  assertEquals(new Set(names), new Set(["naive"]));
});

Deno.test("winnerMaps() makes no map of a suite of unlike layers, and one for each k and pass", () => {
  const diagonal = [1, 2, 4, 8].map((m) => [m, 16 * m, "naive", 1] as const);
  assertEquals(winnerMaps(runOf(diagonal)), []);
  const both = [...four.results, ...four.results.map((one) => ({ ...one, k: 8 }))];
  assertEquals(winnerMaps({ ...four, results: both }).map(({ k }) => k), [256, 8]);
});

Deno.test("formatWinners() has a line for each batch size, and is empty without a map", () => {
  const text = stripAnsiCode(formatWinners(four));
  assertStringIncludes(text, "fastest by rows and units, 256 inputs");
  assertStringIncludes(text, "   1  naive 3.00x    blocked = naive\n");
  assertStringIncludes(text, "  16  blocked 2.00x  blocked\n");
  assertEquals(formatWinners({ kernels: [], results: [] }), "");
});

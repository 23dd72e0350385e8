import { assertAlmostEquals, assertEquals } from "@std/assert";
import { madeRecord, madeResult } from "../results/result_testing.ts";
import { cleanSample } from "../results/sample_testing.ts";
import type { Results } from "../results/schema.ts";
import { rankingOf } from "./ranking.ts";

/** Kernels with their medians on workloads a, b and so on, of intervals of ±1 %; null where there is none. */
function run(times: Readonly<Record<string, readonly (number | null)[]>>): Results {
  return {
    ...cleanSample(),
    kernels: Object.keys(times).map((name) => madeRecord(name)),
    verdicts: [],
    results: Object.entries(times).flatMap(([kernel, medians]) =>
      medians.flatMap((median, i) =>
        median === null ? [] : [madeResult(kernel, {
          workload: "abcd"[i]!,
          m: 1000,
          n: 1000,
          k: 500,
          seconds: {
            median,
            low: 0.99 * median,
            high: 1.01 * median,
            min: 0.99 * median,
            confidence: 0.95,
          },
        })]
      )
    ),
  };
}

Deno.test("rankingOf() orders contenders by their mean factor to the best, and gives each factor", () => {
  const { columns, rows } = rankingOf(run({ slow: [8, 8], fast: [1, 2], mid: [2, 1] }));
  assertEquals(columns.map(({ name }) => name), ["fast", "mid", "slow"]);
  assertAlmostEquals(columns[0]!.mean, Math.SQRT2);
  assertEquals(rows.map(({ cells }) => cells.map((cell) => cell?.factor)), [[1, 2, 8], [2, 1, 8]]);
  assertAlmostEquals(rows[0]!.cells[0]!.gflops, 1);
  assertEquals(rows.map(({ tie }) => tie), [false, false]);
});

Deno.test("rankingOf() calls it a tie where intervals overlap", () => {
  const [row] = rankingOf(run({ one: [1], other: [1.015], third: [2] })).rows;
  assertEquals(row?.tie, true);
  assertEquals(row?.cells.map((cell) => cell?.best), [true, true, false]);
});

Deno.test("rankingOf() puts what could not do half of the workloads last, and leaves gaps", () => {
  const { columns, rows } = rankingOf(
    run({ few: [0.5, null, null], all: [1, 1, 1], most: [2, 2, null] }),
  );
  assertEquals(columns.map(({ name }) => name), ["all", "most", "few"]);
  assertEquals(rows[2]!.cells.map((cell) => cell?.factor), [1, undefined, undefined]);
});

Deno.test("rankingOf() of nothing is empty", () => {
  assertEquals(rankingOf(run({})), { columns: [], rows: [] });
});

Deno.test("rankingOf() leaves other versions of the kernels out, as the headline does", () => {
  const both = run({ now: [2], "now@old": [1], other: [3] });
  const kernels = both.kernels.map((record) =>
    record.name === "now@old" ? { ...record, base: "now", version: "old" } : record
  );
  const { columns, rows } = rankingOf({ ...both, kernels });
  assertEquals(columns.map(({ name }) => name), ["now", "other"]);
  assertEquals(rows[0]?.cells[0]?.factor, 1);
});

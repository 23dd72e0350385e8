import { assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { madeRecord, madeResult } from "../../results/result_testing.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { seriesStyle } from "../palette.ts";
import { byWorkload, seriesOf } from "../series.ts";
import { nameHere, rowsBeside, withBrowser } from "./beside.ts";

/** A run, or what a browser found, of these kernels, which took so many seconds each. */
function run(
  kernels: Record<string, { seconds: number; base?: string; engine?: string; peer?: boolean }>,
  engine = "plain",
): Results {
  return {
    ...sampleResults(),
    engine,
    kernels: Object.entries(kernels).map(([name, { seconds: _, ...more }]) =>
      madeRecord(name, more)
    ),
    results: Object.entries(kernels).map(([name, { seconds, peer = false }]) =>
      madeResult(name, {
        peer,
        gflops: 2 / seconds / 1e9,
        seconds: { median: seconds, low: seconds, high: seconds, min: seconds, confidence: 0.95 },
      })
    ),
  };
}

const flags = "--experimental-wasm-revectorize";
const both = run({
  "wasm-simd (256-bit)": { seconds: 1, base: "wasm-simd", engine: flags },
  "wasm-simd (128-bit)": { seconds: 2, base: "wasm-simd", engine: "plain" },
});
const here = run({ "wasm-simd": { seconds: 3 } });

Deno.test("rowsBeside() compares with the kernel without flags, whichever stands first", () => {
  const [row] = rowsBeside(both, here);
  assertEquals(row?.there?.kernel, "wasm-simd (128-bit)");
  assertAlmostEquals(row?.ratio ?? 0, 1.5);
  assertEquals(row?.flagged, false);
});

Deno.test("rowsBeside() compares with as many threads, or with the most that there are", () => {
  const many = run({ "wasm-threads:8": { seconds: 1 }, "wasm-threads:2": { seconds: 2 } });
  const counted = (of: Results, threads: number) => ({
    ...of,
    kernels: of.kernels.map((one) => ({
      ...one,
      base: "wasm-threads",
      threads: Number(one.name.split(":")[1] ?? threads),
    })),
  });
  for (const [threads, expected] of [[2, "wasm-threads:2"], [4, "wasm-threads:8"]] as const) {
    const mine = counted(run({ "wasm-threads": { seconds: 3 } }), threads);
    const [row] = rowsBeside(counted(many, 0), mine);
    assertEquals(row?.there?.kernel, expected);
  }
});

Deno.test("rowsBeside() never compares with flags that a browser lacks, nor with what is no such kernel", () => {
  const flagged = run({ "wasm-simd": { seconds: 1 } }, flags);
  assertEquals(rowsBeside(flagged, here).map(({ ratio, flagged }) => [ratio, flagged]), [
    [null, true],
  ]);
  for (const peer of [{ seconds: 1, peer: true, base: "wasm-simd" }, { seconds: 1 }]) {
    const other = run({ other: peer });
    assertEquals(rowsBeside(other, here).map(({ ratio, flagged }) => [ratio, flagged]), [
      [null, false],
    ]);
  }
});

Deno.test("rowsBeside() has no ratio where a result is wrong, or the shape another one", () => {
  const wrong = here.results.map((one) => ({
    ...one,
    verification: { status: "failed" as const, detail: "", worst: 2 },
  }));
  assertEquals(rowsBeside(both, { ...here, results: wrong })[0]?.ratio, null);
  const larger = here.results.map((one) => ({ ...one, m: 2 }));
  assertEquals(rowsBeside(both, { ...here, results: larger })[0]?.there, null);
});

function drawn(of: Results, found: Results, shown: readonly string[]) {
  const series = seriesOf(of).filter(({ name }) => shown.includes(name));
  const data = withBrowser(byWorkload(of, series), {
    run: of,
    here: found,
    looks: new Map([["wasm-simd", 0]]),
    shown,
  });
  return { data, names: data.series.map(({ name }) => name) };
}

Deno.test("withBrowser() draws hollow marks beside the kernel without flags where that is shown, and nowhere else", () => {
  const plain = "wasm-simd (128-bit)";
  const { data, names } = drawn(both, here, [plain]);
  assertEquals(names, [plain, nameHere("wasm-simd")]);
  assertEquals(data.series[1]?.hollow, true);
  // Told apart from the kernel's own hollow marks by shape and dash, not by colour.
  const [own, mine] = [seriesStyle(0), seriesStyle(data.series[1]!.index)];
  assertEquals(mine.color, own.color);
  assertNotEquals([mine.marker, mine.dash], [own.marker, own.dash]);
  assertEquals(data.rows[0]?.cells.map((cell) => cell !== null), [true, true]);
  assertEquals(drawn(both, here, ["wasm-simd (256-bit)"]).names, ["wasm-simd (256-bit)"]);
  const flagged = run({ "wasm-simd": { seconds: 1 } }, flags);
  assertEquals(drawn(flagged, here, ["wasm-simd"]).names, ["wasm-simd"]);
  // On other workloads there is nothing to draw.
  const elsewhere = { ...here, results: here.results.map((one) => ({ ...one, workload: "x" })) };
  assertEquals(drawn(both, elsewhere, [plain]).names, [plain]);
});

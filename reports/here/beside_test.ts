import { assertAlmostEquals, assertEquals } from "@std/assert";
import { madeRecord, madeResult } from "../../results/result_testing.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { kernelsHere } from "../../browser/protocol.ts";
import { looksOf } from "../looks.ts";
import { seriesStyle } from "../palette.ts";
import { byWorkload, seriesOf } from "../series.ts";
import { lanesBeside, nameHere, rowsBeside, withBrowser } from "./beside.ts";

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
  assertEquals(row?.missing, null);
});

Deno.test("rowsBeside() compares with as many threads, or not at all", () => {
  const many = run({ "wasm-threads:8": { seconds: 1 }, "wasm-threads:2": { seconds: 2 } });
  const counted = (of: Results, threads: number) => ({
    ...of,
    kernels: of.kernels.map((one) => ({
      ...one,
      base: "wasm-threads",
      threads: Number(one.name.split(":")[1] ?? threads),
    })),
  });
  for (const [threads, expected] of [[2, "wasm-threads:2"], [4, undefined]] as const) {
    const mine = counted(run({ "wasm-threads": { seconds: 3 } }), threads);
    const [row] = rowsBeside(counted(many, 0), mine);
    assertEquals(row?.there?.kernel, expected);
    assertEquals(row?.missing, expected === undefined ? "threads" : null);
  }
});

Deno.test("rowsBeside() never compares with flags that a browser lacks, nor with what is no such kernel", () => {
  const flagged = run({ "wasm-simd": { seconds: 1 } }, flags);
  assertEquals(rowsBeside(flagged, here).map(({ ratio, missing }) => [ratio, missing]), [
    [null, "flags"],
  ]);
  for (const peer of [{ seconds: 1, peer: true, base: "wasm-simd" }, { seconds: 1 }]) {
    const other = run({ other: peer });
    assertEquals(rowsBeside(other, here).map(({ ratio, missing }) => [ratio, missing]), [
      [null, "no such kernel"],
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
  assertEquals(seriesStyle(data.series[1]!.index).color, seriesStyle(0).color);
  assertEquals(data.rows[0]?.cells.map((cell) => cell !== null), [true, true]);
  assertEquals(drawn(both, here, ["wasm-simd (256-bit)"]).names, ["wasm-simd (256-bit)"]);
  const flagged = run({ "wasm-simd": { seconds: 1 } }, flags);
  assertEquals(drawn(flagged, here, ["wasm-simd"]).names, ["wasm-simd"]);
  // On other workloads there is nothing to draw.
  const elsewhere = { ...here, results: here.results.map((one) => ({ ...one, workload: "x" })) };
  assertEquals(drawn(both, elsewhere, [plain]).names, [plain]);
});

Deno.test("withBrowser() gives each kernel a look that no name has", () => {
  const names = [...kernelsHere, "native", "openblas-mt", "jax-webgpu", "tfjs-webgpu", "ml-matrix"];
  const looks = looksOf(names);
  const found = run(Object.fromEntries(kernelsHere.map((name) => [name, { seconds: 1 }])));
  const data = withBrowser(byWorkload(found, seriesOf(found)), {
    run: found,
    here: found,
    looks,
    shown: kernelsHere,
  });
  const mine = data.series.filter(({ hollow }) => hollow).map(({ index }) => seriesStyle(index));
  const styles = [...[...looks.values()].map(seriesStyle), ...mine].map((one) =>
    JSON.stringify(one)
  );
  assertEquals(mine.length, kernelsHere.length);
  assertEquals(new Set(styles).size, styles.length);
});

Deno.test("lanesBeside() has the browser's rounds in their order over the time of the run", () => {
  const rounds = [3, 2.9, 3.3, 3];
  const mine = {
    ...here,
    results: here.results.map((one) => ({ ...one, roundMedians: rounds })),
  };
  const lanes = (found: Results, shown: readonly string[]) => {
    const [{ at } = { at: null }] = byWorkload(both).rows;
    const looks = looksOf(kernelsHere);
    return lanesBeside(at!, {
      ...{ run: both, here: found, looks, shown },
      ...{ from: 10, to: 40 },
    });
  };
  const [lane, ...more] = lanes(mine, ["wasm-simd (128-bit)"]);
  assertEquals(more, []);
  assertEquals([lane?.series.name, lane?.series.hollow], [nameHere("wasm-simd"), true]);
  assertEquals(lane?.moments.map(({ at }) => at), [10, 20, 30, 40]);
  assertAlmostEquals(lane?.moments[2]?.ratio ?? 0, 1.1);
  assertEquals(lane?.moments[0]?.when, "round 1 of 4 in this browser");
  // Nothing beside a kernel that is hidden, and no lane of a single round.
  assertEquals(lanes(mine, ["wasm-simd (256-bit)"]), []);
  const once = { ...mine, results: mine.results.map((one) => ({ ...one, roundMedians: [3] })) };
  assertEquals(lanes(once, ["wasm-simd (128-bit)"]), []);
});

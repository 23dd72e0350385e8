import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cleanSample } from "../../results/sample_testing.ts";
import type { Measurement, Result } from "../../results/schema.ts";
import { mergeLaunches } from "./merge.ts";
import type { Snapshot } from "./session.ts";

const sample = cleanSample();

/** A launch in which each round of naive on jet took so long. */
function launchOf(
  launch: number,
  seconds: readonly number[],
  more: Partial<Result> = {},
): Snapshot {
  const first = sample.results.find(({ kernel }) => kernel === "naive")!;
  const measurements = seconds.map((time, i): Measurement => ({
    round: (launch - 1) * seconds.length + i + 1,
    launch,
    at: launch + i / 10,
    calls: 1,
    samples: [time],
    cpu: 1,
    switches: 0,
    pressure: null,
  }));
  const warmup = { calls: 3, seconds: 0.1, settled: true, first: launch };
  return {
    kernels: sample.kernels.filter(({ name }) => name === "naive"),
    results: [{
      ...first,
      warmup,
      firstCalls: [launch],
      roundMedians: [...seconds],
      measurements,
      ...more,
    }],
    referenceLoop: [{ round: launch, at: launch, seconds: 0.005 }],
  };
}

Deno.test("mergeLaunches() makes one result of all launches, with an interval between them", () => {
  const { kernels, results, referenceLoop } = mergeLaunches([
    launchOf(1, [1, 1.01]),
    launchOf(2, [1.1, 1.11]),
    launchOf(3, [1.2, 1.21]),
  ]);
  assertEquals([kernels.length, results.length, referenceLoop.length], [1, 1, 3]);
  const [{ seconds, roundMedians, measurements, gflops, m, n, k, firstCalls } = results[0]!] =
    results;
  assertEquals(roundMedians, [1, 1.01, 1.1, 1.11, 1.2, 1.21]);
  assertAlmostEquals(seconds!.median, 1.105);
  assertEquals(seconds!.min, 1);
  assert(seconds!.low < 1 && seconds!.high > 1.21, "between launches, not between rounds");
  assertAlmostEquals(gflops!, 2 * m * n * k / 1.105 / 1e9);
  assertEquals(measurements?.length, 6);
  assertEquals(firstCalls, [1, 2, 3]);
});

Deno.test("mergeLaunches() gives no time to an output that was wrong in one launch", () => {
  const wrong = { status: "failed", detail: "off by one", worst: 2 } as const;
  const { results: [one] } = mergeLaunches([
    launchOf(1, [1]),
    launchOf(2, [1], { verification: wrong, seconds: null, gflops: null, measurements: [] }),
  ]);
  assertEquals([one?.seconds, one?.gflops, one?.verification], [null, null, wrong]);
  assertEquals([one?.roundMedians, one?.measurements], [[], undefined]);
});

Deno.test("mergeLaunches() keeps a kernel that some launch had, and a single launch as it is", () => {
  const [there, gone] = [launchOf(1, [1]), launchOf(2, [1])];
  const record = { ...gone.kernels[0]!, unavailable: "it crashed" };
  const { kernels } = mergeLaunches([{ ...gone, kernels: [record] }, there]);
  assertEquals(kernels, there.kernels);
  assertEquals(mergeLaunches([there]), there);
  assertEquals(mergeLaunches([]), { kernels: [], results: [], referenceLoop: [] });
});

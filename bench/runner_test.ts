import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { type Cell, type Contestant, contestantOf } from "./contestant.ts";
import { type Progress, runBench, secondsOfCall } from "./runner.ts";
import type { Workload } from "./workloads.ts";

const workloads: readonly Workload[] = [
  { name: "a", description: "", m: 4, n: 5, k: 6, activation: "relu", useBias: true },
  { name: "b", description: "", m: 3, n: 2, k: 1, activation: "linear", useBias: false },
];

/** A contestant that is blocked but for what `change` does to its cells. */
async function contestant(
  name: string,
  change: (cell: Cell) => Partial<Cell>,
): Promise<Contestant> {
  const original = contestantOf(await createKernel("blocked"));
  return {
    ...original,
    name,
    prepare: async (...args) => {
      const cell = await original.prepare(...args);
      return { ...cell, ...change(cell) };
    },
  };
}

async function run(
  contestants: readonly Contestant[],
  rounds = 6,
  signal = new AbortController().signal,
) {
  const seen: Progress[] = [];
  const results = await runBench(contestants, workloads, {
    rounds,
    seed: 1,
    signal,
    onProgress: (progress) => seen.push(progress),
  });
  for (const each of contestants) await each[Symbol.asyncDispose]();
  return { results, seen };
}

Deno.test("runBench() times what is right, with an interval and the share done", async () => {
  const { results, seen } = await run([await contestant("right", () => ({}))]);
  assertEquals(results.map(({ workload }) => workload), ["a", "b"]);
  for (const { seconds, gflops, samples, verification, m, n, k } of results) {
    assertEquals(verification.status, "passed");
    assertEquals(samples.length, 6);
    assert(seconds && seconds.min <= seconds.low && seconds.low <= seconds.median);
    assert(seconds.median <= seconds.high && seconds.confidence > 0.95);
    assertEquals(gflops, 2 * m * n * k / seconds.median / 1e9);
  }
  assert(seen.every(({ done, secondsLeft }) => done >= 0 && done <= 1 && secondsLeft >= 0));
  assertGreater(seen.at(-1)?.done ?? 0, 0.8);
});

Deno.test("runBench() gives a kernel that computes wrongly no speed", async () => {
  const wrong = await contestant("wrong", (cell) => ({
    outputs: async () => {
      const { y, z } = await cell.outputs();
      z[0]! += 1;
      return { y, z };
    },
  }));
  const { results } = await run([wrong, await contestant("right", () => ({}))]);
  for (const { kernel, seconds, gflops, verification, samples } of results) {
    assertEquals(seconds !== null, kernel === "right");
    assertEquals(gflops !== null, kernel === "right");
    assertEquals(verification.status, kernel === "right" ? "passed" : "failed");
    assertEquals(samples.length > 0, kernel === "right");
  }
});

Deno.test("runBench() takes the speed from a kernel whose output changes under timing", async () => {
  let calls = 0;
  const fading = await contestant("fading", (cell) => ({
    run: () => {
      calls++;
      cell.run();
    },
    output: async () => {
      const y = await cell.output();
      if (calls > 5) y[1]! += 1;
      return y;
    },
  }));
  const { results: [first] } = await run([fading]);
  assertEquals(first?.seconds, null);
  assertStringIncludes(first?.verification.detail ?? "", "first at element 1");
});

Deno.test("runBench() loses nothing of the others when one throws", async () => {
  const throwing = await contestant("throwing", () => ({
    run: () => {
      throw new Error("out of order\nsecond line");
    },
  }));
  const { results } = await run([throwing, await contestant("right", () => ({}))]);
  const [first, second] = results;
  assertEquals(first?.verification, { status: "error", detail: "out of order", worst: null });
  assertEquals(second?.verification.status, "passed");
});

Deno.test("runBench() waits for every call that is asynchronous, and times the wait", async () => {
  const delay = 2;
  let underWay = 0;
  let overlaps = 0;
  const slow = await contestant("slow", (cell) => ({
    run: async () => {
      if (++underWay > 1) overlaps++;
      await new Promise((resolve) => setTimeout(resolve, delay));
      cell.run();
      underWay--;
    },
  }));
  const { results } = await run([slow]);
  assertEquals(overlaps, 0);
  for (const { seconds, verification } of results) {
    assertEquals(verification.status, "passed");
    // A timer may come a little early, but never by half.
    assertGreater(seconds?.min ?? 0, delay / 2e3);
  }
});

Deno.test("secondsOfCall() leaves a long wait out, by the slope over calls", async () => {
  const asked: number[] = [];
  // A wait of 11 ms and 0.25 ms for each call, in binary fractions that add up exactly.
  const seconds = (calls: number) => {
    asked.push(calls);
    return Promise.resolve((11 + 0.25 * calls) / 1024);
  };
  assertEquals(await secondsOfCall(seconds, 64, true), 0.25 / 1024);
  assertEquals(asked, [64, 128]);
  assertEquals(await secondsOfCall(seconds, 64, false), (11 + 16) / 64 / 1024);
  // Noise may make the longer block the shorter one; no time is 0 or less.
  assertEquals(await secondsOfCall((calls) => Promise.resolve(1 / calls), 2, true), 1e-9);
});

Deno.test("runBench() does not take a slow wait for the kernel's time", async () => {
  const wait = 4;
  let queued = 0;
  const waiting = await contestant("waiting", (cell) => ({
    run: () => {
      queued++;
      cell.run();
    },
    finished: () => new Promise((resolve) => setTimeout(resolve, wait)),
  }));
  const { results } = await run([waiting], 2);
  for (const { seconds, warmup, verification } of results) {
    assertEquals(verification.status, "passed");
    // Blocks are many calls long, where one that had the wait in it would be two.
    assertGreater(warmup?.calls ?? 0, 20);
    assert(seconds !== null && seconds.median < wait / 1e3, `${seconds?.median}`);
  }
  assertGreater(queued, 1000);
});

Deno.test("runBench() loses nothing of the others when a promise is rejected", async () => {
  const failing = await contestant("failing", () => ({
    run: () => Promise.reject(new Error("no memory")),
  }));
  const { results } = await run([failing, await contestant("right", () => ({}))]);
  assertEquals(results[0]?.verification, { status: "error", detail: "no memory", worst: null });
  assertEquals(results[1]?.verification.status, "passed");
});

Deno.test("runBench() stops when told to and keeps what it has", async () => {
  const stop = new AbortController();
  let calls = 0;
  const right = await contestant("right", (cell) => ({
    run: () => {
      cell.run();
      if (++calls === 3) stop.abort();
    },
  }));
  const { results } = await run([right], 1000, stop.signal);
  assertEquals(results.length, 2);
  assertEquals(results[1]?.seconds, null);
});

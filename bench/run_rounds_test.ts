import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import type { Cell, Contender } from "./contender.ts";
import { contenderOf } from "./contenders.ts";
import { handleOf, runRounds } from "./launches.ts";
import type { Workload } from "./workload.ts";
import type { RunProgress } from "./run/clock.ts";
import { Session } from "./run/session.ts";

const workloads: readonly Workload[] = [
  { name: "a", description: "", m: 4, n: 5, k: 6, activation: "relu", useBias: true },
  { name: "b", description: "", m: 3, n: 2, k: 1, activation: "linear", useBias: false },
];

/** The blocked kernel as a contender, with what `change` makes of its cells. */
async function contender(
  name: string,
  change: (cell: Cell) => Partial<Cell>,
): Promise<Contender> {
  const original = contenderOf(await createKernel("blocked"));
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
  contenders: readonly Contender[],
  rounds = 6,
  signal = new AbortController().signal,
) {
  const seen: RunProgress[] = [];
  await using session = new Session(contenders, workloads, [], {
    rounds,
    seed: 1,
    startedAt: Date.now(),
    signal,
    onProgress: (progress) => seen.push(progress),
  });
  const { results } = await runRounds([handleOf(session)], { rounds, seed: 1, signal });
  return { results, seen };
}

Deno.test("runRounds() times what is right, with an interval and the share done", async () => {
  const { results, seen } = await run([await contender("right", () => ({}))]);
  assertEquals(results.map(({ workload }) => workload), ["a", "b"]);
  for (const { seconds, gflops, roundMedians, verification, m, n, k } of results) {
    assertEquals(verification.status, "passed");
    assertEquals(roundMedians.length, 6);
    assert(seconds && seconds.min <= seconds.low && seconds.low <= seconds.median);
    assert(seconds.median <= seconds.high && seconds.confidence > 0.95);
    assertEquals(gflops, 2 * m * n * k / seconds.median / 1e9);
  }
  assert(seen.every(({ done, secondsLeft }) => done >= 0 && done <= 1 && secondsLeft >= 0));
  assertGreater(seen.at(-1)?.done ?? 0, 0.8);
});

Deno.test("runRounds() gives a kernel that computes wrongly no speed", async () => {
  const wrong = await contender("wrong", (cell) => ({
    outputs: async () => {
      const { y, z } = await cell.outputs();
      z[0]! += 1;
      return { y, z };
    },
  }));
  const { results } = await run([wrong, await contender("right", () => ({}))]);
  for (const { kernel, seconds, gflops, verification, roundMedians } of results) {
    assertEquals(seconds !== null, kernel === "right");
    assertEquals(gflops !== null, kernel === "right");
    assertEquals(verification.status, kernel === "right" ? "passed" : "failed");
    assertEquals(roundMedians.length > 0, kernel === "right");
  }
});

Deno.test("runRounds() gives a kernel whose output changes while it is timed no speed", async () => {
  let calls = 0;
  const fading = await contender("fading", (cell) => ({
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

Deno.test("runRounds() keeps the results of the others when one throws", async () => {
  const throwing = await contender("throwing", () => ({
    run: () => {
      throw new Error("out of order\nsecond line");
    },
  }));
  const { results } = await run([throwing, await contender("right", () => ({}))]);
  const [first, second] = results;
  assertEquals(first?.verification, { status: "error", detail: "out of order", worst: null });
  assertEquals(second?.verification.status, "passed");
});

Deno.test("runRounds() waits for every call that is asynchronous, and times the wait", async () => {
  const delay = 2;
  let underWay = 0;
  let overlaps = 0;
  const slow = await contender("slow", (cell) => ({
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

Deno.test("runRounds() keeps the results of the others when a promise is rejected", async () => {
  const failing = await contender("failing", () => ({
    run: () => Promise.reject(new Error("no memory")),
  }));
  const { results } = await run([failing, await contender("right", () => ({}))]);
  assertEquals(results[0]?.verification, { status: "error", detail: "no memory", worst: null });
  assertEquals(results[1]?.verification.status, "passed");
});

Deno.test("runRounds() stops when told to and keeps what it has", async () => {
  const stop = new AbortController();
  let calls = 0;
  const right = await contender("right", (cell) => ({
    run: () => {
      cell.run();
      if (++calls === 3) stop.abort();
    },
  }));
  const { results } = await run([right], 1000, stop.signal);
  // The second was never started, which is no failure.
  assertEquals(results.map(({ workload, seconds }) => [workload, seconds]), [["a", null]]);
  assertEquals(results[0]?.verification.status, "passed");
});

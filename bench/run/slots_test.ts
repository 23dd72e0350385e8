import { assert, assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Contender, TimedCell } from "../contender.ts";
import type { Workload } from "../workload.ts";
import { suites } from "../workloads.ts";
import { createEntry, type Entry } from "./entry.ts";
import {
  isDue,
  measureRound,
  roundsWithin,
  secondsOfCall,
  secondsOfRound,
  slotsFor,
  timeLatency,
  timeSample,
  timeWait,
  waitsLong,
} from "./slots.ts";

const workload = suites.quick.find(({ name }) => name === "jet")!;
const large: Workload = { ...workload, m: 2048, n: 2048, k: 64 };

/** An entry that is prepared, with samples of `calls` calls and so many seconds; its calls are noted in `log`. */
function entry(
  name: string,
  { calls, seconds, on = workload }: { calls: number; seconds: number; on?: Workload },
  log: string[] = [],
  threads = 1,
): Entry {
  const contender = { name, peer: false, threads } as Contender;
  const made = createEntry(contender, on);
  made.cell = {
    run: () => void log.push(name),
    finished: () => Promise.resolve(),
    output: () => Promise.resolve(new Float32Array(1)),
    [Symbol.dispose]: () => {},
  };
  made.verification = { status: "passed", detail: "", worst: null };
  made.warmup = { calls: 1, seconds: 0, settled: true, first: 0 };
  made.calls = calls;
  made.sampleSeconds = seconds;
  return made;
}

async function round(
  entries: readonly Entry[],
  signal = new AbortController().signal,
  seed = 1,
) {
  const random = createRandom(seed);
  return await measureRound(entries, {
    round: 1,
    rounds: 8,
    random,
    start: 0,
    signal,
    onSlot: () => {},
  });
}

/** The entries that were sampled, in order: so many calls in a row are one sample. */
function samplesIn(log: readonly string[], calls: number): string[] {
  const samples = log.filter((_, i) => i % calls === 0);
  for (const [i, name] of log.entries()) assertEquals(name, samples[Math.floor(i / calls)]);
  return samples;
}

Deno.test("slotsFor() is 40 for short samples, fewer for longer ones, and one for slow calls", () => {
  assertEquals(slotsFor(entry("a", { calls: 1000, seconds: 0.0005 })), 40);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.0005 })), 15);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.01 })), 3);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.04 })), 3);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.06 })), 1);
});

Deno.test("measureRound() samples every entry once in each slot, in an order that changes", async () => {
  const log: string[] = [];
  // Samples of 12 calls, with 6 calls before.
  const entries = ["a", "b", "c"].map((name) => entry(name, { calls: 12, seconds: 0.0005 }, log));
  assertEquals(await round(entries), true);
  const order = samplesIn(log, 12 + 6);
  const slots = slotsFor(entries[0]!);
  assertEquals(order.length, 3 * slots);
  const orders = Array.from({ length: slots }, (_, slot) => order.slice(3 * slot, 3 * slot + 3));
  for (const one of orders) assertEquals(one.toSorted(), ["a", "b", "c"]);
  assertEquals(new Set(orders.map(String)).size, 6);
  for (const { measurements } of entries) {
    const [measurement] = measurements;
    assertEquals(measurements.length, 1);
    assertEquals([measurement?.samples.length, measurement?.slots], [slots, slots]);
    assertEquals([measurement?.round, measurement?.calls], [1, 12]);
  }
});

Deno.test("measureRound() spreads the few slots of a slow entry over those of the fast ones", async () => {
  const log: string[] = [];
  const fast = entry("fast", { calls: 100, seconds: 0.0005 }, log);
  const slow = entry("slow", { calls: 1, seconds: 0.04 }, log);
  await round([fast, slow]);
  const [ofFast, ofSlow] = [fast.measurements[0], slow.measurements[0]];
  assertEquals([ofFast?.samples.length, ofSlow?.samples.length], [40, 3]);
  assertEquals([ofFast?.slots, ofSlow?.slots], [40, 40]);
  const places = log.flatMap((name, i) => name === "slow" ? [i] : []);
  assertEquals(places.length, 3);
  // In the 7th, 21st and 34th of 40 slots, each of 150 calls of the fast one.
  for (const [i, place] of places.entries()) {
    const slot = (place - i) / 150;
    const first = [6, 20, 33][i]!;
    assert(slot >= first && slot <= first + 1, `${slot}`);
  }
});

Deno.test("measureRound() calls before a sample as often as its data need to be in the caches again", async () => {
  const callsOf = async (calls: number, seconds: number, on = workload) => {
    const log: string[] = [];
    const one = entry("a", { calls, seconds, on }, log);
    await round([one]);
    return log.length / slotsFor(one) - calls;
  };
  assertEquals(await callsOf(1000, 0.0005), 500);
  assertEquals(await callsOf(2, 0.0005), 3);
  assertEquals(await callsOf(2, 0.0005, large), 5);
  assertEquals(await callsOf(1, 0.004), 1);
  assertEquals(await callsOf(1, 0.03), 0);
});

Deno.test("measureRound() that was aborted leaves nothing, and an entry that throws is not sampled again", async () => {
  const stop = new AbortController();
  const fast = entry("fast", { calls: 100, seconds: 0.0005 });
  const own = fast.cell!.run.bind(fast.cell);
  let calls = 0;
  fast.cell!.run = () => {
    if (++calls === 1000) stop.abort();
    own();
  };
  assertEquals(await round([fast], stop.signal), false);
  assertEquals(fast.measurements, []);

  const good = entry("good", { calls: 100, seconds: 0.0005 });
  const bad = entry("bad", { calls: 100, seconds: 0.0005 });
  bad.cell!.run = () => {
    throw new Error("out of order");
  };
  assertEquals(await round([good, bad]), true);
  assertEquals(good.measurements[0]?.samples.length, 40);
  assertEquals([bad.verification.status, bad.verification.detail], ["error", "out of order"]);
  assertEquals(isDue(bad, 8), false);
});

Deno.test("measureRound() waits after an entry with threads until they are at rest", async () => {
  const milliseconds = async (threads: number) => {
    const lone = entry("threads", { calls: 1, seconds: 0.0005 }, [], threads);
    const start = performance.now();
    await round([lone]);
    return performance.now() - start;
  };
  // One check of 0.2 ms after each of 23 slots at least.
  assertGreater(await milliseconds(2), 23 * 0.2);
});

Deno.test("roundsWithin() gives a slow entry six rounds, and the slowest as many as fit 40 s", () => {
  const of = (seconds: number, rounds: number) =>
    roundsWithin(entry("a", { calls: 1, seconds }), rounds);
  assertGreater(of(0.001, 8), 20);
  assertEquals(of(0.75, 8), 6);
  assertEquals(of(15, 8), 2);
  assertEquals(of(100, 8), 1);
  // More where more were asked for.
  assertEquals(of(0.75, 100), 22);
  assertEquals(secondsOfRound(entry("a", { calls: 1, seconds: 0.75 })), 0.75);
});

Deno.test("secondsOfCall() leaves a long wait out by the slope over calls", async () => {
  const asked: number[] = [];
  // A wait of 11 ms and 0.25 ms for each call, in binary fractions that add up exactly.
  const seconds = (calls: number) => {
    asked.push(calls);
    return Promise.resolve((11 + 0.25 * calls) / 1024);
  };
  assertEquals(await secondsOfCall(seconds, 64, true), 0.25 / 1024);
  assertEquals(asked, [64, 128]);
  assertEquals(await secondsOfCall(seconds, 64, false), (11 + 16) / 64 / 1024);
  // Noise may make the longer sample the shorter one; no time is 0 or less.
  assertEquals(await secondsOfCall((calls) => Promise.resolve(1 / calls), 2, true), 1e-9);
});

/** Runs `test` on a clock that goes on as it is told, in seconds, and not by itself. */
async function onClock(test: (pass: (seconds: number) => void) => Promise<void>): Promise<void> {
  let time = 0;
  const { now } = performance;
  performance.now = () => time * 1e3;
  try {
    await test((seconds) => void (time += seconds));
  } finally {
    performance.now = now;
  }
}

/** A cell of which nothing takes time. */
const idle: TimedCell = {
  run: () => {},
  finished: () => Promise.resolve(),
  output: () => Promise.resolve(new Float32Array(1)),
  [Symbol.dispose]: () => {},
};

Deno.test("timeLatency() is the time of a queue beyond its calls", async () => {
  await onClock(async (pass) => {
    let queued = 0;
    const queue = {
      ...idle,
      run: () => void queued++,
      // Like a library that waits 8 ms for a result, and returns at once where nothing is queued.
      finished: () => {
        if (queued > 0) pass(0.008 + 0.01 * queued);
        queued = 0;
        return Promise.resolve();
      },
    };
    assert(!waitsLong({ wait: await timeWait(queue) }));
    assertAlmostEquals(await timeLatency(queue), 0.008, 1e-9);
  });
});

Deno.test("timeSample() does not count a long wait, with or without untimed work before each call", async () => {
  for (const before of [false, true]) {
    await onClock(async (pass) => {
      let waits = 0;
      const cell = {
        ...idle,
        ...(before && { before: () => pass(3e-6) }),
        run: () => pass(1e-6),
        finished: () => {
          waits++;
          pass(0.004);
          return Promise.resolve();
        },
      };
      const wait = await timeWait(cell);
      assert(waitsLong({ wait }));
      const { perCall } = await timeSample(cell, 1000, wait);
      assertAlmostEquals(perCall, 1e-6, 1e-12);
      // It waits once for each sample, not for each call.
      assert(waits < 20);
    });
  }
});

Deno.test("timeSample() waits for a call that is a promise, and says so", async () => {
  let done = 0;
  const slow = {
    ...idle,
    run: () => Promise.resolve().then(() => void done++),
  };
  const { waited } = await timeSample(slow, 7);
  assertEquals([waited, done], [true, 7]);
});

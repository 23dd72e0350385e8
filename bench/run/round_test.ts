import { assert, assertEquals, assertGreater } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Contender } from "../contender.ts";
import { suites, type Workload } from "../workloads.ts";
import { createEntry, type Entry } from "./entry.ts";
import { isDue, measureRound, roundsWithin, secondsOfRound, slotsFor } from "./round.ts";

const workload = suites.quick.find(({ name }) => name === "jet")!;
const large: Workload = { ...workload, m: 2048, n: 2048, k: 64 };

/** An entry that is ready, whose block of `calls` calls takes so many seconds, as was found; its calls are noted in `log`. */
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
  contenders: readonly Entry[],
  signal = new AbortController().signal,
  seed = 1,
) {
  const random = createRandom(seed);
  return await measureRound(contenders, {
    round: 1,
    rounds: 8,
    random,
    start: 0,
    signal,
    onSlot: () => {},
  });
}

/** Whose turn it was, one after the other: calls in a row are one turn. */
function turnsIn(log: readonly string[], calls: number): string[] {
  const turns = log.filter((_, i) => i % calls === 0);
  for (const [i, name] of log.entries()) assertEquals(name, turns[Math.floor(i / calls)]);
  return turns;
}

Deno.test("turnsFor() is 60 for short blocks, fewer for long ones, and one for what is slow", () => {
  assertEquals(slotsFor(entry("a", { calls: 1000, seconds: 0.0005 })), 60);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.0005 })), 23);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.01 })), 3);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.04 })), 3);
  assertEquals(slotsFor(entry("a", { calls: 1, seconds: 0.06 })), 1);
});

Deno.test("takeTurns() gives everybody each turn once, in an order that changes", async () => {
  const log: string[] = [];
  // Blocks of 12 calls and 3 of them before.
  const contenders = ["a", "b", "c"].map((name) =>
    entry(name, { calls: 12, seconds: 0.0005 }, log)
  );
  assertEquals(await round(contenders), true);
  const order = turnsIn(log, 12 + 6);
  const turns = slotsFor(contenders[0]!);
  assertEquals(order.length, 3 * turns);
  const orders = Array.from({ length: turns }, (_, turn) => order.slice(3 * turn, 3 * turn + 3));
  for (const one of orders) assertEquals(one.toSorted(), ["a", "b", "c"]);
  assertEquals(new Set(orders.map(String)).size, 6);
  for (const { measurements } of contenders) {
    const [measurement] = measurements;
    assertEquals([measurements.length, measurement?.samples.length, measurement?.slots], [
      1,
      turns,
      turns,
    ]);
    assertEquals([measurement?.round, measurement?.calls], [1, 12]);
  }
});

Deno.test("takeTurns() spreads the few turns of a slow contender over those of the fast ones", async () => {
  const log: string[] = [];
  const fast = entry("fast", { calls: 100, seconds: 0.0005 }, log);
  const slow = entry("slow", { calls: 1, seconds: 0.04 }, log);
  await round([fast, slow]);
  assertEquals([fast.measurements[0]?.samples.length, slow.measurements[0]?.samples.length], [
    60,
    3,
  ]);
  assertEquals([fast.measurements[0]?.slots, slow.measurements[0]?.slots], [60, 60]);
  const places = log.flatMap((name, i) => name === "slow" ? [i] : []);
  assertEquals(places.length, 3);
  // In the 10th, 30th and 50th of 60 turns, each of 150 calls of the fast one.
  for (const [i, place] of places.entries()) {
    const turn = (place - i) / 150;
    assert(turn >= 20 * i + 10 && turn <= 20 * i + 11, `${turn}`);
  }
});

Deno.test("takeTurns() calls before a block as often as its data need to come back", async () => {
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

Deno.test("takeTurns() that was aborted leaves nothing, and who throws takes no further part", async () => {
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
    throw new Error("out of luck");
  };
  assertEquals(await round([good, bad]), true);
  assertEquals(good.measurements[0]?.samples.length, 60);
  assertEquals([bad.verification.status, bad.verification.detail], ["error", "out of luck"]);
  assertEquals(isDue(bad, 8), false);
});

Deno.test("takeTurns() waits after a contender with threads until they are at rest", async () => {
  const cpu = async (threads: number) => {
    const lone = entry("threads", { calls: 1, seconds: 0.0005 }, [], threads);
    const start = performance.now();
    await round([lone]);
    return performance.now() - start;
  };
  // One look of 0.2 ms after each of 23 turns at least.
  assertGreater(await cpu(2), 23 * 0.2);
});

Deno.test("roundsWithin() gives a slow cell six rounds, and the slowest as many as 40 s hold", () => {
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

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import type { Contender, TimedCell } from "../contender.ts";
import { suites } from "../workloads.ts";
import { blockLength, callTimesOf, clockStep, measureCalls, planCalls } from "./calls.ts";
import { createEntry, type Entry } from "./entry.ts";
import { leakIn } from "../../statistics/leaks.ts";
import { findLeak } from "./leaks.ts";

const workload = suites.quick.find(({ name }) => name === "tiny-odd")!;

/** An entry whose calls are `run`, said to take so many seconds. */
function entry(
  name: string,
  seconds: number,
  run: () => void,
  more: Partial<Contender> = {},
): Entry {
  const made = createEntry({ name, peer: false, threads: 1, ...more } as Contender, workload);
  made.cell = {
    run,
    finished: () => Promise.resolve(),
    output: () => Promise.resolve(new Float32Array(1)),
    [Symbol.dispose]: () => {},
  } satisfies TimedCell;
  made.verification = { status: "passed", detail: "", worst: null };
  made.warmup = { calls: 1, seconds: 0, settled: true, first: 0 };
  made.sampleSeconds = seconds;
  return made;
}

const { signal } = new AbortController();
const options = { random: createRandom(1), signal, onBlock: () => {}, step: 1e-7 };

Deno.test("clockStep() is the distance of two readings, also of a clock that stands still", () => {
  let [reading, now] = [0, 0];
  // Five readings of each value, a quarter of a millisecond apart.
  assertAlmostEquals(clockStep(() => reading++ % 5 === 4 ? now += 0.25 : now), 0.25e-3);
  assertEquals(clockStep(() => 1), 0);
  assert(clockStep() > 0);
});

Deno.test("planCalls() takes single calls from 100 steps on, batches below, and leaves out what takes too long", () => {
  assertEquals(planCalls(1e-5, 1e-7), { batch: 1, blocks: 9 });
  assertEquals(planCalls(1e-6, 1e-7), { batch: 10, blocks: 9 });
  assertEquals(planCalls(1e-3, 1e-7), { batch: 1, blocks: 1 });
  assertEquals(planCalls(0.005, 1e-7), { batch: 1, blocks: 1 });
  assertEquals(planCalls(0.02, 1e-7), null);
});

Deno.test("callTimesOf() finds a slow tenth in every block", () => {
  const blocks = Array.from(
    { length: 5 },
    () => Array.from({ length: blockLength }, (_, i) => i % 10 === 7 ? 3 : 1),
  );
  const { launches: [found], batch } = callTimesOf(1, blocks);
  assertEquals([batch, found?.n, found?.p50.value, found?.p95?.value], [1, 100, 1, 3]);
  assertEquals(found?.blocks, { p50: [1, 1, 1, 1, 1], p95: [3, 3, 3, 3, 3] });
});

Deno.test("measureCalls() interleaves blocks in a changing order, and leaves out calls that are waited for", async () => {
  const calls: string[] = [];
  const one = entry("one", 1e-4, () => void calls.push("one"));
  const two = entry("two", 1e-4, () => void calls.push("two"));
  const gpu = entry("gpu", 1e-4, () => void calls.push("gpu"));
  gpu.wait = 0.01;
  await measureCalls([one, two, gpu], options);
  // Of each block ten calls that are not timed, and twenty that are.
  const log = calls.filter((_, i) => i % 30 === 0);
  for (const [i, name] of calls.entries()) assertEquals(name, log[Math.floor(i / 30)]);
  assertEquals(log.length, 18);
  const orders = Array.from({ length: 9 }, (_, i) => log.slice(2 * i, 2 * i + 2));
  for (const order of orders) assertEquals(order.toSorted(), ["one", "two"]);
  assertEquals(new Set(orders.map(String)).size, 2);
  assertEquals([one.callTimes?.launches[0]?.n, gpu.callTimes], [180, null]);
});

Deno.test("measureCalls() gives one that throws no times, and the others theirs", async () => {
  const good = entry("good", 1e-4, () => {});
  const bad = entry("bad", 1e-4, () => {
    throw new Error("out of order");
  });
  await measureCalls([good, bad], options);
  assertEquals(good.callTimes?.launches[0]?.n, 180);
  assertEquals([bad.callTimes, bad.verification.detail], [null, "out of order"]);
});

Deno.test("findLeak() names typed arrays that are held, and tensors of the kernel, by their bytes", async () => {
  const held: Float32Array[] = [];
  const arrays = await findLeak(
    entry("arrays", 1e-4, () => void held.push(new Float32Array(256))),
    signal,
  );
  assertEquals(arrays?.of, "javascript");
  assert(arrays!.bytesPerCall >= 1024 && arrays!.bytesPerCall < 2048, `${arrays?.bytesPerCall}`);
  let bytes = 0;
  const tensors = entry("tensors", 1e-4, () => void (bytes += 640), { memory: () => bytes });
  assertEquals(await findLeak(tensors, signal), { of: "kernel", bytesPerCall: 640 });
});

Deno.test("findLeak() names what grows though V8 gives other memory back in the first look", async () => {
  let [calls, others, collections] = [0, 1e6, 0];
  const found = await findLeak(entry("arrays", 1e-4, () => void calls++), signal, {
    bytes: () => others + 1024 * calls,
    collect: () => void (++collections === 2 && (others = 0)),
  });
  assertEquals(found, { of: "javascript", bytesPerCall: 1024 });
});

Deno.test("findLeak() blames neither garbage nor a buffer that grew once", async () => {
  let last = new Float32Array(1);
  assertEquals(
    await findLeak(entry("garbage", 1e-4, () => void (last = new Float32Array(256))), signal),
    null,
  );
  assertEquals(last.length, 256);
  let calls = 0;
  const once: Float32Array[] = [];
  const grown = entry("once", 1e-4, () => {
    if (calls++ === 150) once.push(new Float32Array(1e5));
  });
  assertEquals(await findLeak(grown, signal), null);
  assertEquals(leakIn([], 1), null);
});

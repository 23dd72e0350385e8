import { assert, assertEquals, assertGreater } from "@std/assert";
import type { TimedCell } from "../contender.ts";
import { secondsOfCall, timeLatency, timeSample, timeWait, waitsLong } from "./sample.ts";

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

/** A cell that waits 4 ms whenever it is asked whether it has finished, and counts what it is asked. */
function waitingCell(before: boolean): { cell: TimedCell; counts: Record<string, number> } {
  const counts = { before: 0, run: 0, finished: 0 };
  return {
    counts,
    cell: {
      ...(before && { before: () => void counts.before++ }),
      run: () => void counts.run++,
      finished: () => {
        counts.finished++;
        return new Promise((resolve) => setTimeout(resolve, 4));
      },
      output: () => Promise.resolve(new Float32Array(1)),
      [Symbol.dispose]: () => {},
    },
  };
}

Deno.test("timeLatency() is what a queue takes beyond its calls", async () => {
  let queued = 0;
  const { cell } = waitingCell(false);
  const queue = {
    ...cell,
    run: () => void queued++,
    // As a library that waits 8 ms for a result, and does not wait where there is none to come.
    finished: async () => {
      if (queued > 0) await new Promise((resolve) => setTimeout(resolve, 8 + 10 * queued));
      queued = 0;
    },
  };
  assert(!waitsLong({ wait: await timeWait(queue) }));
  const latency = await timeLatency(queue);
  assert(latency > 0.004 && latency < 0.02, `${latency}`);
});

Deno.test("timeBlock() does not take a slow wait for the kernel's time, with or without something before each call", async () => {
  for (const before of [false, true]) {
    const { cell, counts } = waitingCell(before);
    const wait = await timeWait(cell);
    assert(waitsLong({ wait }));
    const { perCall } = await timeSample(cell, 1000, wait);
    // A thousand calls and their wait; with the wait in it a call would take 4 µs and more.
    assert(perCall > 0 && perCall < wait, `${perCall}`);
    assertGreater(counts.run!, 2999);
    assertEquals(counts.before! > 0, before);
    // The wait is looked for once a block, not once a call.
    assert(counts.finished! < 20);
  }
});

Deno.test("timeBlock() waits for a call that is a promise, and says so", async () => {
  const { cell } = waitingCell(false);
  let done = 0;
  const slow = {
    ...cell,
    finished: () => Promise.resolve(),
    run: () => Promise.resolve().then(() => void done++),
  };
  const { waited } = await timeSample(slow, 7);
  assertEquals([waited, done], [true, 7]);
});

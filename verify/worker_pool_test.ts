import { assertEquals } from "@std/assert";
import { withGlobal } from "../kernels/wasm/workers_testing.ts";
import { runInWorkers } from "./worker_pool.ts";
import { moduleOf } from "./workers_testing.ts";

/** Starts workers of this code, and counts them. */
function starter(code: string): { start: () => Worker; readonly count: number } {
  let count = 0;
  const start = () => {
    count++;
    return new Worker(moduleOf(code), { type: "module" });
  };
  return {
    start,
    get count() {
      return count;
    },
  };
}

/** Runs three jobs, one at a time, and returns what came of them. */
async function collect(
  code: string,
  options: {
    fresh?: (last: number, result: number, next: number) => boolean;
    follows?: (last: number, next: number) => boolean;
  } = {},
) {
  const results: unknown[] = [];
  const failures: string[] = [];
  const workers = starter(code);
  await runInWorkers<number, number>([1, 2, 3], {
    workers: 1,
    timeout: 60_000,
    start: workers.start,
    onResult: (job, result) => results.push([job, result]),
    onFailure: (job, reason) => failures.push(`${job}: ${reason}`),
    ...options,
  });
  return { results, failures, started: workers.count };
}

const double = "onmessage = ({ data }) => postMessage({ result: 2 * data });";

Deno.test("runInWorkers() keeps a worker for its next job, or takes a new one where that is asked for", async () => {
  const results = [[1, 2], [2, 4], [3, 6]];
  assertEquals(await collect(double), { results, failures: [], started: 1 });
  const asked: number[][] = [];
  const fresh = (...between: number[]) => {
    asked.push(between);
    return between[0] === 2;
  };
  assertEquals(await collect(double, { fresh }), { results, failures: [], started: 2 });
  assertEquals(asked, [[1, 2, 2], [2, 4, 3]]);
});

Deno.test("runInWorkers() gives a worker first what follows its last job, and then the first of all", async () => {
  const order = async (follows: (last: number, next: number) => boolean) =>
    (await collect(double, { follows })).results;
  const [one, two, three] = [[1, 2], [2, 4], [3, 6]];
  assertEquals(await order((last, next) => last % 2 === next % 2), [one, three, two]);
  assertEquals(await order(() => false), [one, two, three]);
  assertEquals(await order(() => true), [one, two, three]);
});

Deno.test("runInWorkers() does each job once where several workers choose", async () => {
  const jobs = Array.from({ length: 12 }, (_, i) => i);
  const results: number[] = [];
  await runInWorkers<number, number>(jobs, {
    workers: 3,
    timeout: 60_000,
    start: starter(double).start,
    follows: (last, next) => last % 3 === next % 3,
    onResult: (job) => results.push(job),
    onFailure: (job, reason) => results.push(-job, Number(reason)),
  });
  assertEquals(results.toSorted((one, other) => one - other), jobs);
});

Deno.test("runInWorkers() waits as long as there are heartbeats, and no longer", async () => {
  // Time passes as the test has it, so that a busy machine changes nothing.
  const timers = new Map<number, { readonly at: number; readonly action: () => void }>();
  let [clock, last] = [0, 0];
  const start = (action: () => void, delay = 0) => {
    timers.set(++last, { at: clock + delay, action });
    return last;
  };
  const pass = (milliseconds: number) => {
    clock += milliseconds;
    for (const { at, action } of timers.values()) if (at <= clock) action();
  };
  const { setTimeout } = globalThis;
  const turn = () => new Promise((resolve) => setTimeout(resolve));

  const results: number[] = [];
  const failures: string[] = [];
  const worker = {
    onmessage: (_: { readonly data: unknown }) => {},
    postMessage: () => {},
    terminate: () => {},
  };
  await withGlobal(
    "setTimeout",
    start,
    () =>
      withGlobal("clearTimeout", (id: number) => timers.delete(id), async () => {
        const running = runInWorkers<number, number>([7, 8], {
          workers: 1,
          timeout: 1500,
          start: () => worker as unknown as Worker,
          onResult: (_, result) => results.push(result),
          onFailure: (job, reason) => failures.push(`${job}: ${reason}`),
        });
        await turn();
        for (let i = 0; i < 10; i++) {
          pass(1499);
          worker.onmessage({ data: { heartbeat: { at: "work" } } });
        }
        pass(1499);
        worker.onmessage({ data: { result: 7 } });
        await turn();
        pass(1499);
        await turn();
        assertEquals([results, failures], [[7], []]);
        pass(1);
        await running;
      }),
  );
  assertEquals([results, failures], [[7], ["8: no heartbeat for 1.5 s since its start"]]);
});

Deno.test("runInWorkers() replaces a worker that failed", async () => {
  const { results, failures, started } = await collect(
    'onmessage = ({ data }) => data === 2 ? postMessage({ error: "no\\nmore" }) : postMessage({ result: data });',
  );
  assertEquals([results, failures, started], [[[1, 1], [3, 3]], ["2: no"], 2]);
});

Deno.test("runInWorkers() asks a worker to stop before it is ended", async () => {
  const stop = new AbortController();
  const heard: string[] = [];
  const ended: string[] = [];
  await runInWorkers<number, number>([1, 2], {
    workers: 1,
    timeout: 60_000,
    start: starter(`onmessage = ({ data }) => {
      if (data !== "stop") return postMessage({ heartbeat: { at: "work" } });
      postMessage({ heartbeat: { at: "the end" } });
      postMessage({ result: 0 });
    };`).start,
    signal: stop.signal,
    onHeartbeat: (_, { at }) => {
      heard.push(at);
      stop.abort();
    },
    onResult: () => ended.push("result"),
    onFailure: () => ended.push("failure"),
  });
  assertEquals([heard, ended], [["work", "the end"], []]);
});

/** A worker that tells whether it was ended. */
class ObservedWorker extends Worker {
  ended = false;

  override terminate(): void {
    this.ended = true;
    super.terminate();
  }
}

Deno.test("runInWorkers() ends its workers, or leaves those that are idle to the end of the process", async () => {
  const ended = async (leaveIdle: boolean) => {
    const made: ObservedWorker[] = [];
    await runInWorkers<number, number>([1, 2], {
      workers: 1,
      timeout: 60_000,
      fresh: () => true,
      leaveIdle,
      start: () => {
        const worker = new ObservedWorker(moduleOf(double), { type: "module" });
        made.push(worker);
        return worker;
      },
      onResult: () => {},
      onFailure: () => {},
    });
    const found = made.map((worker) => worker.ended);
    // One that was left answers.
    for (const worker of made.filter(({ ended }) => !ended)) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(7);
      assertEquals(await promise, { result: 14 });
      worker.terminate();
    }
    return found;
  };
  assertEquals(await ended(false), [true, true]);
  assertEquals(await ended(true), [true, false]);
});

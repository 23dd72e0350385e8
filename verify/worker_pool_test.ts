import { assertEquals } from "@std/assert";
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
    timeout: 2000,
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

Deno.test("runInWorkers() waits as long as there are heartbeats", async () => {
  // Two seconds in all, a tenth of it without a heartbeat, which may come late on a busy machine.
  const slow = `onmessage = async ({ data }) => {
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      postMessage({ heartbeat: { at: "work" } });
    }
    postMessage({ result: data });
  };`;
  const results: number[] = [];
  const failures: string[] = [];
  await runInWorkers<number, number>([7], {
    workers: 1,
    timeout: 1500,
    start: starter(slow).start,
    onResult: (_, result) => results.push(result),
    onFailure: (_, reason) => failures.push(reason),
  });
  assertEquals([results, failures], [[7], []]);
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

Deno.test("runInWorkers() ends its workers, or leaves those that are idle to the end of the process", async () => {
  const answers = async (leaveIdle: boolean) => {
    const made: Worker[] = [];
    await runInWorkers<number, number>([1, 2], {
      workers: 1,
      timeout: 60_000,
      fresh: () => true,
      leaveIdle,
      start: () => {
        const worker = new Worker(moduleOf(double), { type: "module" });
        made.push(worker);
        return worker;
      },
      onResult: () => {},
      onFailure: () => {},
    });
    const heard = await Promise.all(made.map(async (worker) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      worker.onmessage = () => resolve(true);
      worker.postMessage(7);
      // An answer takes milliseconds where there is anyone to give it.
      const timer = setTimeout(() => resolve(false), 3000);
      const heard = await promise;
      clearTimeout(timer);
      worker.terminate();
      return heard;
    }));
    return heard;
  };
  assertEquals(await answers(false), [false, false]);
  assertEquals(await answers(true), [false, true]);
});

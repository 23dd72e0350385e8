import { assertEquals, assertRejects } from "@std/assert";
import { startWorkers } from "./start_workers.ts";

/** Stands for a worker: it answers after so many milliseconds, or never. */
class Late {
  onmessage: (() => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  terminated = false;

  constructor(readonly delay: number | null) {}

  postMessage(): void {
    if (this.delay !== null) setTimeout(() => this.onmessage?.(), this.delay);
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** Starts such workers, each with a number of a list. */
async function start(delays: readonly (number | null)[], limit: number): Promise<Late[]> {
  const made: Late[] = [];
  const create = () => {
    const worker = new Late(delays[made.length]!);
    made.push(worker);
    return worker as unknown as Worker;
  };
  try {
    await startWorkers(create, delays, { limit, late: "too late", refusal: "refused" });
  } catch (error) {
    assertEquals(made.every(({ terminated }) => terminated), true);
    throw error;
  }
  assertEquals(made.some(({ terminated }) => terminated), false);
  return made;
}

Deno.test("startWorkers() waits while one after the other answers", async () => {
  const delays = [0, 100, 200, 300, 400, 500, 600];
  // All of them take longer than the limit, but no two answers are as far apart.
  assertEquals((await start(delays, 450)).length, delays.length);
});

Deno.test("startWorkers() gives up where none answers any more, and leaves no timer behind", async () => {
  await assertRejects(() => start([0, null, 60], 30), Error, "too late");
  await assertRejects(() => start([null], 0), Error, "too late");
});

Deno.test("a process ends although its workers could not start in time", async () => {
  const pool = new URL("./thread_pool.ts", import.meta.url);
  const code = `
    import { ThreadPool } from ${JSON.stringify(pool.href)};
    import { createMemory } from ${JSON.stringify(new URL("./core.ts", pool).href)};
    const options = { lanes: 4, fused: false, shared: true, threads: 4 };
    // A module that is never loaded to its end: it lives, and answers nothing.
    const endless = "data:text/javascript,await new Promise((end) => setTimeout(end, 2 ** 30))";
    const createWorker = () => new Worker(endless, { type: "module" });
    const times = { startTimeout: 100, createWorker };
    const start = ThreadPool.start({}, createMemory(options), options, times);
    console.log(await start.then(() => "started", (error) => error.name));
  `;
  const { code: exitCode, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--allow-read",
      `data:text/javascript,${encodeURIComponent(code)}`,
    ],
    signal: AbortSignal.timeout(300_000),
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "KernelUnavailableError");
  assertEquals(exitCode, 0);
});

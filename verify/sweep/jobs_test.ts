import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { moduleOf } from "../workers_testing.ts";
import { mergeFindings, noFindings } from "./findings.ts";
import { inputsOf, partsOf } from "./part.ts";
import { runJobs, type SweepJob, type SweepJobOptions, traitsText } from "./jobs.ts";

const stride = 1_000_003;
await using blocked = await createKernel("blocked");
const traits = traitsText(blocked.traits);
const jobs: readonly SweepJob[] = (["tanh", "relu"] as const).flatMap((activation) =>
  partsOf(activation, stride, 2500).map((part) => ({ kernel: "blocked" as const, traits, part }))
);
const inputs = jobs.reduce((sum, { part }) => sum + inputsOf(part), 0);

/** Runs the jobs and collects what is found and what fails. */
async function collect(options: Partial<SweepJobOptions>, chosen = jobs) {
  let findings = noFindings;
  const done: SweepJob[] = [];
  const failed: { job: SweepJob; reason: string }[] = [];
  await runJobs(chosen, {
    workers: 2,
    onFindings: (job, found) => {
      done.push(job);
      findings = mergeFindings(findings, found);
    },
    onFailure: (job, reason) => failed.push({ job, reason }),
    ...options,
  });
  return { findings, done, failed };
}

/** Workers of this source, but real ones where `good` says so of the n-th. */
function workersOf(source: string, good: (n: number) => boolean = () => false): () => Worker {
  let started = 0;
  const url = moduleOf(source);
  return () =>
    new Worker(good(started++) ? new URL("./worker.ts", import.meta.url) : url, { type: "module" });
}

Deno.test("runJobs() finds the same with workers and without", async () => {
  const [here, there] = [await collect({ workers: 0 }), await collect({ workers: 2 })];
  assertEquals(there.findings, here.findings);
  assertEquals(there.findings.inputs, inputs);
  assertEquals([here.failed, there.failed], [[], []]);
  // Each job once.
  assertEquals(new Set(there.done).size, jobs.length);
  assertEquals(there.done.length, jobs.length);
});

const blocks = "onmessage = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

// Workers that send nothing.
const silent: Record<string, string> = {
  "closes itself": "onmessage = () => close();",
  "never answers": blocks,
};

// What a worker may do instead of its work, and the reason that is reported.
const broken: Record<string, [source: string, reason: string]> = {
  "throws": [`onmessage = () => { throw new Error("no luck"); };`, "no luck"],
  "cannot be loaded": [`import "./nowhere.ts";`, "the worker ended"],
  "says that it failed": [
    `onmessage = () => postMessage({ error: "Error: the kernel threw" });`,
    "the kernel threw",
  ],
  "checks nothing": [
    `onmessage = () => postMessage({ result: { findings: { inputs: 0 } } });`,
    "0 of 2492 inputs were checked",
  ],
};

/** Runs parts all of which fail, and returns the reason of the first. */
async function reasonWith(source: string, options: Partial<SweepJobOptions> = {}): Promise<string> {
  let started = 0;
  const start = workersOf(source);
  const { done, failed } = await collect({
    start: () => {
      started++;
      return start();
    },
    ...options,
  });
  assertEquals(done, []);
  assertEquals(failed.length, jobs.length);
  assertEquals(started, 2 * jobs.length);
  return failed[0]!.reason;
}

for (const [what, source] of Object.entries(silent)) {
  Deno.test(`runJobs() reports each part whose worker ${what}, and goes on`, async () => {
    assertStringIncludes(await reasonWith(source, { timeout: 100 }), "no heartbeat for 0.1 s");
  });
}

for (const [what, [source, reason]] of Object.entries(broken)) {
  Deno.test(`runJobs() reports each part whose worker ${what}, twice, and goes on`, async () => {
    assertStringIncludes(await reasonWith(source), reason);
  });

  Deno.test(`runJobs() repeats the parts of the first workers, each of which ${what}`, async () => {
    const start = workersOf(source, (n) => n >= 2);
    const { findings, failed } = await collect({ start });
    assertEquals(failed, []);
    assertEquals(findings.inputs, inputs);
  });
}

Deno.test("runJobs() reports where no worker can be made at all", async () => {
  const { failed } = await collect({
    start: () => {
      throw new Error("no workers here");
    },
  });
  assertEquals(failed.length, jobs.length);
  assertStringIncludes(failed[0]!.reason, "no workers here");
});

for (const workers of [0, 2]) {
  Deno.test(`runJobs() takes no findings of another kernel, with ${workers} workers`, async () => {
    const others = jobs.map((job) => ({ ...job, traits: traits.replace("kept", "flushed") }));
    const { done, failed } = await collect({ workers }, others);
    assertEquals(done, []);
    assertEquals(failed.length, jobs.length);
    assertStringIncludes(failed[0]!.reason, "its kernel is another");
  });
}

Deno.test("runJobs() computes on this thread what cannot run in a worker", async () => {
  const source = `onmessage = () => postMessage({ result: { unavailable: "no adapter" } });`;
  const { findings, failed } = await collect({ start: workersOf(source) });
  assertEquals(failed, []);
  assertEquals(findings.inputs, inputs);
});

for (const workers of [0, 2]) {
  Deno.test(`runJobs() ends by a signal, with ${workers} workers`, async () => {
    const controller = new AbortController();
    const found: SweepJob[] = [];
    const failed: SweepJob[] = [];
    await runJobs(jobs, {
      workers,
      signal: controller.signal,
      onFindings: (job) => {
        found.push(job);
        controller.abort();
      },
      onFailure: (job) => failed.push(job),
    });
    assert(found.length >= 1 && found.length < jobs.length);
    assertEquals(failed, []);
  });
}

Deno.test("runJobs() ends by a signal though a worker never answers", async () => {
  const controller = new AbortController();
  const start = workersOf(blocks);
  setTimeout(() => controller.abort(), 200);
  const { done, failed } = await collect({ start, signal: controller.signal });
  assertEquals([done, failed], [[], []]);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withGlobal } from "../kernels/wasm/workers_testing.ts";
import { runTasks } from "./run_tasks.ts";
import type { KnownKernel } from "./repeat_command.ts";
import { type KernelTask, nameOfTask, type TaskProgress, type VerifyTask } from "./tasks.ts";
import { moduleOf } from "./workers_testing.ts";

const task = (kernel: KnownKernel): VerifyTask => ({
  kind: "kernel",
  kernel,
  checks: ["contract", "exceptional"],
  effort: "smoke",
  seed: 1,
});

Deno.test("runTasks() gives each task's result in order, with heartbeats on the way", async () => {
  const heard: [string, TaskProgress][] = [];
  const { results, lost } = await runTasks([task("naive"), task("blocked")], {
    workers: 2,
    timeout: 60_000,
    onProgress: (name, progress) => heard.push([name, progress]),
  });
  assertEquals(lost, []);
  assertEquals(results.map((result) => result.kind === "kernel" && result.report.kernel), [
    "naive",
    "blocked",
  ]);
  assert(results.every((result) => result.kind === "kernel" && result.report.passed));
  assert(heard.some(([name, { at }]) => name === "naive" && at === "contract"));
});

Deno.test("runTasks() ends a worker that hangs, and continues with the others", async () => {
  // The first does nothing but spin, the second answers.
  const module = moduleOf(`self.onmessage = ({ data }) => {
    if (data.kernel === "naive") {
      self.postMessage({ heartbeat: { at: "exact-forward", done: 0, of: 9 } });
      for (;;);
    }
    self.postMessage({ result: { kind: "unavailable", kernel: data.kernel, reason: "none" } });
  };`);
  // Its time is over once it was heard and the other has answered, however long that takes.
  const limits: (() => void)[] = [];
  const { setTimeout } = globalThis;
  const watched = (action: () => void, delay?: number) => {
    if (delay === 60_000) limits.push(action);
    return setTimeout(action, delay);
  };
  const events = new Set<string>();
  const happened = (event: string) => {
    if (events.add(event).size === 2) { for (const action of limits) action(); }
  };
  const { results, lost } = await withGlobal(
    "setTimeout",
    watched,
    () =>
      runTasks([task("naive"), task("blocked")], {
        workers: 2,
        timeout: 60_000,
        module,
        onProgress: () => happened("heartbeat"),
        onResult: () => happened("result"),
      }),
  );
  assertEquals(lost.map(({ reason }) => reason), ["no heartbeat for 60 s in exact-forward"]);
  assertEquals(results.length, 1);
});

Deno.test("runTasks() says what a worker died of", async () => {
  const module = moduleOf(`self.onmessage = () => { throw new Error("no luck"); };`);
  const { results, lost } = await runTasks([task("naive")], {
    workers: 1,
    timeout: 60_000,
    module,
  });
  assertEquals(results, []);
  assertStringIncludes(lost[0]?.reason ?? "", "no luck");
});

Deno.test("runTasks() stops when it is asked to, and what was under way is no failure", async () => {
  const stop = new AbortController();
  const module = moduleOf(`self.onmessage = () => { for (;;); };`);
  setTimeout(() => stop.abort(), 300);
  const { results, lost } = await runTasks([task("naive"), task("blocked")], {
    workers: 1,
    timeout: 60_000,
    module,
    signal: stop.signal,
  });
  assertEquals([results, lost], [[], []]);
});

Deno.test("runTasks() keeps a worker after a kernel that leaves nothing and passed, and for what may follow it", async () => {
  // Names itself by how often its worker was asked before.
  const module = moduleOf(`let asked = 0;
  self.onmessage = ({ data }) => {
    const passed = data.seed !== 666;
    self.postMessage({ result: { kind: "kernel", report: { passed, elapsed: asked++ } } });
  };`);
  const failing = { ...task("naive"), seed: 666 } as VerifyTask;
  const foreign = { name: "mine", given: "./mine.ts", url: "file:///mine.ts", exported: null };
  const mutationTests: VerifyTask = {
    kind: "mutation-tests",
    keyOnly: true,
    matrix: false,
    part: { index: 0, of: 2 },
    dealt: [],
    checks: [],
    drawnBy: null,
    gpu: false,
    effort: "smoke",
    seed: 1,
  };
  const before = async (...tasks: VerifyTask[]) => {
    const { results } = await runTasks(tasks, { workers: 1, timeout: 60_000, module });
    return results.map((result) => result.kind === "kernel" ? result.report.elapsed : -1);
  };
  const [naive, blocked, simd] = [task("naive"), task("blocked"), task("wasm-simd")];
  assertEquals(await before(naive, blocked, simd, mutationTests), [0, 1, 2, 3]);
  assertEquals(await before(failing, blocked, simd), [0, 0, 1]);
  assertEquals(await before(task("wasm-threads"), naive, task("wasm-threads")), [0, 1, 2]);
  assertEquals(await before(task("native"), task("webgpu"), naive), [0, 0, 0]);
  assertEquals(await before(naive, task("webgpu")), [0, 0]);
  assertEquals(await before(naive, task(foreign), naive), [0, 0, 0]);
  assertEquals(await before({ ...mutationTests }, mutationTests, naive), [0, 0, 0]);
});

Deno.test("runTasks() has a worker do the same part of the checks of one kernel after the other", async () => {
  const module = moduleOf(`self.onmessage = ({ data }) => self.postMessage(
    { result: { kind: "kernel", report: { passed: true } } },
  );`);
  const part = (kernel: KnownKernel, index: number): VerifyTask => ({
    ...task(kernel) as KernelTask,
    part: { index, of: 2 },
  });
  const order = async (...tasks: VerifyTask[]) => {
    const done: string[] = [];
    const onResult = (task: VerifyTask) => done.push(nameOfTask(task));
    await runTasks(tasks, { workers: 1, timeout: 60_000, module, onResult });
    return done;
  };
  const halves = (kernel: KnownKernel) => [part(kernel, 0), part(kernel, 1)];
  assertEquals(
    await order(...halves("wasm-simd"), ...halves("blocked"), task("native"), ...halves("naive")),
    [
      "wasm-simd 1 of 2",
      "blocked 1 of 2",
      "naive 1 of 2",
      "wasm-simd 2 of 2",
      "blocked 2 of 2",
      "naive 2 of 2",
      "native",
    ],
  );
});

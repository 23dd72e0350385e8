import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runTasks } from "./run_tasks.ts";
import type { KnownKernel } from "./repeat_command.ts";
import type { TaskProgress, VerifyTask } from "./tasks.ts";
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
  const { results, lost } = await runTasks([task("naive"), task("blocked")], {
    workers: 2,
    // Long enough for the other to start on a busy machine.
    timeout: 5_000,
    module,
  });
  assertEquals(lost.map(({ reason }) => reason), ["no heartbeat for 5 s in exact-forward"]);
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

Deno.test("runTasks() keeps a worker after a plain kernel that passed, and for what may follow it", async () => {
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
    checks: [],
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
  assertEquals(await before(task("wasm-threads"), naive), [0, 0]);
  assertEquals(await before(task("native"), task("webgpu"), naive), [0, 0, 0]);
  assertEquals(await before(naive, task("webgpu")), [0, 0]);
  assertEquals(await before(naive, task(foreign), naive), [0, 0, 0]);
  assertEquals(await before({ ...mutationTests }, mutationTests, naive), [0, 0, 0]);
});

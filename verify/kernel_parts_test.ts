import { assert, assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder } from "../common/deno_testing.ts";
import type { KernelVerification } from "../results/verification/schema.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { order } from "./checks/order.ts";
import { noHashes } from "./groups.ts";
import { refusedVerification } from "./refused.ts";
import {
  costs,
  countParts,
  dealChecks,
  type KernelResult,
  proposalTask,
  splitTask,
  uniteResults,
} from "./kernel_parts.ts";
import { runInParts } from "./run_parts.ts";
import { type KernelTask, nameOfTask, perform, type VerifyTask } from "./tasks.ts";
import { checks } from "./verify.ts";
import { moduleOf } from "./workers_testing.ts";

const names = checks.map(({ name }) => name);
const naive: KernelTask = {
  kind: "kernel",
  kernel: "naive",
  checks: names,
  effort: "smoke",
  seed: 3,
  sweepSeed: 4,
};

/** What a task finds on a kernel, and how long it took left out. */
async function found(task: KernelTask): Promise<KernelResult> {
  const result = await perform(task);
  assert(result.kind === "kernel");
  return result;
}
const timeless = (report: KernelVerification) => JSON.stringify({ ...report, elapsed: 0 });

/** What a task finds in two parts, as runInParts() puts it together. */
async function inParts(task: KernelTask): Promise<KernelResult> {
  const parts = splitTask(task, 2);
  assertEquals(parts.length, 2);
  const results: KernelResult[] = [];
  for (const part of parts) results.push(await found(part));
  const whole = uniteResults(results);
  const next = proposalTask(task, whole);
  return next ? { ...whole, report: (await found(next)).report } : whole;
}

/** Of a kernel that a module of this code exports. */
async function withModule(code: string, run: (task: KernelTask) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, "mine.ts");
    await Deno.writeTextFile(path, code);
    const url = pathToFileURL(path).href;
    await run({
      ...naive,
      kernel: { name: "mine", given: "./mine.ts", url, exported: null },
      checks: names.filter((name) => ["order", "freivalds", "metamorphic"].includes(name)),
      effort: "quick",
    });
  });
}

Deno.test("dealChecks() gives every check to one part, in order, and order beside sweep", () => {
  for (const parts of [1, 2, 3]) {
    const dealt = dealChecks(names, parts);
    assertEquals(dealt.length, parts);
    assertEquals(dealt.flat().toSorted(), names.toSorted());
    for (const part of dealt) {
      assertEquals(part, names.filter((name) => part.includes(name)));
      assertEquals(part.includes("order"), part.includes("sweep"));
    }
  }
  assertEquals(dealChecks(["contract"], 2), [["contract"]]);
});

Deno.test("dealChecks() makes two parts that take about as long", () => {
  const [one, other] = dealChecks(names, 2).map((part) =>
    part.reduce((sum, name) => sum + (costs[name] ?? 0), 0)
  ) as [number, number];
  assertGreater(Math.min(one, other) / Math.max(one, other), 0.9);
  assertEquals(Object.keys(costs).filter((name) => !names.includes(name)), []);
});

Deno.test("countParts() leaves whole what has a library's threads, a GPU or little to do, and everything for one worker", () => {
  for (const name of ["naive", "blocked", "wasm-simd", "wasm-threads"] as const) {
    assertEquals(countParts(name, names, 2), 2);
  }
  for (const name of ["native", "webgpu"] as const) {
    assertEquals(countParts(name, names, 64), 1);
  }
  const foreign = { name: "mine", given: "./mine.ts", url: "file:///mine.ts", exported: null };
  assertEquals(countParts(foreign, names, 2), 1);
  assertEquals(countParts("naive", names, 1), 1);
  assertEquals(countParts("naive", ["contract", "order"], 2), 1);
});

Deno.test("a kernel in parts has the report and the hashes that it has as one", async () => {
  // All that measure something besides, and some others.
  const own = ["contract", "order", "exact-forward", "exceptional", "statistics", "sweep"];
  const task = { ...naive, checks: names.filter((name) => own.includes(name)) };
  const [whole, parts] = [await found(task), await inParts(task)];
  assert(whole.report.passed);
  assertEquals(whole.report.checks.map(({ check }) => check), task.checks);
  for (const list of ["activations", "gradients", "growth"] as const) {
    assertGreater(whole.report[list]?.length ?? 0, 0, list);
  }
  assertEquals(timeless(parts.report), timeless(whole.report));
  assertEquals(parts.hashes, whole.hashes);
  assertNotEquals(whole.hashes.claims, null);
});

const wrong: Record<string, [code: string, failing: string[]]> = {
  "fails only beside the order of sums": [
    `export default ({ m, n, k }, a, b) => {
      const out = new Float32Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) {
            sum = Math.fround(sum + Math.fround(a[i * k + p] * b[p * n + j]));
          }
          out[i * n + j] = sum;
        }
      }
      if (m * n > 60_000) out[m * n - 1] += 8;
      return out;
    };
    export const claims = { summation: { order: "unspecified", depth: (k) => k - 1 } };`,
    ["freivalds"],
  ],
  "claims nothing and adds in float64": [
    `export default ({ m, n, k }, a, b) => Float32Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[Math.floor(at / n) * k + p] * b[p * n + at % n];
      return sum;
    });`,
    ["order"],
  ],
};

for (const [what, [code, failing]] of Object.entries(wrong)) {
  Deno.test(`a kernel that ${what} has the same report in parts`, async () => {
    await withModule(code, async (task) => {
      const whole = await found(task);
      const failed = whole.report.checks.filter(({ failures }) => failures.length > 0);
      assertEquals(failed.map(({ check }) => check), failing);
      assertNotEquals(whole.report.summation?.proposal, undefined);
      assertEquals(timeless((await inParts(task)).report), timeless(whole.report));
    });
  });
}

Deno.test("a kernel whose claims are refused in each part is refused once", () => {
  const claims = { id: "order/claims", problem: "the claims: none", repeat: "" };
  const report = refusedVerification({ name: "naive" } as Kernel, order, claims);
  const refused: KernelResult = { kind: "kernel", report, hashes: noHashes("naive") };
  assertEquals(uniteResults([refused, refused]), refused);
  assertEquals(proposalTask({ ...naive, effort: "quick" }, refused), null);
});

/** Runs naive in two parts by workers of this code. */
const runBy = (code: string) =>
  runInParts([naive], { workers: 2, timeout: 60_000, module: moduleOf(code) });

Deno.test("runInParts() takes a kernel for lost with any of its parts, once", async () => {
  const { results, lost } = await runBy(`self.onmessage = ({ data }) => self.postMessage(
    data.part.index > 0 ? { error: "no luck" } : { result: { kind: "kernel" } },
  );`);
  assertEquals(results, []);
  assertEquals(lost, [{ task: naive as VerifyTask, reason: "no luck" }]);
});

Deno.test("runInParts() says once that a kernel is not available", async () => {
  const { results, lost } = await runBy(`self.onmessage = ({ data }) => self.postMessage(
    { result: { kind: "unavailable", kernel: data.kernel, reason: "none" } },
  );`);
  assertEquals(results, [{ kind: "unavailable", kernel: "naive", reason: "none" }]);
  assertEquals(lost, []);
});

Deno.test("runInParts() splits every kernel that can be, whatever waits besides", async () => {
  const tasks = (["native", "wasm-threads", "blocked", "naive"] as const).map((
    kernel,
  ): KernelTask => ({ ...naive, kernel }));
  const ran: string[] = [];
  const { lost } = await runInParts(tasks, {
    workers: 2,
    timeout: 60_000,
    onResult: (task) => ran.push(nameOfTask(task)),
    module: moduleOf(`self.onmessage = ({ data }) => self.postMessage(
      { result: { kind: "unavailable", kernel: data.kernel, reason: "none" } },
    );`),
  });
  assertEquals(lost, []);
  assertEquals(ran.toSorted(), [
    "blocked 1 of 2",
    "blocked 2 of 2",
    "naive 1 of 2",
    "naive 2 of 2",
    "native",
    "wasm-threads 1 of 2",
    "wasm-threads 2 of 2",
  ]);
});

Deno.test("runInParts() has no result of a kernel of which a part was stopped", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const { results, lost } = await runInParts([naive], {
    workers: 2,
    timeout: 60_000,
    signal: stop.signal,
    module: moduleOf(`self.onmessage = ({ data }) => {
      if (data.part?.index > 0) for (;;);
      self.postMessage({ result: { kind: "unavailable", kernel: data.kernel, reason: "none" } });
    };`),
  });
  assertEquals([results, lost], [[], []]);
});

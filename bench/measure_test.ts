import { assertEquals } from "@std/assert";
import type { KernelRecord, Result } from "../results/schema.ts";
import { planAfter, settledWorkloads } from "./measure.ts";
import { readCommand } from "./plan.ts";

const { plan } = readCommand(["--kernels", "naive,wasm-threads,webgpu", "--peers", "ml-matrix"])!;

const record = (name: string, more: Partial<KernelRecord> = {}): KernelRecord => ({
  name,
  peer: false,
  device: "",
  threads: 1,
  method: "",
  unavailable: null,
  ...more,
});

Deno.test("planAfter() leaves out what an earlier launch could not have, and nothing else", () => {
  const version = { label: "old", registry: "file:///old" };
  const gone = { unavailable: "no GPU" };
  const records = [
    record("naive"),
    record("wasm-threads:1", { base: "wasm-threads", ...gone }),
    record("wasm-threads:2", { base: "wasm-threads" }),
    record("webgpu", gone),
    record("webgpu@old", { base: "webgpu", version: "old" }),
    record("ml-matrix", { peer: true, ...gone }),
    record("naive-control", { base: "naive", controlOf: "naive", ...gone }),
  ];
  const after = planAfter({ ...plan, version }, records);
  assertEquals([after.kernels, after.peers], [["naive", "wasm-threads"], []]);
  assertEquals(after.version, version);
  const lost = records.map((one) => one.version === undefined ? one : { ...one, ...gone });
  assertEquals(planAfter({ ...plan, version }, lost).version, null);
  // Before the first launch nothing is known.
  assertEquals(planAfter(plan, []), plan);
});

Deno.test("settledWorkloads() are those of which every time is known precisely enough", () => {
  const result = (workload: string, half: number, confidence = 0.95) => ({
    workload,
    pass: "forward" as const,
    seconds: half === 0 ? null : { median: 1, low: 1 - half, high: 1 + half, min: 0.9, confidence },
  });
  const results = [
    result("narrow", 0.009),
    result("narrow", 0.001),
    // Failed, so that no launch would tell more.
    result("narrow", 0),
    result("mixed", 0.001),
    result("mixed", 0.02),
    result("unknown", 0.001, 0),
  ];
  assertEquals(settledWorkloads(results as unknown as Result[], 0.01), new Set(["narrow"]));
});

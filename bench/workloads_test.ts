import { assert, assertEquals } from "@std/assert";
import { deepbench, deepbenchFigures } from "./deepbench.ts";
import { allows, labelOf, passOf, type Workload } from "./workload.ts";
import { suites } from "./workloads.ts";

const all: readonly Workload[] = Object.values(suites).flat();

Deno.test("no suite has a workload twice in one pass", () => {
  for (const workloads of Object.values(suites)) {
    const names = workloads.map(labelOf);
    assertEquals(new Set(names).size, names.length);
  }
});

Deno.test("every workload of a suite can be timed in its pass", () => {
  for (const workload of all) {
    assert(allows(workload, passOf(workload)), labelOf(workload));
  }
});

Deno.test("a network's layers fit each other, its inputs and its units", () => {
  const networks = all.filter(({ layers }) => layers !== undefined);
  assert(networks.length >= 5);
  for (const { layers = [], k, n, activation, name } of networks) {
    assertEquals([layers[0]?.k, layers.at(-1)?.n], [k, n], name);
    assertEquals(layers.at(-1)?.activation, activation);
    for (const [i, layer] of layers.slice(1).entries()) assertEquals(layer.k, layers[i]?.n);
  }
});

Deno.test("deepbenchFigures are of DeepBench's shapes, and none exceeds its machine's peak", () => {
  const names = new Set(deepbench.map(({ name }) => name));
  const peaks: Record<string, number> = {
    "NVIDIA V100, float32": 15_700,
    "GTX 1080 Ti, float32": 11_340,
    "Xeon Phi 7250, float32": 6_100,
  };
  assertEquals(deepbenchFigures.length, 3 * deepbench.length);
  for (const { workload, gflops, device } of deepbenchFigures) {
    assert(names.has(workload), workload);
    assert(gflops > 0 && gflops < (peaks[device] ?? 200), `${workload} on ${device}: ${gflops}`);
  }
  // 2·512·16·512 operations in 0.010 ms.
  const known = deepbenchFigures.find(({ workload }) => workload === "db-512x16x512");
  assertEquals(Math.round(known?.gflops ?? 0), 839);
});

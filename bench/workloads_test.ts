import { assert, assertEquals } from "@std/assert";
import { deepbench, deepbenchFigures } from "./deepbench.ts";
import { allows, flopsOf, inPasses, labelOf, suites, type Workload } from "./workloads.ts";

const all: readonly Workload[] = Object.values(suites).flat();

Deno.test("no suite has a workload twice in one pass", () => {
  for (const workloads of Object.values(suites)) {
    const names = workloads.map(labelOf);
    assertEquals(new Set(names).size, names.length);
  }
});

Deno.test("every workload of a suite can be timed in its pass", () => {
  for (const workload of all) {
    assert(allows(workload, workload.pass ?? "forward"), labelOf(workload));
  }
});

Deno.test("the layers of a network fit each other and its inputs and units", () => {
  const networks = all.filter(({ layers }) => layers !== undefined);
  assert(networks.length >= 5);
  for (const { layers = [], k, n, activation, name } of networks) {
    assertEquals([layers[0]?.k, layers.at(-1)?.n], [k, n], name);
    assertEquals(layers.at(-1)?.activation, activation);
    for (const [i, layer] of layers.slice(1).entries()) assertEquals(layer.k, layers[i]?.n);
  }
});

Deno.test("flopsOf() counts the products of each pass and layer", () => {
  const shape = { m: 3, n: 5, k: 7 };
  assertEquals(flopsOf(shape), 210);
  assertEquals(flopsOf({ ...shape, pass: "forward-unpacked" }), 210);
  assertEquals(flopsOf({ ...shape, pass: "backward" }), 420);
  assertEquals(flopsOf({ ...shape, pass: "training" }), 630);
  const layers = [{ k: 7, n: 2 }, { k: 2, n: 5 }].map((one) =>
    ({ ...one, activation: "relu" }) as const
  );
  assertEquals(flopsOf({ ...shape, layers }), 2 * 3 * (14 + 10));
  // MLPerf Tiny's own count of its autoencoder: 528,384 for a row.
  const ad = suites.networks.find(({ name }) => name === "net-ad");
  assertEquals(ad && flopsOf(ad) / ad.m, 528_384);
});

Deno.test("inPasses() leaves out what cannot be proven", () => {
  const softmax = suites.dense.find(({ name }) => name === "mnist-3")!;
  const network = suites.networks[0]!;
  const passes = ["forward", "forward-unpacked", "backward", "training"] as const;
  assertEquals(inPasses([softmax], passes).map(({ pass }) => pass), passes.slice(0, 2));
  assertEquals(inPasses([network], passes).map(({ pass }) => pass), ["forward"]);
});

Deno.test("DeepBench's figures are of its shapes, and none is above what its machine can do", () => {
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

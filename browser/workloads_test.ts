import { assertEquals } from "@std/assert";
import { madeResult } from "../results/result_testing.ts";
import { hostileResults, sampleResults } from "../results/sample_testing.ts";
import { workloadFlops } from "../bench/workload.ts";
import { workloadsHere } from "./workloads.ts";

const names = (...results: ReturnType<typeof madeResult>[]) =>
  workloadsHere(results).map(({ name }) => name);

Deno.test("workloadsHere() has each workload once, as the bench times it", () => {
  const run = sampleResults();
  const found = workloadsHere(run.results);
  assertEquals(new Set(found.map(({ name }) => name)).size, found.length);
  const square = found.find(({ name }) => name === "square-64");
  const result = run.results.find(({ workload }) => workload === "square-64")!;
  const { m, n, k, activation, bias: useBias, description } = result;
  assertEquals<unknown>(square, { name: "square-64", description, m, n, k, activation, useBias });
  for (const one of found) assertEquals(workloadFlops(one) <= 1e10, true);
});

Deno.test("workloadsHere() takes nothing that would fill a tab's memory or never end, whatever a file says", () => {
  const small = { m: 8, n: 8, k: 8 };
  assertEquals(names(madeResult("a", small)), ["w"]);
  const refused = [
    { m: 1e9 },
    { ...small, k: 2 ** 40 },
    { m: NaN },
    { m: 0 },
    { m: 1.5 },
    { m: 2000, n: 2000, k: 2000 },
    { ...small, activation: "constructor" },
    { ...small, cold: true as const },
    { ...small, pass: "forward-unpacked" as const },
    { ...small, pass: "backward" as const, activation: "tanh" },
  ];
  for (const one of refused) assertEquals(names(madeResult("a", one)), [], JSON.stringify(one));
  assertEquals(names(madeResult("a", { ...small, pass: "backward", activation: "relu" })), ["w"]);
  workloadsHere(hostileResults().results);
});

Deno.test("workloadsHere() takes networks whose layers fit each other, and no others", () => {
  const layer = (k: number, n: number, activation = "relu") => ({ k, n, activation });
  const network = (...layers: ReturnType<typeof layer>[]) =>
    names(madeResult("a", { m: 4, n: 2, k: 8, layers }));
  assertEquals(network(layer(8, 5), layer(5, 2)), ["w"]);
  const steps = ["8 to 5 relu", "prelu", "5 to 2 relu"];
  const layers = [layer(8, 5), layer(5, 2)];
  assertEquals(names(madeResult("a", { m: 4, n: 2, k: 8, layers, steps })), []);
  for (
    const wrong of [
      [],
      [layer(8, 5)],
      [layer(7, 2)],
      [layer(8, 5), layer(6, 2)],
      [layer(8, 1e9), layer(1e9, 2)],
      [layer(8, 2, "__proto__")],
      Array.from({ length: 101 }, (_, i) => layer(i === 0 ? 8 : 2, 2)),
    ]
  ) assertEquals(network(...wrong), [], JSON.stringify(wrong).slice(0, 80));
});

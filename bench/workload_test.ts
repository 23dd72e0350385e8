import { assertEquals } from "@std/assert";
import { bytesOf, inPasses, workloadFlops } from "./workload.ts";
import { suites } from "./workloads.ts";

Deno.test("workloadFlops() counts the products of each pass and layer", () => {
  const shape = { m: 3, n: 5, k: 7 };
  assertEquals(workloadFlops(shape), 210);
  assertEquals(workloadFlops({ ...shape, pass: "forward-unpacked" }), 210);
  assertEquals(workloadFlops({ ...shape, pass: "backward" }), 420);
  assertEquals(workloadFlops({ ...shape, pass: "training" }), 630);
  const layers = [{ k: 7, n: 2 }, { k: 2, n: 5 }].map((one) =>
    ({ ...one, activation: "relu" }) as const
  );
  assertEquals(workloadFlops({ ...shape, layers }), 2 * 3 * (14 + 10));
  // MLPerf Tiny's own count of its autoencoder: 528,384 for a row.
  const ad = suites.networks.find(({ name }) => name === "net-ad");
  assertEquals(ad && workloadFlops(ad) / ad.m, 528_384);
});

Deno.test("inPasses() leaves out what cannot be verified", () => {
  const softmax = suites.dense.find(({ name }) => name === "mnist-3")!;
  const network = suites.networks[0]!;
  const passes = ["forward", "forward-unpacked", "backward", "training"] as const;
  assertEquals(inPasses([softmax], passes).map(({ pass }) => pass), passes.slice(0, 2));
  assertEquals(inPasses([network], passes).map(({ pass }) => pass), ["forward"]);
});

Deno.test("bytesOf() counts x, weights and y of each layer", () => {
  const shape = { m: 3, n: 5, k: 7 };
  assertEquals(bytesOf(shape), 4 * (21 + 35 + 15));
  const layers = [{ k: 7, n: 2 }, { k: 2, n: 5 }].map((one) =>
    ({ ...one, activation: "relu" }) as const
  );
  assertEquals(bytesOf({ ...shape, layers }), 4 * (21 + 14 + 6 + 6 + 10 + 15));
});

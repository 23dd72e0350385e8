import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { createRandom, normal } from "../common/random.ts";
import { madeRecord } from "../results/result_testing.ts";
import {
  decidedWorkloads,
  isSuspect,
  mostLaunches,
  type Standing,
  standingOf,
  standingsIn,
} from "./confirmation.ts";
import { remeasured } from "./regression_testing.ts";

const jet = { kernel: "wasm-simd", workload: "jet", pass: "forward" } as const;

/** How a confirmation ends where one launch in ten is thrice as noisy, as it does for one of `family`. */
function simulate(effect: number, sigma: number, family: number): Standing[] {
  const random = createRandom(7);
  return Array.from({ length: 1000 }, () => {
    const differences: number[] = [];
    while (differences.length < mostLaunches) {
      const wide = random.uniform() < 0.1 ? 3 * sigma : sigma;
      differences.push(Math.log1p(effect) + wide * normal(random));
      const standing = standingOf(differences, family);
      if (standing !== "open") return standing;
    }
    return "open";
  });
}

const shareOf = (standings: readonly Standing[], wanted: Standing) =>
  standings.filter((one) => one === wanted).length / standings.length;

Deno.test("standingOf() confirms identical code once in fifty times at most, however noisy", () => {
  for (const sigma of [0.005, 0.02, 0.05, 0.2, 0.5]) {
    for (const family of [1, 4]) {
      assertLess(shareOf(simulate(0, sigma, family), "slower"), 0.02, `σ = ${sigma}`);
    }
  }
});

Deno.test("standingOf() confirms 5 and 10 % as often as the noise allows", () => {
  assertGreater(shareOf(simulate(0.05, 0.02, 1), "slower"), 0.95);
  assertGreater(shareOf(simulate(0.1, 0.03, 3), "slower"), 0.98);
  assertGreater(shareOf(simulate(0.1, 0.05, 1), "slower"), 0.9);
});

Deno.test("standingOf() lets go what is not slower, or faster, after eight launches", () => {
  assertEquals(standingOf(Array(7).fill(0), 1), "open");
  assertEquals(standingOf(Array(8).fill(0), 1), "not slower");
  assertEquals(standingOf(Array(8).fill(-0.2), 3), "not slower");
  // Clear of none, but no difference that matters.
  assertEquals(standingOf(Array(20).fill(0.025), 1), "open");
});

Deno.test("standingOf() needs more evidence for one of several", () => {
  // At the margin of the bet, where it is lost as often as won.
  const shareOfFamily = (family: number) => shareOf(simulate(0.015, 0.2, family), "slower");
  const [one, four] = [shareOfFamily(1), shareOfFamily(4)];
  // Once in fifty at most, and three standard errors of a thousand runs.
  assertLess(one, 0.02 + 3 * Math.sqrt(0.02 * 0.98 / 1000));
  assertLess(four, one / 2);
});

Deno.test("standingOf() takes no notice of a launch without a number", () => {
  assertEquals(standingOf([...Array(6).fill(0.1), NaN], 1), "slower");
  assertEquals(standingOf([NaN, ...Array(8).fill(0)], 1), "not slower");
  assertEquals(standingOf([NaN, ...Array(7).fill(0)], 1), "open");
});

Deno.test("standingsIn() takes the launches as units, and leaves controls and what was not measured out", () => {
  assertEquals(standingsIn(remeasured(1.2, 6), [jet]), [[jet, "slower"]]);
  assertEquals(standingsIn(remeasured(1.2, 5), [jet]), [[jet, "open"]]);
  assertEquals(standingsIn(remeasured(1, 8), [jet]), [[jet, "not slower"]]);
  const gone = { ...jet, workload: "mnist-1" };
  assertEquals(standingsIn(remeasured(1.2, 6), [gone]), [[gone, "open"]]);
  const none = { kernels: [madeRecord("wasm-simd")], results: [] };
  assertEquals(standingsIn(none, [jet]), [[jet, "open"]]);
});

Deno.test("decidedWorkloads() ends a workload when all that was flagged on it is decided, and all when one is slower", () => {
  assertEquals(decidedWorkloads(remeasured(1, 8), [jet]), new Set(["jet"]));
  assertEquals(decidedWorkloads(remeasured(1, 7), [jet]), new Set());
  const other = { ...jet, workload: "mnist-1" };
  assertEquals(decidedWorkloads(remeasured(1, 8), [jet, other]), new Set(["jet"]));
  assertEquals(decidedWorkloads(remeasured(1.2, 8), [jet, other]), new Set(["jet", "mnist-1"]));
  const beside = { ...jet, kernel: "naive" };
  assertEquals(decidedWorkloads(remeasured(1, 9), [jet, beside]), new Set());
});

Deno.test("isSuspect() is for what is slower by half of what matters, more likely than not", () => {
  assertEquals(isSuspect({ ratio: 1.016, p: 0.5 }), true);
  assertEquals(isSuspect({ ratio: 1.014, p: 0.001 }), false);
  assertEquals(isSuspect({ ratio: 1.5, p: 0.51 }), false);
  assertEquals(isSuspect({ ratio: NaN, p: 1 }), false);
});

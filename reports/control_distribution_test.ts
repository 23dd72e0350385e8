import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom, normal } from "../common/random.ts";
import { controlDistribution } from "./control_distribution.ts";
import type { Results } from "../results/schema.ts";

function runOf(...ratios: readonly number[][]): Pick<Results, "noise"> {
  const controls = ratios.map((one, i) => ({
    kernel: "control",
    workload: `w${i}`,
    pass: "forward",
    ratios: one,
  }));
  return { noise: { controls } as unknown as NonNullable<Results["noise"]> };
}

Deno.test("controlDistribution() counts each ratio once, of all workloads, those beyond the axis in the outermost bins", () => {
  const near = Array.from({ length: 99 }, (_, i) => 1 + (i - 49) / 2000);
  const found = controlDistribution(runOf(near, [7]))!;
  assertEquals(found.count, 100);
  assertEquals(found.limit, 1.05);
  assertEquals(found.beyond, 1);
  assertEquals(found.bins.reduce((sum, { count }) => sum + count, 0), 100);
  assertEquals(found.bins.at(-1)?.count, 1);
  const middle = found.bins[12]!;
  assertEquals(middle.low < 1 && 1 < middle.high, true);
});

Deno.test("controlDistribution() has the quantiles of a normal distribution", () => {
  const random = createRandom(3);
  const ratios = Array.from({ length: 20000 }, () => Math.exp(0.02 * normal(random)));
  const { half, most } = controlDistribution(runOf(ratios))!;
  for (
    const [found, z] of [[half[0], -0.6745], [half[1], 0.6745], [most[0], -1.96], [most[1], 1.96]]
  ) {
    assertAlmostEquals(Math.log(found!) / 0.02, z!, 0.06);
  }
});

Deno.test("controlDistribution() makes nothing of few ratios, nor of what is none", () => {
  assertEquals(controlDistribution(runOf([1, 1, 1])), null);
  assertEquals(controlDistribution(runOf(new Array(20).fill(0), [NaN, Infinity])), null);
  assertEquals(controlDistribution(runOf(new Array(12).fill(1)))?.bins[12]?.count, 12);
});

import { assertEquals, assertGreater } from "@std/assert";
import stored from "./baseline.json" with { type: "json" };
import { baselineKey, baselineOf, withKernels } from "./baseline.ts";
import { subjectKernel } from "./mutants/subject.ts";
import { checks, verifyKernel } from "./verify.ts";

const sequential = {
  summation: { order: "sequential" },
  accumulator: "float32",
  fused: false,
} as const;

Deno.test("the baseline has the claims of the kernels", () => {
  const keys = [
    "sequential, float32",
    "sequential, float64",
    "blocks of 48, float32, fused",
  ];
  assertEquals(Object.keys(stored).toSorted(), keys.toSorted());
  assertGreater(baselineOf(sequential, "positive", 4096)!, 10);
});

Deno.test("baselineOf() is null for a claim or a k that was not measured", () => {
  const baseline = { "sequential, float32": { "uniform 16": 1.5 } };
  assertEquals(baselineOf(sequential, "uniform", 16, baseline), 1.5);
  assertEquals(baselineOf(sequential, "uniform", 17, baseline), null);
  assertEquals(baselineOf({ ...sequential, fused: true }, "uniform", 16, baseline), null);
  assertEquals(baselineKey({ ...sequential, fused: true }), "sequential, float32, fused");
});

Deno.test("withKernels() replaces what a claim had and keeps the others", async () => {
  await using kernel = subjectKernel({});
  const chosen = checks.filter(({ name }) => name === "order" || name === "statistics");
  const report = await verifyKernel(kernel, { checks: chosen, effort: "smoke" });
  const next = withKernels([report], { a: { "uniform 1": 2 }, "blocks of 16, float32": {} });
  assertEquals(Object.keys(next), ["a", "blocks of 16, float32"]);
  assertEquals(next["blocks of 16, float32"]?.["uniform 400"], report.growth[0]?.units);
});

Deno.test("statistics warns of sums that are less precise than the baseline of their order", async () => {
  const chosen = checks.filter(({ name }) => name === "statistics");
  const { fround } = Math;
  // Claims to add in float64 and adds in float32: beside a claim that is false, sums that are less precise.
  await using kernel = subjectKernel({ round: (value) => value }, {
    accumulator: "float64",
    summation: { order: "sequential" },
  });
  const fine = await verifyKernel(kernel, { checks: chosen });
  assertEquals(fine.checks[0]?.warnings, []);
  await using worse = subjectKernel({ round: fround }, {
    accumulator: "float64",
    summation: { order: "sequential" },
  });
  const { checks: [report] } = await verifyKernel(worse, { checks: chosen });
  assertGreater(report?.warnings.length ?? 0, 0);
});

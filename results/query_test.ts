import { assertEquals } from "@std/assert";
import {
  flopsOf,
  recordOf,
  verdictOf,
  verifiedSeconds,
  withoutControls,
  workloadName,
} from "./query.ts";
import { sampleResults, wholeSample } from "./sample_testing.ts";

Deno.test("flopsOf() is what the file says, else 2·m·n·k", () => {
  assertEquals(flopsOf({ m: 2, n: 3, k: 5 }), 60);
  assertEquals(flopsOf({ m: 2, n: 3, k: 5, flops: 120 }), 120);
});

Deno.test("verifiedSeconds() gives no time of what was not verified", () => {
  const { results } = sampleResults();
  for (const result of results) {
    const passed = result.verification.status === "passed";
    assertEquals(verifiedSeconds(result), passed ? result.seconds : null);
  }
  const [first] = results;
  const failed = first && { ...first, verification: { ...first.verification, status: "failed" } };
  assertEquals(failed && verifiedSeconds(failed as typeof first), null);
});

Deno.test("workloadName() names the pass where it is not forward", () => {
  assertEquals(workloadName({ workload: "jet", pass: "forward" }), "jet");
  assertEquals(workloadName({ workload: "jet", pass: "backward" }), "jet backward");
});

Deno.test("recordOf() and verdictOf() find what belongs to a result", () => {
  const run = wholeSample();
  const [first] = run.results;
  if (first === undefined) throw new Error("the sample is empty");
  assertEquals(recordOf(first, run)?.name, first.kernel);
  assertEquals(verdictOf(first, run)?.verdict, "slower");
  assertEquals(verdictOf({ ...first, pass: "backward" }, run), undefined);
  assertEquals(recordOf({ kernel: "no such" }, run), undefined);
});

Deno.test("withoutControls() leaves out the results of controls, and no others", () => {
  const run = wholeSample();
  const names = new Set(withoutControls(run).map(({ kernel }) => kernel));
  assertEquals(names.has("wasm-simd-control"), false);
  assertEquals(withoutControls(run).length, run.results.length - 1);
});

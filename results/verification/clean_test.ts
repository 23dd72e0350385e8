import { assertEquals } from "@std/assert";
import { flooding, isClean, withUnknownFields } from "../cleaning_testing.ts";
import { toJson } from "../json.ts";
import { cleanVerification } from "./clean.ts";
import { hostileVerification, sampleVerification } from "./sample_testing.ts";
import { readVerification } from "./validate.ts";

Deno.test("cleanVerification() changes nothing in a clean report", () => {
  assertEquals(cleanVerification(sampleVerification()), sampleVerification());
});

Deno.test("cleanVerification() cleans every text, also of fields that no schema knows", () => {
  const report = withUnknownFields(hostileVerification());
  assertEquals(isClean(JSON.stringify(cleanVerification(report))), true);
  assertEquals(isClean(JSON.stringify(cleanVerification(flooding(sampleVerification())))), true);
});

Deno.test("cleanVerification() keeps names that find each other the same, and others apart", () => {
  // The reader refuses names that are double or unknown.
  const { date } = sampleVerification();
  const clean = cleanVerification({ ...hostileVerification(), date });
  assertEquals(readVerification(toJson(clean)), clean);
});

Deno.test("cleanVerification() ends on a tree as deep as the reader allows", () => {
  let tree: unknown = 0;
  for (let i = 1; i <= 2048; i++) tree = [tree, i];
  const report = sampleVerification();
  const probed = { path: "dense", k: 2049, column: 0, depth: 2048, tree };
  const deep = { ...report, kernels: [{ ...report.kernels[0], summation: { trees: [probed] } }] };
  const clean = cleanVerification(deep as unknown as typeof report);
  assertEquals(JSON.stringify(clean.kernels[0]?.summation?.trees[0]?.tree), JSON.stringify(tree));
});

Deno.test("cleanVerification() keeps the calls of a long problem, on one line", () => {
  const report = sampleVerification();
  const [kernel] = report.kernels;
  const [check] = kernel!.checks;
  const calls = Array.from({ length: 40 }, (_, i) => `${i}. kernel.matmul(t1, t2, t3)`);
  const failure = { id: "sequences/integers/1", problem: calls.join("\n"), repeat: "again" };
  const cleaned = cleanVerification({
    ...report,
    kernels: [{
      ...kernel!,
      checks: [{ ...check!, failures: [{ ...failure, minimal: null }] }],
    }],
  });
  assertEquals(cleaned.kernels[0]?.checks[0]?.failures[0]?.problem, calls.join(" "));
});

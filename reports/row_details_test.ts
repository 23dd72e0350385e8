import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hostileResults, sampleResults, wholeSample } from "../results/sample_testing.ts";
import { commandOfRow, detailsOf, formulaOf, samplesOf } from "./row_details.ts";

Deno.test("formulaOf() has a bias and an activation only where there are such", () => {
  const [result] = sampleResults().results;
  const of = { ...result!, m: 2, n: 3, k: 4, pass: "forward" as const };
  assertEquals(
    formulaOf({ ...of, activation: "relu", bias: true }),
    "y[2×3] = relu(x[2×4] · W[4×3] + b[3])",
  );
  assertEquals(formulaOf({ ...of, activation: "linear", bias: false }), "y[2×3] = x[2×4] · W[4×3]");
});

Deno.test("commandOfRow() asks for this workload and kernel alone, and takes nothing quoted apart", () => {
  const run = sampleResults();
  const result = { ...run.results[0]!, kernel: "naive", workload: "jet", peer: false };
  const of = (command: string) =>
    commandOfRow(result, { ...run, engine: "revec", kernels: [], command });
  assertEquals(
    of("deno task bench --kernels a,b --rounds 3 --peers x --out /tmp/a"),
    "deno task bench --rounds 3 --filter jet --kernels naive",
  );
  assertEquals(of("deno task bench --out 'a b'"), "deno task bench --out 'a b'");
  assertEquals(of("Run it here"), "Run it here");
});

Deno.test("detailsOf() and samplesOf() say something of every result, hostile ones too", () => {
  for (const run of [sampleResults(), wholeSample(), hostileResults()]) {
    for (const result of run.results) {
      const texts = detailsOf(result, run);
      assert(texts.every(([name, text]) => name !== "" && text !== ""));
      assertEquals(samplesOf(result).length, result.measurements?.length ?? 0);
    }
  }
  const [first] = samplesOf(wholeSample().results.find(({ measurements }) => measurements)!);
  assertStringIncludes(first?.[0] ?? "", "round 1");
});

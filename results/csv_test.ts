import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/csv";
import { toCsv } from "./csv.ts";
import { hostile, hostileResults, sampleResults } from "./sample_testing.ts";

Deno.test("toCsv() is read back by @std/csv, every number to its last digit", () => {
  const { results } = sampleResults();
  const rows = parse(toCsv(sampleResults()), { skipFirstRow: true });
  assertEquals(rows.length, results.length);
  for (const [i, result] of results.entries()) {
    const row = rows[i] ?? {};
    assertEquals(row["kernel"], result.kernel);
    assertEquals(row["workload"], result.workload);
    assertEquals(row["verification_detail"], result.verification.detail);
    if (result.seconds === null) {
      assertEquals(row["median_seconds"], "");
      assertEquals(row["gflop_per_second"], "");
      assertEquals(row["warmup_settled"], "");
    } else {
      assertEquals(Number(row["median_seconds"]), result.seconds.median);
      assertEquals(Number(row["low_seconds"]), result.seconds.low);
      assertEquals(Number(row["high_seconds"]), result.seconds.high);
      assertEquals(Number(row["gflop_per_second"]), result.gflops);
      assertEquals(row["warmup_settled"], String(result.warmup?.settled));
    }
  }
});

Deno.test("toCsv() starts with a header that names units, and ends lines with CR LF", () => {
  const [header, ...lines] = toCsv(sampleResults()).split("\r\n");
  assertStringIncludes(header ?? "", "kernel,peer,workload,");
  assertStringIncludes(header ?? "", ",median_seconds,low_seconds,high_seconds,");
  assertEquals(lines.length, sampleResults().results.length + 1);
});

Deno.test("toCsv() quotes text that a spreadsheet would run", () => {
  const sample = sampleResults();
  const first = sample.results[0];
  if (first === undefined) throw new Error("the sample is empty");
  for (const begin of ["=", "+", "-", "@", "\t", "\r", "  =", "\n", "\u0001-", "＝"]) {
    const results = [{ ...first, description: begin + "1+1" }];
    const [row] = parse(toCsv({ ...sample, results }), { skipFirstRow: true });
    assertEquals(row?.["description"], `'${begin}1+1`);
  }
});

Deno.test("toCsv() leaves negative numbers numbers, and takes hostile texts", () => {
  const rows = parse(toCsv(hostileResults()), { skipFirstRow: true });
  assertEquals(rows.length, hostileResults().results.length);
  assertEquals(rows[0]?.["kernel"], hostile.markup);
  assertEquals(rows[1]?.["kernel"], "'" + hostile.formula);
  assertEquals(rows.every((row) => !row["m"]?.startsWith("'")), true);
});

Deno.test("toCsv() of no results is the header alone", () => {
  assertEquals(toCsv({ ...sampleResults(), results: [] }).trim().split("\r\n").length, 1);
});

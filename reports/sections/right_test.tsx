import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { sampleResults } from "../../results/sample_testing.ts";
import type { KernelRecord, Result, Results } from "../../results/schema.ts";
import { textOf } from "../markup_testing.ts";
import { FailuresList } from "./right.tsx";

function failing(detail: (result: Result, at: number) => string): Results {
  const run = sampleResults();
  return {
    ...run,
    results: run.results.map((one, i) => ({
      ...one,
      seconds: null,
      gflops: null,
      verification: { status: "failed", detail: detail(one, i), worst: 2 },
    })),
  };
}

Deno.test("FailuresList() has one line for what a kernel fails by everywhere", () => {
  const html = renderToString(<FailuresList results={failing(() => "all zeros")} />);
  const kernels = new Set(sampleResults().results.map(({ kernel }) => kernel));
  // One kernel of the sample was skipped.
  assertEquals(html.split("<li>").length - 1, kernels.size + 1);
  assertStringIncludes(
    textOf(html),
    "naive on tiny-odd, jet, ad-in and 9 more failed verification: all zeros",
  );
});

Deno.test("FailuresList() folds all but the first of many failures, and has all of them", () => {
  const run = failing((_, i) => `output ${i} is wrong`);
  const html = renderToString(<FailuresList results={run} />);
  const [open = "", folded = ""] = html.split("<details>");
  assertEquals(open.split("<li>").length - 1, 8 + 1);
  assertEquals(folded.split("<li>").length - 1, run.results.length - 8);
  assertStringIncludes(textOf(folded), `${run.results.length - 8} more failures`);
});

Deno.test("FailuresList() names a kernel that was skipped in all of its engines once, without them", () => {
  const run = sampleResults();
  const skipped = (name: string, base: string, unavailable: string | null) => ({
    ...run.kernels[0]!,
    ...{ name, base, unavailable, peer: false },
  });
  const listed = (kernels: readonly KernelRecord[]) =>
    textOf(renderToString(<FailuresList results={{ ...run, kernels, results: [] }} />)).trim();
  const [plain, flagged] = [
    skipped("webgpu without flags", "webgpu", "no adapter"),
    skipped("webgpu with flags", "webgpu", "no adapter"),
  ];
  assertEquals(listed([plain, flagged]), "webgpu was skipped: no adapter.");
  assertEquals(
    listed([plain, { ...flagged, unavailable: null }]),
    "webgpu without flags was skipped: no adapter.",
  );
});

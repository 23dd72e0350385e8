import { assertEquals, assertThrows } from "@std/assert";
import { ResultFileError } from "./fields.ts";
import { sampleResults } from "./sample_testing.ts";
import type { CallTimes, Result, Results } from "./schema.ts";
import { parseResults } from "./validate.ts";

const quantile = (value: number) => ({ value, low: value, high: null });
const calls: CallTimes = {
  batch: 1,
  launches: [{
    n: 40,
    mean: 1.2,
    deviation: 0.6,
    mad: 0,
    p50: quantile(1),
    p95: quantile(3),
    p99: null,
    bimodal: true,
    blocks: { p50: [1, 1], p95: [3, 3] },
  }],
};

/** The sample with all that single calls say, in its first result. */
function sample(more: Partial<Result> = {}): Results {
  const { results: [first, ...rest], ...file } = sampleResults();
  const { kernel, workload, pass } = first!;
  const ratio = { kernel, baseline: kernel, workload, pass, ratio: 2, low: 1, high: 3 };
  return {
    ...file,
    results: [{
      ...first!,
      calls,
      leak: { bytesPerCall: 8, of: "kernel" },
      firstCalls: [1, 2],
      settledCalls: [10, 20],
      ...more,
    }, ...rest],
    tailVerdicts: [
      { ...ratio, confidence: 0.95, blocks: 6, verdict: "tail slower", medianEquivalent: true },
    ],
    startVerdicts: [
      { ...ratio, of: "first call", confidence: 0, launches: 2, verdict: "inconclusive" },
    ],
  };
}

Deno.test("parseResults() reads what single calls say as it was written", () => {
  assertEquals(parseResults(JSON.stringify(sample())), sample());
});

Deno.test("parseResults() refuses times of calls that contradict each other, and unknown names", () => {
  const refuse = (results: Results, message: string) =>
    void assertThrows(() => parseResults(JSON.stringify(results)), ResultFileError, message);
  const [launch] = calls.launches;
  const launched = (more: Partial<CallTimes["launches"][number]>) =>
    sample({ calls: { batch: 1, launches: [{ ...launch!, ...more }] } });
  refuse(launched({ p95: quantile(0.5) }), "p95");
  refuse(launched({ p50: { value: 1, low: 2, high: null } }), "between low and high");
  refuse(launched({ blocks: { p50: [1], p95: [3, 3] } }), "blocks.p95");
  refuse(launched({ blocks: { p50: [1], p95: [0.5] } }), "p95[0]");
  refuse(sample({ calls: { ...calls, batch: 0 } }), "batch");
  const { tailVerdicts: [tail] = [], ...rest } = sample();
  refuse({ ...rest, tailVerdicts: [{ ...tail!, baseline: "other" }] }, "tailVerdicts[0].baseline");
  refuse({ ...rest, tailVerdicts: [{ ...tail!, ratio: 9 }] }, "ratio");
});

import { assertEquals, assertMatch } from "@std/assert";
import { answer, cautions, headline, verified } from "./findings.ts";
import type { Verdict } from "../common/verdicts.ts";
import type { Result, Results, VerdictReport } from "../results/schema.ts";
import { cleanSample, sampleResults, wholeSample } from "../results/sample_testing.ts";

type Median = number | { readonly median: number; readonly low: number; readonly high: number };

/** Results of kernels on workloads a, b, c and so on: seconds of the median, or null where verification failed. */
function results(
  times: Readonly<Record<string, readonly (Median | null)[]>>,
  peers: readonly string[] = [],
): Results {
  const sample = cleanSample();
  const [base] = sample.results;
  if (base === undefined) throw new Error("the sample is empty");
  const list = Object.entries(times).flatMap(([kernel, medians]) =>
    medians.map((given, i): Result => {
      const time = typeof given === "number"
        ? { median: given, low: given * 0.99, high: given * 1.01 }
        : given;
      return {
        ...base,
        kernel,
        peer: peers.includes(kernel),
        workload: "abc"[i] ?? "",
        m: 100,
        n: 100,
        k: 50,
        seconds: time && { ...time, min: time.low, confidence: 0.95 },
        gflops: time && 1e-3 / time.median,
        verification: { status: time ? "passed" : "failed", detail: "", worst: null },
      };
    })
  );
  const [record] = sample.kernels;
  if (record === undefined) throw new Error("the sample has no kernels");
  const kernels = Object.keys(times).map((name) => ({
    ...record,
    name,
    peer: peers.includes(name),
  }));
  return { ...sample, kernels, results: list };
}

Deno.test("answer() names the kernel that is fastest everywhere, and its lead", () => {
  assertEquals(answer(results({ slow: [8, 8], mid: [3, 2], fast: [1, 1] })), [
    "fast is the fastest on all 2 workloads, clearly.",
    "fast is 2.45x as fast as mid in the geometric mean of 2 workloads: from 2.00x on b to 3.00x " +
    "on a.",
    "fast is 8.00x as fast as slow on each of 2 workloads.",
    "The highest throughput is 0.00100 GFLOP/s (0.00099 to 0.00101), by fast on a.",
  ]);
});

Deno.test("answer() names the kernels that are fastest where the leader is not", () => {
  const [first, second] = answer(results({ one: [1, 5, 1], two: [2, 1, 2] }));
  assertEquals(
    first,
    "one is the fastest on 2 of 3 workloads (two on 1), clearly.",
  );
  assertMatch(second ?? "", /^one is 0\.93x as fast as two in the geometric mean/);
});

Deno.test("answer() does not call a lead certain where intervals overlap", () => {
  const wide = { median: 1, low: 0.9, high: 1.2 };
  const [all] = answer(results({ one: [wide, wide], two: [1.1, 1.1] }));
  assertEquals(
    all,
    "one is the fastest on all 2 workloads, but nowhere clearly: the lead is not certain.",
  );
  const [some] = answer(results({ one: [wide, 1], two: [1.1, 1.1] }));
  assertMatch(some ?? "", /; clearly on 1 of these 2, on the rest the lead is not certain/);
});

Deno.test("answer() calls a lead clear where a paired comparison decides, though intervals overlap", () => {
  const wide = { median: 1, low: 0.9, high: 1.2 };
  const found = results({ one: [wide, wide], two: [1.1, 1.1] });
  const verdict = (kernel: string, baseline: string, verdict: Verdict): VerdictReport => ({
    kernel,
    baseline,
    workload: "a",
    pass: "forward",
    ratio: 1.25,
    low: 1.2,
    high: 1.3,
    confidence: 0.96,
    p: 0.01,
    rounds: 8,
    verdict,
  });
  const first = (verdicts: readonly VerdictReport[]) => answer({ ...found, verdicts })[0] ?? "";
  // The ratio is that of medians, as in the matrix.
  assertMatch(
    answer({ ...found, verdicts: [verdict("two", "one", "slower")] })[1] ?? "",
    /1\.10x as fast as two on each of 2 workloads/,
  );
  for (const decided of [verdict("one", "two", "faster"), verdict("two", "one", "slower")]) {
    assertMatch(first([decided]), /; clearly on 1 of these 2, on the rest/);
  }
  for (
    const other of [
      verdict("one", "two", "slower"),
      verdict("two", "one", "faster"),
      verdict("one", "two", "inconclusive"),
    ]
  ) {
    assertMatch(first([other]), /nowhere clearly/);
  }
});

Deno.test("answer() takes no speed from results that were not verified", () => {
  const [first, ...rest] = answer(results({ wrong: [null, null], right: [5, 5] }));
  assertEquals(first, "Only right has verified times, so there is nothing to compare it with.");
  assertEquals(rest.join(" ").includes("wrong"), false);
  assertEquals(answer(results({ wrong: [null] })), [
    "No kernel has a verified time, so there is no fastest one.",
  ]);
});

Deno.test("answer() says so where a peer is the fastest, and how near the fastest kernel comes", () => {
  const [first, ...rest] = answer(results({ a: [2, 2], b: [4, 4], theirs: [1, 1] }, ["theirs"]));
  assertEquals(first, "theirs is the fastest on all 2 workloads, clearly.");
  assertMatch(
    rest.join(" "),
    /theirs is 2\.00x as fast as the fastest kernel, a, on each of 2 workloads/,
  );
});

/** The same with other devices. */
function on(given: Results, devices: Readonly<Record<string, string>>): Results {
  const kernels = given.kernels.map((record) => ({
    ...record,
    device: devices[record.name] ?? record.device,
  }));
  return { ...given, kernels };
}

Deno.test("headline() is the answer in a line, with native peers in the ranking", () => {
  const js = results({ a: [1, 1, 3], b: [2, 4, 1] });
  assertEquals(headline(js), "Fastest here: a on 2 of 3 workloads, b on 1; on average 1.39x b");
  const native = on(
    results({ a: [2, 2, 1], b: [4, 4, 2], blas: [1, 1, 3] }, ["blas"]),
    { blas: "native" },
  );
  assertEquals(
    headline(native),
    "Fastest here: blas on 2 of 3 workloads, a on 1; among JavaScript and WebAssembly a, 2.00x b",
  );
  const wide = { median: 1, low: 0.9, high: 1.2 };
  assertEquals(
    headline(results({ a: [wide, wide], b: [1.1, 1.1] })),
    "No clear winner here: a leads on all 2 workloads, within the noise",
  );
  assertEquals(
    headline(results({ a: [1] })),
    "Only a has verified times, so there is nothing to compare it with.",
  );
  assertEquals(
    headline(results({ a: [null] })),
    "No kernel has a verified time, so there is no fastest one.",
  );
});

Deno.test("headline() names no average where the one that wins most often is slower on average", () => {
  assertEquals(
    headline(results({ a: [1, 1, 9], b: [2, 2, 1] })),
    "Fastest here: a on 2 of 3 workloads, b on 1",
  );
});

Deno.test("headline() leaves other versions of the kernels out", () => {
  const run = results({ a: [2, 2], b: [4, 4], "a@old": [1, 1] });
  const kernels = run.kernels.map((record) =>
    record.name === "a@old" ? { ...record, base: "a", version: "old" } : record
  );
  assertEquals(
    headline({ ...run, kernels }),
    "Fastest here: a on all 2 workloads; on average 2.00x b",
  );
});

Deno.test("answer() names no kernel where two are equal", () => {
  assertEquals(
    answer(results({ a: [1], b: [1] }))[0],
    "No kernel was faster than another on a workload that both ran.",
  );
});

Deno.test("verified() counts what passed, failed, and could not be checked", () => {
  assertEquals(verified(sampleResults()), {
    total: 72,
    passed: 70,
    failed: 1,
    errors: 1,
    sentence: "1 of 72 results failed verification; 1 of 72 results could not be checked",
  });
  assertEquals(verified(cleanSample()).sentence, "All 70 results passed verification");
  assertEquals(verified({ ...sampleResults(), results: [] }).sentence, "No results");
});

Deno.test("cautions() warns of a partial run, of ranges, of warm-up and of noise, each with a remedy", () => {
  assertEquals(cautions(cleanSample()), []);
  const [last = ""] = cautions(wholeSample()).toReversed();
  assertEquals(last, "The machine's speed drifted by 4 %: heat, or other programs.");
  const whole = wholeSample();
  const named = cautions({
    ...whole,
    noise: { ...whole.noise!, warnings: ["naive on jet is slow"] },
  });
  assertEquals(named.at(-1), "naive on jet is slow.", "a name keeps its letters");
  const sample = sampleResults();
  const ranges = sample.results.map((result) => ({
    ...result,
    seconds: result.seconds && { ...result.seconds, confidence: 0 },
    roundMedians: result.roundMedians.slice(1),
  }));
  assertEquals(
    cautions({ ...sample, partial: true, results: ranges }).map((text) => text.slice(0, 34)),
    [
      "The run was stopped before its end",
      "70 results have too few rounds for",
      "Warm-up of 1 result ended before t",
    ],
  );
});

Deno.test("headline() says that a run was stopped, answer() that too few rounds tell how certain a lead is", () => {
  const near = (median: number) => ({ median, low: 0.99 * median, high: 1.01 * median });
  const run = results({ quick: [near(1)], slow: [near(2)] });
  assertMatch(headline(run), /^Fastest here: quick/);
  assertMatch(answer(run)[0]!, /, clearly\.$/);
  const stopped = { ...run, partial: true, rounds: 1000 };
  assertMatch(headline(stopped), /^Stopped early; fastest so far: quick/);
  const { noise = null } = wholeSample();
  if (noise === null) throw new Error("the sample has no noise");
  const unknown = { ...run, noise: { ...noise, grade: "unknown" as const } };
  assertMatch(answer(unknown)[0]!, /quick .*; how certainly, too few rounds tell\.$/);
});

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ResultFileError } from "../../results/fields.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { confirmedIn, isNamed, outcomeOf } from "./outcome.ts";

/** The part of a results.json that is read; `more` goes beside it. */
function file(more: object = {}): string {
  return JSON.stringify({
    schema: "densemark-results/99",
    partial: false,
    kernels: [
      { name: "wasm-simd", device: "WebAssembly SIMD", threads: 1 },
      { name: "wasm-simd@old", device: "WebAssembly SIMD", threads: 1, version: "old" },
      { name: "wasm-threads", device: "WebAssembly SIMD", threads: 2 },
      { name: "naive", device: "JavaScript", threads: 1 },
    ],
    results: [],
    ...more,
  });
}

const place = { workload: "jet", pass: "forward" } as const;
const verdict = { ...place, ratio: 1.1, low: 1.05, high: 1.2, confidence: 0.95, verdict: "slower" };

Deno.test("outcomeOf() takes the verdicts against another version, and no others", () => {
  const verdicts = [
    { ...verdict, kernel: "wasm-simd", baseline: "wasm-simd@old" },
    { ...verdict, kernel: "naive", baseline: "wasm-simd", ratio: 9, high: 10 },
  ];
  assertEquals(outcomeOf(file({ verdicts })).versions, [
    { ...place, kernel: "wasm-simd", ratio: 1.1, low: 1.05, high: 1.2, verdict: "slower" },
  ]);
});

Deno.test("outcomeOf() has no interval where the confidence is 0", () => {
  const verdicts = [{ ...verdict, kernel: "wasm-simd", baseline: "wasm-simd@old", confidence: 0 }];
  const [found] = outcomeOf(file({ verdicts })).versions;
  assertEquals([found?.low, found?.high], [null, null]);
});

Deno.test("outcomeOf() makes the interval of a control from its ratios, or takes the file's own", () => {
  const control = { ...place, kernel: "wasm-simd-control" };
  const controls = [
    { ...control, ratios: [1.01, 1.02, 1.03, 1.02, 1.01, 1.02] },
    { ...control, ratios: [1.01, 1.02, 1.03] },
    { ...control, ratios: [9, 9], ratio: 1.2, low: 0.9, high: 1.4, verdict: "inconclusive" },
    { ...control, ratios: [] },
  ];
  const [made, short, given, ...others] = outcomeOf(file({ noise: { controls } })).controls;
  assertAlmostEquals(made?.ratio ?? 0, 1.02, 1e-3);
  assertEquals([made?.low?.toFixed(2), made?.high?.toFixed(2)], ["1.01", "1.03"]);
  assertEquals([made?.verdict, short?.low, short?.high], [null, null, null]);
  assertEquals(given, { ...control, ratio: 1.2, low: 0.9, high: 1.4, verdict: "inconclusive" });
  assertEquals(others, []);
});

Deno.test("outcomeOf() compares results with the best ceiling of their kind and threads", () => {
  const ceiling = (id: string, threads: number, best: number, kind = "compute") => ({
    id,
    threads,
    best,
    kind,
  });
  const ceilings = [
    ceiling("wasm-128", 1, 50),
    ceiling("wasm-256", 1, 80),
    ceiling("wasm-256", 2, 150),
    ceiling("js-f64", 1, 2),
    ceiling("read", 1, 1, "bandwidth"),
  ];
  const result = (kernel: string, gflops: number | null) => ({ kernel, workload: "jet", gflops });
  const results = [
    result("wasm-simd", 79),
    result("wasm-simd@old", 81),
    result("wasm-threads", 149),
    result("naive", 3),
    result("naive", null),
  ];
  assertEquals(outcomeOf(file({ results, ceilings })).exceeded, [
    "wasm-simd@old on jet",
    "naive on jet",
  ]);
  assertEquals(outcomeOf(file({ results, ceilings: [] })).exceeded, null);
  assertEquals(outcomeOf(file({ results })).exceeded, null);
});

Deno.test("outcomeOf() reads a whole results.json", () => {
  const sample = sampleResults();
  const { controls, versions, partial } = outcomeOf(JSON.stringify(sample));
  assertEquals(controls.length, sample.noise?.controls.length ?? 0);
  assertEquals([versions, partial], [[], sample.partial]);
});

Deno.test("outcomeOf() refuses what is no result file", () => {
  assertThrows(() => outcomeOf("["), ResultFileError, "is not JSON");
  assertThrows(() => outcomeOf("{}"), ResultFileError, "kernels is missing");
});

const outputs: readonly (readonly [string, Parameters<typeof isNamed>[1], boolean | null])[] = [
  ["jet wasm-simd: median same, tail slower", "tail", true],
  ["ad-out wasm-simd: median same, tail slower", "tail", false],
  ["jet: wasm-simd slower\nad-out: the tail is longer", "tail", false],
  ["wasm-simd on jet keeps 4,096 bytes a call", "leak", true],
  ["jet: memory grows with calls", "leak", true],
  ["jet takes 4,096 bytes", "leak", false],
  ["jet wasm-simd: first call 2.9 x slower", "start", true],
  ["jet wasm-simd is slower", "start", false],
  ["jet wasm-simd is slower", "percent", null],
  ["ad-out: wasm-simd leaks 12 bytes a call", "same", true],
  ["median equivalent, tail slower: wasm-simd on jet, p95/p50 is 1.6x that of a", "tail", true],
  ["tail: p95 is 1.9x the median in wasm-simd on jet", "tail", false],
  ["first call slower: wasm-simd on jet, 2.90x that of wasm-simd@old", "start", true],
  ["slower: wasm-simd on jet; measured again to confirm it", "same", false],
];

for (const [output, kind, expected] of outputs) {
  Deno.test(`isNamed() of a ${kind} in ${JSON.stringify(output)} is ${expected}`, () => {
    assertEquals(isNamed(output, kind, kind === "same" ? null : "jet"), expected);
  });
}

Deno.test("confirmedIn() is where the bench confirmed a regression, and nothing where it did not", () => {
  const output =
    "perhaps slower: a on b; measured again to decide\nregression, confirmed: a on b\n";
  assertEquals(confirmedIn(output), "a on b");
  const places = Array.from({ length: 20 }, (_, i) => `wasm-threads on workload-${i}`).join(", ");
  assertEquals(confirmedIn(`regression, confirmed: ${places}`), places);
  assertEquals(confirmedIn("perhaps slower: a on b\nnot confirmed: no regression\n"), undefined);
});

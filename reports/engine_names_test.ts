import { assertEquals } from "@std/assert";
import { madeRecord } from "../results/result_testing.ts";
import { sampleResults } from "../results/sample_testing.ts";
import type { Result, Results } from "../results/schema.ts";
import { inWords, sameWithoutFlags, withoutRepeats } from "./engine_names.ts";
import { rankingOf } from "./ranking.ts";
import { seriesOf } from "./series.ts";

const flags = "--flag";

function timed(result: Result, kernel: string, factor: number): Result {
  const { seconds } = result;
  const times = seconds && {
    ...seconds,
    median: seconds.median * factor,
    low: seconds.median * factor * 0.99,
    high: seconds.median * factor * 1.01,
  };
  return { ...result, kernel, peer: false, seconds: times };
}

/** A run of `a` and `b` with flags and without; `a` without them takes `factor` times as long. */
function run(factor: number, floor: number | null = null): Results {
  const { verdicts: _, noise: __, ...sample } = sampleResults();
  const own = sample.results.filter(({ kernel, seconds, verification }) =>
    kernel === "blocked" && seconds !== null && verification.status === "passed"
  );
  const record = (name: string, base: string, engine: string) =>
    madeRecord(`${name} (${engine === flags ? "revec" : "plain"})`, { base, engine });
  const control = "a-control (revec)";
  return {
    ...sample,
    engine: flags,
    kernels: [
      record("a", "a", "plain"),
      record("b", "b", "plain"),
      record("a", "a", flags),
      record("b", "b", flags),
      madeRecord(control, { base: "a", engine: flags, controlOf: "a (revec)" }),
    ],
    results: own.flatMap((one) => [
      timed(one, "a (plain)", factor),
      timed(one, "b (plain)", 4),
      timed(one, "a (revec)", 1),
      timed(one, "b (revec)", 2),
      timed(one, control, 1),
    ]),
    ...(floor !== null && {
      noise: {
        grade: "noisy",
        floor,
        smallest: floor,
        sentence: "",
        warnings: ["a (plain) was slow"],
        controls: [],
        referenceLoop: [],
        replaced: 0,
      } as unknown as NonNullable<Results["noise"]>,
    }),
  };
}

Deno.test("inWords() says of each kernel whether V8 had flags, wherever the run has its name", () => {
  const words = inWords(run(1.5));
  assertEquals(words.kernels.map(({ name, controlOf }) => [name, controlOf]), [
    ["a without flags", undefined],
    ["b without flags", undefined],
    ["a with flags", undefined],
    ["b with flags", undefined],
    ["a-control with flags", "a with flags"],
  ]);
  const names = new Set(words.kernels.map(({ name }) => name));
  assertEquals(words.results.filter(({ kernel }) => !names.has(kernel)), []);
  assertEquals(inWords(run(1.5, 0.1)).noise?.warnings, ["a without flags was slow"]);
});

Deno.test("a kernel that flags do not change is one series, under its name alone", () => {
  const words = inWords(run(1.01));
  assertEquals([...sameWithoutFlags(words)], [["a without flags", "a"]]);
  const names = seriesOf(words).map(({ name }) => name);
  assertEquals(names, ["b without flags", "a", "b with flags"]);
  assertEquals(seriesOf(words).map(({ hollow }) => hollow), [true, false, false]);
  assertEquals(rankingOf(words).columns.map(({ name }) => name)[0], "a");
  assertEquals(
    withoutRepeats(words).results.some(({ kernel }) => kernel === "a without flags"),
    false,
  );
  // The numbers keep both.
  assertEquals(words.results.some(({ kernel }) => kernel === "a without flags"), true);
});

Deno.test("sameWithoutFlags() asks for intervals that overlap and a mean ratio within the noise", () => {
  // Intervals of one percent each side.
  assertEquals(sameWithoutFlags(run(1.025)).size, 0);
  assertEquals(sameWithoutFlags(run(1.015)).size, 1);
  // However noisy the run was, intervals apart are a difference.
  assertEquals(sameWithoutFlags(run(1.025, 0.2)).size, 0);
});

Deno.test("inWords() leaves names alone that no engine made, and those that are taken", () => {
  const sample = sampleResults();
  assertEquals(inWords(sample), sample);
  const odd = run(1.5);
  const taken = { ...odd, kernels: [...odd.kernels, madeRecord("a with flags")] };
  assertEquals(inWords(taken).kernels.map(({ name }) => name).includes("a (revec)"), true);
});

import { assertEquals, assertThrows } from "@std/assert";
import { readOptions, UsageError } from "../../common/command.ts";
import { parseEffects } from "./effects.ts";
import { options, readPlan, runText } from "./plan.ts";

const plan = (...args: string[]) => readPlan(readOptions(args, options));

Deno.test("readPlan() has runs in turn through the effects, half of each loaded", () => {
  const { runs } = plan("--effects", "aa:4,5:2", "--change", "jet");
  assertEquals(
    runs.map(({ id }) => id),
    [
      "aa-none-1",
      "5-none-jet-1",
      "aa-full-2",
      "5-full-jet-2",
      "aa-none-3",
      "aa-half-4",
    ].map((id) => id),
  );
});

Deno.test("readPlan() gives each changed workload as many quiet runs as loaded ones", () => {
  const { runs } = plan("--effects", "5", "--runs", "12");
  const counts: Record<string, number> = {};
  for (const { changed, load } of runs) {
    const key = `${changed?.name} ${load === "none" ? "quiet" : "loaded"}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  assertEquals(counts, {
    "jet quiet": 2,
    "jet loaded": 2,
    "ad-out quiet": 2,
    "ad-out loaded": 2,
    "mnist-1 quiet": 2,
    "mnist-1 loaded": 2,
  });
});

Deno.test("readPlan() has both kinds of load on each workload, and neither with none", () => {
  const ad = plan("--effects", "5", "--runs", "16", "--change", "jet,ad").runs;
  for (
    const runs of [
      plan("--effects", "aa", "--runs", "8").runs,
      ad.filter(({ changed }) => changed?.name === "jet"),
      ad.filter(({ changed }) => changed?.name === "ad-out"),
      plan("--effects", "5", "--runs", "24").runs.filter(({ changed }) => changed?.name === "jet"),
    ]
  ) {
    const count = (kind: string) => runs.filter(({ load }) => load === kind).length;
    assertEquals([count("none"), count("half"), count("full")], [4, 2, 2]);
  }
  const quiet = plan("--load", "none", "--effects", "aa").runs;
  assertEquals(quiet.every(({ load }) => load === "none"), true);
  const busy = plan("--load", "busy", "--effects", "aa").runs;
  assertEquals(busy.some(({ load }) => load === "none"), false);
});

Deno.test("readPlan() keeps the ids of runs when more are asked for", () => {
  const few = plan("--runs", "7").runs.map(({ id }) => id);
  const many = new Set(plan("--runs", "20").runs.map(({ id }) => id));
  assertEquals(few.filter((id) => !many.has(id)), []);
  assertEquals(many.size, 8 * 20);
});

Deno.test("readPlan() hands on the options of the bench", () => {
  const args = ["--suite", "quick", "--filter", "jet", "--kernels", "wasm-simd", "--no-ceilings"];
  assertEquals(plan(...args, "--rounds", "9", "--launches", "6").bench, [
    ...["--suite", "quick", "--filter", "jet", "--kernels", "wasm-simd"],
    ...["--rounds", "9", "--launches", "6", "--no-ceilings"],
  ]);
  assertEquals(plan("--suite", "gemm").bench.includes("--filter"), false);
});

const wrong: readonly (readonly [readonly string[], string])[] = [
  [["--effects", "6,slow"], 'unknown effect "slow"; there are aa, tail, leak, start and'],
  [["--effects", "0"], 'unknown effect "0"'],
  [["--effects", ""], "--effects needs a value"],
  [["--effects", "aa,,5"], 'unknown effect ""'],
  [["--effects", "aa:0"], "a number of runs from 1 to 1000, as aa:40"],
  [["--effects", "aa:5:5"], "a number of runs from 1 to 1000"],
  [["--effects", "5,5.0"], '--effects names "5" twice'],
  [["--effects", "toString"], 'unknown effect "toString"'],
  [["--runs", "0"], "--runs must be a whole number from 1 to 1000"],
  [["--runs", "2.5"], "--runs must be a whole number"],
  [["--load", "half"], 'unknown load "half"; there are none, busy, both'],
  [["--suite", "all"], 'unknown suite "all"'],
  [["--filter", "nothing"], '--filter: no workload of dense contains "nothing"; there are'],
  [["--kernels", "webgpu"], "calls return before they are done"],
  [["--kernels", "fast"], 'unknown kernel "fast"'],
  [["--suite", "networks"], '"net-ad" is none. Choose others'],
  [["--suite", "training"], "forward pass of single layers"],
  [["--change", "bert"], '--change: no workload that is timed contains "bert"'],
  [["--change", "tiny"], "tiny-odd cannot be changed by a known share"],
  [["--suite", "dense", "--filter", "tflm"], "tflm cannot be changed"],
  [["--sweep"], "unknown option --sweep"],
];

for (const [args, message] of wrong) {
  Deno.test(`readPlan() refuses ${args.join(" ")}`, () => {
    assertThrows(() => plan(...args), UsageError, message);
  });
}

Deno.test("readPlan() of identical code alone takes any workloads", () => {
  assertEquals(plan("--effects", "aa", "--suite", "networks").runs.length, 20);
  assertEquals(plan("--effects", "aa").runs.every(({ changed }) => changed === null), true);
});

Deno.test("runText() says what was done, where, and beside what", () => {
  const texts = plan("--effects", "2.5,tail", "--runs", "2").runs.map(runText);
  assertEquals(texts, [
    "2.5 % slower on jet",
    "every tenth call three times slower on jet",
    "2.5 % slower on jet, a load beside it",
    "every tenth call three times slower on jet, a load beside it",
  ]);
});

Deno.test("parseEffects() takes spaces, and names of numbers by their value", () => {
  assertEquals(parseEffects(" aa:3 , 5.50", 2).map(({ name, runs }) => [name, runs]), [
    ["aa", 3],
    ["5.5", 2],
  ]);
});

import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { cleanSample, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import type { Result, Results } from "../../results/schema.ts";
import { compareFacts } from "./facts.ts";
import {
  aloneIn,
  gridOf,
  headlineOf,
  pairOf,
  pairsOf,
  sidesOf,
  speedOf,
  talliesOf,
} from "./findings.ts";
import { ofMachine, timesScaled } from "./pairs_testing.ts";

const old = cleanSample();

const pair = (now: Results, before: Results = old) =>
  pairOf("p", { letter: "A", results: before }, { letter: "B", results: now });

Deno.test("headlineOf() says what is faster, on how many workloads and by how much, and what is slower", () => {
  const faster = timesScaled(old, ({ kernel }) => kernel === "wasm-simd" ? 1 / 1.5 : 1);
  assertEquals(
    headlineOf(pair(faster)),
    "wasm-simd is 1.50x as fast in B on 12 of 12 workloads; nothing is slower",
  );
  const both = timesScaled(
    faster,
    ({ kernel, workload }) => kernel === "naive" && workload === "jet" ? 2 : 1,
  );
  assertMatch(
    headlineOf(pair(both)),
    /on 12 of 12 workloads; naive is 2\.00x as slow in B on 1 of 12 workloads$/,
  );
  const slower = timesScaled(old, ({ kernel }) => kernel === "blocked" ? 1.5 : 1);
  assertMatch(
    headlineOf(pair(slower)),
    /^blocked is 1\.50x as slow in B on 12 of 12 workloads; nothing is faster$/,
  );
});

Deno.test("headlineOf() names two kernels, the one with the most workloads first, and counts the others", () => {
  const factors: Record<string, number> = { naive: 0.5, blocked: 0.4, "wasm-simd": 0.3 };
  const now = timesScaled(
    old,
    ({ kernel, workload }) => kernel === "naive" && workload === "jet" ? 1 : factors[kernel] ?? 1,
  );
  assertMatch(
    headlineOf(pair(now)),
    /^wasm-simd is 3\.33x as fast in B on 12 of 12 workloads, blocked 2\.50x on 12 of 12 and 1 more on some; nothing is slower/,
  );
});

Deno.test("headlineOf() counts what is inconclusive", () => {
  const now = timesScaled(
    old,
    ({ kernel, workload }) =>
      kernel === "naive" ? 0.5 : kernel === "blocked" && workload === "jet" ? 1.1 : 1,
  );
  assertEquals(
    headlineOf(pair(now)),
    "naive is 2.00x as fast in B on 12 of 12 workloads; nothing is slower; 1 of 70 comparisons is inconclusive",
  );
});

Deno.test("headlineOf() claims nothing where nothing can be claimed", () => {
  assertEquals(
    headlineOf(pair(old)),
    "Nothing is faster or slower in B than in A: 70 comparisons, all equivalent",
  );
  const few = (run: Results): Results => ({
    ...run,
    results: run.results.map(({ measurements: _, ...one }): Result => ({
      ...one,
      roundMedians: one.roundMedians.slice(0, 3),
    })),
  });
  const now = timesScaled(few(old), () => 0.5);
  assertEquals(
    headlineOf(pair(now, few(old))),
    "Nothing can be said of B against A: 70 comparisons, all inconclusive",
  );
  const renamed = {
    ...old,
    results: old.results.map((one) => ({ ...one, workload: `other ${one.workload}` })),
  };
  assertEquals(headlineOf(pair(renamed)), "A and B have no kernel timed on the same workload");
});

Deno.test("pairOf() judges runs of other machines and engines, and says how a kernel ran", () => {
  const now = ofMachine(timesScaled(old, () => 0.5), { cpu: "Other", cores: 64 });
  const flagged = {
    ...now,
    engine: "--flag",
    kernels: now.kernels.map((one) => one.threads > 1 ? { ...one, threads: 64 } : one),
  };
  const found = pair(flagged);
  const { cells, differences, onlyOld, onlyNew, changed } = found.comparison;
  assertEquals(cells.length, old.results.length);
  assertEquals(new Set(cells.map(({ verdict }) => verdict)), new Set(["faster"]));
  assertEquals([onlyOld, onlyNew, changed], [[], [], []]);
  assertEquals(differences.map(({ what }) => what), ["processor", "cores"]);
  const { columns } = gridOf(found);
  const how = (name: string) => columns.find(({ series }) => series.name === name)?.how;
  assertEquals(how("naive"), "engine: plain in A, --flag in B");
  assertEquals(how("wasm-threads"), "engine: plain in A, --flag in B; threads: 2 in A, 64 in B");
});

Deno.test("pairOf() matches a kernel with the engine and the threads that are nearest, and each once", () => {
  const [record] = old.kernels.filter(({ name }) => name === "wasm-threads");
  assert(record);
  const own = old.results.filter(({ kernel }) => kernel === "wasm-threads");
  const variants = (list: readonly (readonly [string, number, string])[]): Results => ({
    ...old,
    kernels: list.map(([name, threads, engine]) => ({
      ...record,
      name,
      base: "wasm-threads",
      threads,
      engine,
    })),
    results: list.flatMap(([name]) => own.map((one) => ({ ...one, kernel: name }))),
  });
  const before = variants([["a", 1, "plain"], ["b", 2, "--f"], ["c", 8, "plain"]]);
  const now = variants([["d", 2, "plain"], ["e", 2, "--f"]]);
  const { cells, onlyOld, onlyNew } = pair(now, before).comparison;
  const ways = new Set(
    cells.map(({ engine, threads, differences = [] }) =>
      JSON.stringify([engine, threads, differences.map((one) => one.old)])
    ),
  );
  assertEquals(ways, new Set(['["plain",2,["1"]]', '["--f",2,[]]']));
  assertEquals(new Set(onlyOld.map(({ threads }) => threads)), new Set([8]));
  assertEquals(onlyNew, []);
  // The engine weighs more than the number of threads.
  const nearest = pair(
    variants([["d", 2, "plain"]]),
    variants([["a", 2, "--f"], ["c", 8, "plain"]]),
  ).comparison.cells.map(({ differences = [] }) => differences.map(({ what }) => what));
  assertEquals(new Set(nearest.map(String)), new Set(["threads"]));
});

Deno.test("gridOf() has every cell once, and tells engines apart by name and by hollow marks", () => {
  const both: Results = {
    ...old,
    kernels: old.kernels.flatMap((one) => [
      { ...one, name: `${one.name} (plain)`, base: one.name, engine: "plain" },
      { ...one, name: `${one.name} (revec)`, base: one.name, engine: "--f" },
    ]),
    results: old.results.flatMap((one) =>
      ["plain", "revec"].map((engine) => ({ ...one, kernel: `${one.kernel} (${engine})` }))
    ),
  };
  const { columns, rows } = gridOf(pair(both, both));
  const names = columns.map(({ series: { name, hollow } }) => [name, hollow]);
  assertEquals(names.slice(0, 2), [["naive without flags", true], ["naive with flags", false]]);
  assertEquals(new Set(names.map(([name]) => name)).size, names.length);
  const cells = rows.flatMap(({ cells }) => cells).filter((cell) => cell !== null);
  assertEquals(cells.length, both.results.length);
  assertEquals(new Set(cells).size, cells.length);
  for (const { of, faster, slower, equivalent } of talliesOf({ columns, rows })) {
    assertEquals([faster, slower, equivalent], [0, 0, of]);
  }
});

Deno.test("speedOf() turns ratios of times around, ends of intervals too", () => {
  const { value, interval } = speedOf({ ratio: 0.5, interval: { low: 0.4, high: 0.8 } });
  assertEquals([value, interval?.low, interval?.high], [2, 1.25, 2.5]);
  assertEquals(speedOf({ ratio: 4, interval: null }).interval, null);
  for (const cell of pair(timesScaled(old, () => 0.9)).comparison.cells) {
    const { value, interval } = speedOf(cell);
    assert(interval && interval.low <= value && value <= interval.high);
    assertAlmostEquals(value, 1 / 0.9, 1e-9);
  }
});

Deno.test("compareFacts() keeps apart what differs and what does not, and knows no fact that a file lacks", () => {
  const { differing, equal } = compareFacts([
    old,
    { ...ofMachine(old, { governor: "performance", cores: 8 }), date: "2026-04-01T00:00:00.000Z" },
    ofMachine(old, { commit: null }),
  ]);
  assertEquals(
    new Map(differing.map(({ name, values }) => [name, values])),
    new Map([
      ["date", ["2026-03-01 09:30 UTC", "2026-04-01 00:00 UTC", "2026-03-01 09:30 UTC"]],
      ["commit", ["cce878f41d0c5c0c5a", "cce878f41d0c5c0c5a", "not in a repository"]],
      ["logical cores", ["2", "8", "2"]],
      ["governor", ["not known", "performance", "not known"]],
    ]) as Map<string, readonly string[]>,
  );
  assert(equal.some(({ name, values }) => name === "Deno" && values.length === 3));
});

Deno.test("sidesOf() and pairsOf() name runs by letters, and compare each with the first", () => {
  const sides = sidesOf(Array.from({ length: 28 }, () => sampleResults()));
  assertEquals(sides.map(({ letter }) => letter).filter((_, i) => [0, 25, 26].includes(i)), [
    "A",
    "Z",
    "run 27",
  ]);
  const pairs = pairsOf(sides.slice(0, 3));
  assertEquals(pairs.map(({ id, old, now }) => [id, old.letter, now.letter]), [
    ["compare-1", "A", "B"],
    ["compare-2", "A", "C"],
  ]);
  assertEquals(pairsOf(sides.slice(0, 1)), []);
  assertEquals(pairsOf([]), []);
});

Deno.test("aloneIn() lists workloads by kernel, engine and threads", () => {
  const { comparison } = pair({
    ...old,
    results: old.results.filter(({ kernel, workload }) => kernel !== "naive" || workload === "jet"),
  });
  const [line = "", ...more] = aloneIn(comparison.onlyOld);
  assertMatch(line, /^naive, no V8 flags, 1 thread: tiny-odd, ad-in, /);
  assertEquals(more, []);
  // A run and hostile texts have nothing in common but what was not renamed.
  assert(headlineOf(pair(hostileResults())).length < 600);
});

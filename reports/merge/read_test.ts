import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { googleBenchmark } from "../interop/foreign_testing.ts";
import { reportFileOf } from "../interop/report_file.ts";
import { maxForeign, mergedOf } from "./read.ts";

const [entry] = googleBenchmark().benchmarks;

/** A file of Google Benchmark with so many benchmarks. */
function input(count: number) {
  const benchmarks = Array.from({ length: count }, (_, i) => ({ ...entry, name: `b${i}` }));
  return { path: "/a/b.json", file: reportFileOf(JSON.stringify({ context: {}, benchmarks })) };
}

Deno.test("mergedOf() takes as many benchmarks of other tools as can be shown, and no more", () => {
  const { runs, foreign } = mergedOf([input(maxForeign - 1), input(1)]);
  assertEquals([runs, foreign.map(({ file }) => file)], [[], ["b.json", "b.json"]]);
  assertThrows(
    () => mergedOf([input(maxForeign), input(1)]),
    UsageError,
    "the files of other tools have 10001 benchmarks; at most 10000 go into one report",
  );
});

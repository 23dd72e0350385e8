import { assertAlmostEquals, assertEquals } from "@std/assert";
import { madeCompared, madeRun } from "../../results/calibration/sample_testing.ts";
import type { CalibrationRun, Count } from "../../results/calibration/schema.ts";
import { countRuns, timesOf } from "./count.ts";

/** What was counted, as texts: `miss all 1/3`. */
function summary(counts: readonly Count[], what?: string): string[] {
  return counts.filter((one) => what === undefined || one.what === what).map((
    { what, load, found, of, effect, workload },
  ) => [what, effect, workload, load, `${found}/${of}`].filter((part) => part !== null).join(" "));
}

const unknown = { ...madeCompared("jet", 1.2, "inconclusive"), low: null, high: null };

const slower5 = (id: string, more: Partial<CalibrationRun>) =>
  madeRun(id, { effect: "5", kind: "percent", changed: "jet", ...more });

Deno.test("countRuns() counts intervals of identical code that miss 1, controls and copies", () => {
  const counts = countRuns([
    madeRun("1", {
      controls: [madeCompared("jet", 1.001, null), madeCompared("ad-out", 1.03, null)],
      versions: [madeCompared("jet", 0.97, "inconclusive"), unknown],
    }),
    madeRun("2", { versions: [madeCompared("jet", 1, "equivalent")] }),
  ]);
  assertEquals(summary(counts, "miss"), ["miss all 2/4"]);
  assertEquals(summary(counts, "miss-controls"), ["miss-controls all 1/2"]);
  assertEquals(summary(counts, "miss-versions"), ["miss-versions all 1/2"]);
  // A control without a verdict is no verdict.
  assertEquals(summary(counts, "false"), ["false all 0/3"]);
});

Deno.test("countRuns() counts controls of changed runs, and not their versions, as identical code", () => {
  const counts = countRuns([
    slower5("1", {
      controls: [madeCompared("jet", 1.1, "slower")],
      versions: [madeCompared("jet", 1.05, "slower"), madeCompared("ad-out", 1.05, "slower")],
    }),
  ]);
  assertEquals(summary(counts, "miss"), ["miss all 1/1"]);
  assertEquals(summary(counts, "false"), ["false all 1/1"]);
  assertEquals(summary(counts, "bystander"), ["bystander all 1/1"]);
  assertEquals(summary(counts, "exit3"), []);
});

Deno.test("countRuns() counts faster as false too, and neither same nor small but real", () => {
  const verdicts = ["faster", "slower", "same", "small but real", "equivalent", "inconclusive"];
  const versions = verdicts.map((verdict) => madeCompared("jet", 1, verdict));
  assertEquals(summary(countRuns([madeRun("1", { versions })]), "false"), ["false all 2/6"]);
});

Deno.test("countRuns() counts exit codes of identical code", () => {
  const counts = countRuns([
    madeRun("1", { code: 3 }),
    madeRun("2"),
    madeRun("3"),
    madeRun("4", { code: 1, failure: "a kernel failed" }),
    slower5("5", { code: 3 }),
  ]);
  assertEquals(summary(counts, "exit3"), ["exit3 aa all 1/3"]);
  assertEquals(summary(counts, "failed"), ["failed all 1/5"]);
  const [exit] = counts.filter(({ what }) => what === "exit3");
  assertAlmostEquals(exit?.low ?? 0, 0.0084, 1e-4);
  assertAlmostEquals(exit?.high ?? 0, 0.9057, 1e-4);
});

Deno.test("countRuns() finds a change by its verdict, and by exit code 3 of that workload", () => {
  const on = (verdict: string, code: number, confirmed?: string) => ({
    code,
    ...(confirmed !== undefined && { confirmed }),
    versions: [
      madeCompared("jet", 1.05, verdict),
      madeCompared("ad-out", 1, code === 3 ? "slower" : "same"),
    ],
  });
  const counts = countRuns([
    slower5("1", on("slower", 3, "wasm-simd on ad-out, wasm-simd on jet and naive on jet")),
    slower5("2", on("slower", 0)),
    // Something else was confirmed.
    slower5("3", on("slower", 3, "wasm-simd on jet-2 and wasm-simd on ad-out")),
    slower5("4", on("faster", 0)),
    // What was open at first is decided by what was measured again.
    slower5("5", on("inconclusive", 3, "wasm-simd on jet")),
  ]);
  assertEquals(summary(counts, "verdict"), ["verdict 5 all 3/5"]);
  assertEquals(summary(counts, "confirmed"), ["confirmed 5 all 2/5"]);
  assertEquals(summary(counts, "ended"), ["ended 5 all 3/5"]);
  assertEquals(summary(counts, "bystander"), ["bystander all 3/5"]);
  assertEquals(counts.find(({ what }) => what === "verdict")?.ratio, 1.05);
});

Deno.test("countRuns() counts no confirmation where a file does not say what was confirmed", () => {
  const counts = countRuns([slower5("1", { code: 3 }), slower5("2", { code: 0 })]);
  assertEquals(summary(counts, "confirmed"), []);
  assertEquals(summary(counts, "ended"), ["ended 5 all 1/2"]);
});

Deno.test("countRuns() keeps quiet and loaded runs apart where there are both", () => {
  const versions = [madeCompared("jet", 1.2, "slower")];
  const quiet = madeRun("1");
  const loaded = [
    madeRun("2", { load: "half", versions }),
    madeRun("3", { load: "full", versions }),
  ];
  assertEquals(summary(countRuns([quiet, ...loaded]), "exit3"), [
    "exit3 aa all 0/3",
    "exit3 aa quiet 0/1",
    "exit3 aa loaded 0/2",
  ]);
  assertEquals(summary(countRuns([quiet, ...loaded]), "false"), [
    "false all 2/2",
    "false loaded 2/2",
  ]);
  assertEquals(summary(countRuns(loaded), "exit3"), ["exit3 aa all 0/2"]);
});

Deno.test("countRuns() counts by the changed workload and kernel where several were changed", () => {
  const at = (id: string, changed: string, verdict: string) =>
    slower5(id, {
      changed,
      versions: [
        madeCompared(changed, 1.05, verdict),
        madeCompared(changed, 1.06, "slower", { kernel: "wasm-threads" }),
      ],
    });
  const counts = countRuns([at("1", "jet", "slower"), at("2", "ad-out", "inconclusive")]);
  assertEquals(summary(counts, "verdict"), [
    "verdict 5 all 3/4",
    "verdict 5 jet all 1/1",
    "verdict 5 jet all 1/1",
    "verdict 5 ad-out all 0/1",
    "verdict 5 ad-out all 1/1",
  ]);
});

Deno.test("countRuns() counts what was named, and ceilings only where they were measured", () => {
  const tail = { effect: "tail", kind: "tail", changed: "jet" } as const;
  const counts = countRuns([
    madeRun("1", { ...tail, named: true, exceeded: [] }),
    madeRun("2", { ...tail, named: false, exceeded: ["wasm-simd on jet"] }),
    madeRun("3"),
  ]);
  assertEquals(summary(counts, "named"), ["named tail all 1/2"]);
  assertEquals(summary(counts, "false-named"), []);
  const same = [madeRun("4", { named: true }), madeRun("5", { named: false })];
  assertEquals(summary(countRuns(same), "false-named"), ["false-named all 1/2"]);
  assertEquals(summary(counts, "ceiling"), ["ceiling all 1/2"]);
  assertEquals(summary(countRuns([madeRun("3")]), "ceiling"), []);
});

Deno.test("countRuns() and timesOf() of no runs are empty", () => {
  assertEquals(countRuns([]), []);
  assertEquals(timesOf([]), []);
});

Deno.test("timesOf() has the runs together, by load and by effect, and leaves out failed ones", () => {
  const times = timesOf([
    madeRun("1", { seconds: 10 }),
    madeRun("2", { seconds: 30, load: "full" }),
    slower5("3", { seconds: 20 }),
    madeRun("4", { seconds: 500, failure: "it hung" }),
  ]);
  assertEquals(
    times.map(({ effect, load, runs, median }) => `${effect} ${load} ${runs} ${median}`),
    ["all all 3 20", "all quiet 2 15", "all loaded 1 30", "aa all 2 20", "5 all 1 20"],
  );
});

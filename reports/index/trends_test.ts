import { assert, assertEquals } from "@std/assert";
import { timesScaled } from "../compare/pairs_testing.ts";
import { folderOfRuns, runAt } from "./runs_testing.ts";
import { lastSteps, trendsOf } from "./trends.ts";

const { runs } = folderOfRuns();

Deno.test("trendsOf() has every time of every run on its line, machine by machine, and the least of each run as the best", () => {
  const machines = trendsOf(runs);
  assertEquals(machines.map(({ runs }) => runs.length), [1, 6]);
  const [, { trends } = { trends: [] }] = machines;
  const jet = trends.find(({ workload }) => workload === "jet");
  assert(jet);
  assertEquals(jet.lines.every(({ points }) => points.length === 6), true);
  assertEquals(jet.paths.length, 6);
  for (const [i, { seconds, path }] of jet.best.points.entries()) {
    assertEquals(path, jet.paths[i]);
    assertEquals(seconds, Math.min(...jet.lines.map(({ points }) => points[i]!.seconds)));
  }
  const latest = jet.lines.map(({ points }) => points.at(-1)!.seconds);
  assertEquals(latest, latest.toSorted((a, b) => a - b));
  assertEquals(jet.best.name, jet.lines[0]?.name);
});

Deno.test("lastSteps() has the steps of the bench's history, the latest first", () => {
  const steps = lastSteps(trendsOf(runs));
  assertEquals(new Set(steps.map(({ name }) => name)), new Set(["naive"]));
  assertEquals(steps.length, 12);
  for (const { step } of steps) {
    assertEquals([step.before.commit, step.after.commit], ["c3", "c4"]);
    assertEquals(Math.round(100 * step.ratio), 150);
  }
});

Deno.test("trendsOf() finds the step of the best where another kernel becomes the fastest", () => {
  const changing = [1, 2, 3, 4, 5, 6].map((day) => {
    const run = runAt(day, 1);
    return {
      ...run,
      results: timesScaled(run.results, ({ kernel }) => kernel === "blocked" && day > 3 ? 1e-3 : 1),
    };
  });
  const [{ trends } = { trends: [] }] = trendsOf(changing);
  const jet = trends.find(({ workload }) => workload === "jet");
  assertEquals(jet?.best.name, "blocked");
  assertEquals(jet?.best.steps.length, 1);
  assertEquals((jet?.best.steps[0]?.ratio ?? 1) < 1, true);
});

Deno.test("trendsOf() tells engines of one kernel apart, by name and by hollow marks", () => {
  const run = runAt(1, 1);
  const other = { ...runAt(2, 1), results: { ...runAt(2, 1).results, engine: "--flag" } };
  const [{ trends } = { trends: [] }] = trendsOf([run, other]);
  const lines = trends[0]?.lines.filter(({ name }) => name.startsWith("naive")) ?? [];
  assertEquals(
    new Map(lines.map(({ name, hollow }) => [name, hollow])),
    new Map([["naive without flags", true], ["naive with flags", false]]),
  );
  assertEquals(new Set(lines.map(({ index }) => index)).size, 1);
});

Deno.test("trendsOf() of nothing is nothing", () => {
  assertEquals(trendsOf([]), []);
  assertEquals(lastSteps([]), []);
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { UsageError } from "../../common/command.ts";
import { inFolder, runDeno } from "../../common/deno_testing.ts";
import { FileError } from "../../results/files.ts";
import { toJson } from "../../results/json.ts";
import { sampleResults, wholeSample } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { main } from "./cli.ts";
import { readRuns, readRunsAt } from "./read.ts";
import { historiesOf } from "./history.ts";
import { formatHistories, sparkline } from "./text.ts";

const sample = sampleResults();
const all = { kernels: null, filter: null };

/** A run of this day and commit in which naive takes so many times as long. */
function runOf(day: number, factor: number, more: Partial<Results["environment"]> = {}): Results {
  return {
    ...sample,
    date: `2026-11-${String(day).padStart(2, "0")}T10:00:00.000Z`,
    environment: { ...sample.environment, commit: `c${day}`, ...more },
    results: sample.results.map((result) =>
      result.kernel !== "naive" || !result.seconds || !result.gflops ? result : {
        ...result,
        gflops: result.gflops / factor,
        seconds: {
          median: factor * result.seconds.median,
          low: factor * result.seconds.low,
          high: factor * result.seconds.high,
          min: factor * result.seconds.min,
          confidence: result.seconds.confidence,
        },
        roundMedians: result.roundMedians.map((time) => factor * time),
        ...(result.measurements && {
          measurements: result.measurements.map((one) => ({
            ...one,
            samples: one.samples.map((time) => factor * time),
          })),
        }),
      }
    ),
  };
}

const stepped = [1, 2, 3, 4, 5, 6].map((day) => ({
  path: `${day}`,
  results: runOf(day, day < 4 ? 1 + day / 1000 : 1.5 + day / 1000),
}));

Deno.test("historiesOf() finds a step with the runs and commits on both sides, in any order of files", () => {
  const mixed = [3, 0, 5, 1, 4, 2].map((i) => stepped[i]!);
  const found = historiesOf(mixed, { kernels: ["naive"], filter: ["jet"] });
  assertEquals(found.length, 1);
  const { kernel, workload, points, steps } = found[0]!;
  assertEquals([kernel, workload], ["naive", "jet"]);
  assertEquals(points.map(({ commit }) => commit), ["c1", "c2", "c3", "c4", "c5", "c6"]);
  assertEquals(steps.map(({ before, after, runs }) => [before.commit, after.commit, runs]), [
    ["c3", "c4", [3, 3]],
  ]);
  assertEquals(Math.round(100 * steps[0]!.ratio), 150);
});

Deno.test("historiesOf() has no step of kernels that did not change", () => {
  const others = historiesOf(stepped, { kernels: ["blocked", "wasm-simd"], filter: null });
  assertEquals(others.flatMap(({ steps }) => steps), []);
});

Deno.test("historiesOf() keeps machines, engines, shapes and passes apart, but not Denos", () => {
  const [run] = [runOf(1, 1)];
  const same = runOf(2, 1, { deno: "3.0.0", v8: "16" });
  const machine = runOf(3, 1, { cores: 64 });
  const engine = { ...runOf(4, 1), engine: "--other" };
  const shape = runOf(5, 1);
  const reshaped = {
    ...shape,
    results: shape.results.map((one) => ({ ...one, activation: "tanh" })),
  };
  const only = { kernels: ["naive"], filter: ["jet"] };
  const lengths = historiesOf(
    [run, same, machine, engine, reshaped].map((results, i) => ({ path: `${i}`, results })),
    only,
  ).map(({ points }) => points.length);
  assertEquals(lengths, [2, 1, 1, 1]);
});

Deno.test("historiesOf() leaves out controls, other versions and what was not verified", () => {
  const whole = wholeSample();
  const kernels = whole.kernels.map((one) =>
    one.name === "blocked" ? { ...one, version: "v1" } : one
  );
  const found = historiesOf([{ path: "", results: { ...whole, kernels } }], all);
  const controls = whole.kernels.filter(({ controlOf }) => controlOf !== undefined);
  assertEquals(controls.length > 0, true);
  const names = new Set(found.map(({ kernel }) => kernel));
  for (const { name } of controls) assertEquals(names.has(name), false);
  assertEquals(names.has("blocked"), false);
  const wrong = { status: "failed", detail: "", worst: null } as const;
  const failed = {
    ...sample,
    results: sample.results.map((one) => ({ ...one, verification: wrong })),
  };
  assertEquals(historiesOf([{ path: "", results: failed }], all), []);
});

Deno.test("formatHistories() shows the largest step first, with bars, commits and Denos", () => {
  const newer = stepped.map(({ path, results }, i) => ({
    path,
    results: i < 3
      ? results
      : { ...results, environment: { ...results.environment, deno: "3.0.0" } },
  }));
  const text = stripAnsiCode(formatHistories(historiesOf(newer, { ...all, filter: ["jet"] })));
  const [machine, , first = ""] = text.split("\n");
  assertEquals(machine, "Example CPU @ 2.60GHz, 2 cores, 8 GiB, x86_64");
  assertStringIncludes(first, "▁▁▁███");
  assertStringIncludes(first, "1.50x as slow since 2026-11-04, from c3 to c4, Deno 2.9.6 to 3.0.0");
  assertStringIncludes(text, "no step");
});

Deno.test("sparkline() draws equal values in the middle, and nothing of none", () => {
  assertEquals(sparkline([]), "");
  assertEquals(new Set(sparkline([3, 3, 3])), new Set("▅"));
  assertEquals(sparkline([1, 100, 10]), "▁█▅");
});

/** Writes runs into dated folders. */
async function write(folder: string, texts: readonly string[]): Promise<void> {
  for (const [i, text] of texts.entries()) {
    await Deno.mkdir(`${folder}/2026-11-0${i + 1}T10-00-00-quick`);
    await Deno.writeTextFile(`${folder}/2026-11-0${i + 1}T10-00-00-quick/results.json`, text);
  }
}

Deno.test("readRuns() reads the last runs, names what is broken, and passes over other folders", () =>
  inFolder(async (folder) => {
    await write(folder, [toJson(runOf(1, 1)), '{"schema": "dens', toJson(runOf(3, 1)), "[]"]);
    await Deno.mkdir(`${folder}/2026-11-09T10-00-00-quick`);
    await Deno.mkdir(`${folder}/baselines`);
    await Deno.writeTextFile(`${folder}/2026-11-08T10-00-00`, "a file");
    const { runs, problems } = await readRuns(folder, 100);
    assertEquals(runs.map(({ results }) => results.environment.commit), ["c1", "c3"]);
    assertEquals(problems.length, 3);
    for (const { path, reason } of problems) {
      assertStringIncludes(path, `${folder}/2026-11-0`);
      assertEquals(reason === "" || reason.startsWith('"'), false);
      assertEquals(/^cannot read|\.$/.test(reason), false, reason);
    }
    const last = await readRuns(folder, 3);
    assertEquals([last.runs.length, last.earlier, (await readRuns(folder, 100)).earlier], [
      1,
      2,
      0,
    ]);
  }));

Deno.test("readRunsAt() reads a file, a run's folder and a folder of runs, each run once", () =>
  inFolder(async (folder) => {
    await write(folder, [1, 2, 3].map((day) => toJson(runOf(day, 1))));
    const run = (day: number) => `${folder}/2026-11-0${day}T10-00-00-quick`;
    const commitsOf = async (paths: readonly string[], most = 100) =>
      (await readRunsAt(paths, most)).runs.map(({ results }) => results.environment.commit);
    assertEquals(await commitsOf([run(2)]), ["c2"]);
    assertEquals(await commitsOf([`${run(3)}/results.json`, `${run(1)}/`]), ["c3", "c1"]);
    assertEquals(await commitsOf([run(2), folder, run(3)]), ["c2", "c1", "c3"]);
    assertEquals(await commitsOf([folder], 2), ["c2", "c3"]);
    await Deno.mkdir(`${folder}/other`);
    assertEquals(await commitsOf([`${folder}/other`]), []);
    await assertRejects(() => readRunsAt([run(2), `${folder}/none`], 9), FileError, "/none");
    await Deno.writeTextFile(`${folder}/other/file.json`, "");
    const { problems } = await readRunsAt([`${folder}/other/file.json`], 9);
    assertEquals(problems.map(({ path }) => path), [`${folder}/other/file.json`]);
  }));

Deno.test("history takes runs by name, and --out alone", () =>
  inFolder(async (folder) => {
    await write(folder, [toJson(runOf(1, 1))]);
    await assertRejects(() => main([folder, "--out", folder]), UsageError, "--out names a folder");
    const named = ["task", "--quiet", "history", `${folder}/2026-11-01T10-00-00-quick`];
    const { code, stdout, stderr } = await runDeno(named, {
      cwd: new URL("../..", import.meta.url),
    });
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "naive");
  }));

Deno.test("history says what is wrong: no folder, no run, no machine, nothing left", () =>
  inFolder(async (folder) => {
    const refused = async (
      args: string[],
      kind: typeof UsageError | typeof FileError,
      text: string,
    ) => void await assertRejects(() => main(["--out", folder, ...args]), kind, text);
    await refused([], UsageError, `no run in "${folder}" can be read; deno task bench makes one`);
    await assertRejects(
      () => main(["--out", `${folder}/x`]),
      FileError,
      "there is no such file or folder",
    );
    await write(folder, [toJson(runOf(1, 1))]);
    await refused(
      ["--machine", "M9"],
      UsageError,
      'no machine contains "M9"; there are Example CPU',
    );
    await refused(["--kernels", "fast"], UsageError, "there are the kernels naive, blocked");
    await refused(["--last", "0"], UsageError, "--last must be a whole number from 1 to 1000");
  }));

Deno.test("history --json prints what other programs can read", () =>
  inFolder(async (folder) => {
    await write(folder, stepped.map(({ results }) => toJson(results)));
    const { code, stdout, stderr } = await runDeno(
      ["task", "--quiet", "history", "--out", folder, "--json", "--kernels", "naive"],
      { cwd: new URL("../..", import.meta.url) },
    );
    assertEquals([code, stderr], [0, ""]);
    const { schema, histories } = JSON.parse(stdout);
    assertEquals(schema, "densemark-history/1");
    assertEquals(histories.length > 3, true);
    assertEquals(histories[0].steps[0].after.commit, "c4");
  }));

Deno.test("readRuns() refuses a file in place of the folder", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => readRuns(`${folder}/file`, 100), FileError, "it is no folder; give");
  }));

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../common/command.ts";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { madeCompared, madeRun } from "../../results/calibration/sample_testing.ts";
import { calibrationSchema } from "../../results/calibration/schema.ts";
import { readEnvironment } from "../../results/environment.ts";
import { main } from "./cli.ts";
import { hashOf, readSources } from "./copies.ts";
import { countRuns, timesOf } from "./count.ts";
import { appendRun, openJournal } from "./journal.ts";
import { readPlan } from "./plan.ts";
import { formatCalibration } from "./table.ts";

const settings = {
  bench: ["--suite", "quick", "--filter", "jet", "--kernels", "wasm-simd,wasm-threads"],
  workloads: ["jet"],
};
const args = ["--suite", "quick", "--filter", "jet", "--effects", "aa:2", "--load", "none"];

async function headOf(code: string) {
  return {
    schema: calibrationSchema,
    date: "2026-03-01T09:30:00.000Z",
    command: "deno task calibrate",
    environment: await readEnvironment(),
    settings: { ...settings, code },
  } as const;
}

Deno.test("calibrate with all runs made writes file and page anew and starts no bench", async () => {
  await inFolder(async (folder) => {
    await openJournal(folder, await headOf(await hashOf(readSources())));
    const versions = [madeCompared("jet", 1.001, "equivalent")];
    for (const id of ["aa-none-1", "aa-none-2"]) await appendRun(folder, madeRun(id, { versions }));
    assertEquals(await main([...args, "--out", folder]), 0);
    assertEquals(namesIn(folder), ["calibration.html", "calibration.json", "runs.jsonl"]);
    const json = await Deno.readTextFile(join(folder, "calibration.json"));
    assertStringIncludes(json, '"what": "exit3"');
  });
});

Deno.test("calibrate ends with 1 where a run failed", async () => {
  await inFolder(async (folder) => {
    await openJournal(folder, await headOf(await hashOf(readSources())));
    await appendRun(folder, madeRun("aa-none-1", { failure: "it hung", code: 1 }));
    await appendRun(folder, madeRun("aa-none-2"));
    assertEquals(await main([...args, "--out", folder]), 1);
  });
});

Deno.test("calibrate refuses a folder with a calibration of other code", async () => {
  await inFolder(async (folder) => {
    await openJournal(folder, await headOf("other"));
    await assertRejects(() => main([...args, "--out", folder]), UsageError, "of other code");
    assertEquals(namesIn(folder), ["runs.jsonl"]);
  });
});

Deno.test("calibrate makes no folder where its options are wrong", async () => {
  await inFolder(async (folder) => {
    for (const wrong of [["--runs", "x"], ["--effects", "slow"], ["--kernels", "webgpu"]]) {
      await assertRejects(() => main([...wrong, "--out", join(folder, "new")]), UsageError);
    }
    await assertRejects(() => main(["aa"]), UsageError, 'unexpected argument "aa"');
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("formatCalibration() has a line for each count with its interval, and the times", () => {
  const runs = [
    madeRun("1", { versions: [madeCompared("jet", 1.2, "slower")], code: 3 }),
    madeRun("2", {
      effect: "5",
      kind: "percent",
      changed: "jet",
      versions: [madeCompared("jet", 1.05, "slower")],
      load: "full",
    }),
  ];
  const counts = countRuns(runs);
  const lines = formatCalibration({
    schema: calibrationSchema,
    date: "",
    command: "",
    environment: {
      densemark: "",
      commit: null,
      deno: "",
      v8: "",
      os: "",
      arch: "",
      cpu: "",
      cores: 1,
      memory: 1,
    },
    settings: { ...settings, code: "" },
    runs,
    counts,
    times: timesOf(runs),
  }).split("\n");
  assertEquals(lines.length, 1 + counts.length + 2);
  const lineOf = (start: string) => lines.find((line) => line.startsWith(start)) ?? "";
  assertStringIncludes(lineOf("runs of identical code that end with exit code 3 "), "1 of 1");
  assertStringIncludes(lineOf("5 % slower: called slower"), "median ratio 1.050");
  assertStringIncludes(lineOf("5 % slower: confirmed"), "0 of 1");
  assertEquals(lines.at(-1), "2 runs, 20 s each (20 s to 20 s).");
});

Deno.test("the settings of the other tests are those of their options", () => {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) given.set(args[i]!.slice(2), args[i + 1]!);
  const { bench, workloads } = readPlan({ given, words: [] });
  assertEquals({ bench, workloads: workloads.map(({ name }) => name) }, settings);
});

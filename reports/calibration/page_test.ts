import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { madeRun } from "../../results/calibration/sample_testing.ts";
import {
  type Calibration,
  calibrationSchema,
  type Count,
} from "../../results/calibration/schema.ts";
import { hostile, sampleResults } from "../../results/sample_testing.ts";
import { assertSound, elements, tableOf, textOf } from "../markup_testing.ts";
import { renderCalibration } from "./page.tsx";
import { writeWithPage } from "../write_page.ts";

function count(what: string, found: number, of: number, more: Partial<Count> = {}): Count {
  return {
    what,
    title: `title of ${what}`,
    effect: null,
    load: "all",
    workload: null,
    unit: "run",
    good: "few",
    found,
    of,
    low: found === 0 ? 0 : 0.01,
    high: 0.9,
    ...more,
  };
}

function sample(): Calibration {
  const five = { effect: "5", good: "many", ratio: 1.052 } as const;
  return {
    schema: calibrationSchema,
    date: "2026-03-01T09:30:00.000Z",
    command: "deno task calibrate --runs 2",
    environment: sampleResults().environment,
    settings: { bench: ["--suite", "dense"], workloads: ["jet", "ad-out"], code: "abc" },
    runs: [
      madeRun("aa-none-1"),
      madeRun("aa-full-2", { load: "full", code: 3 }),
      madeRun("5-none-1", {
        effect: "5",
        kind: "percent",
        changed: "jet",
        versions: ["jet", "ad-out"].map((workload) => ({
          kernel: "wasm-simd",
          workload,
          pass: "forward",
          ratio: 1.05,
          low: 1.01,
          high: 1.1,
          verdict: "slower",
        })),
      }),
    ],
    counts: [
      count("miss", 8, 160, { unit: "comparison" }),
      count("false", 1, 160, { unit: "comparison" }),
      count("exit3", 1, 2, { effect: "aa" }),
      count("exit3", 1, 1, { effect: "aa", load: "loaded" }),
      count("verdict", 2, 3, { ...five, unit: "comparison" }),
      count("confirmed", 1, 2, five),
      count("verdict", 0, 1, { ...five, workload: "jet" }),
    ],
    times: [{ effect: "all", load: "all", runs: 3, median: 21, min: 20, max: 83 }],
  };
}

Deno.test("renderCalibration() needs nothing but itself, no script, and is sound HTML", async () => {
  for (const calibration of [sample(), { ...sample(), runs: [], counts: [], times: [] }]) {
    const html = await renderCalibration(calibration);
    assertSound(html);
    assertEquals(html.includes("<script"), false);
    assertStringIncludes(html, "script-src 'none'");
  }
});

Deno.test("renderCalibration() starts with the answer", async () => {
  const html = await renderCalibration(sample());
  const head = textOf(html.slice(html.indexOf("<header>"), html.indexOf("</header>")));
  for (
    const part of [
      "3 runs on ",
      "Of 160 intervals of 95 % on identical code, 8 miss 1: 5 % (1–90 %), where 5 % should.",
      "1 verdict of 160 on identical code claimed a difference",
      "Code compared with itself ended with exit code 3 in 1 of 2 runs.",
      "“5 % slower” ended with exit code 3 in 1 of 2 runs.",
    ]
  ) assertStringIncludes(head, part);
});

Deno.test("renderCalibration() has every count in a table, the changed ones with their ratio", async () => {
  const html = await renderCalibration(sample());
  const rows = (id: string) =>
    tableOf(html, id).split("<tr").slice(2).map((row) => textOf("<tr" + row).trim());
  assertEquals(rows("identical-table").length, 4);
  assertStringIncludes(rows("identical-table")[3] ?? "", "a load beside 1 of 1 runs");
  const changed = rows("changed-table");
  assertEquals(changed.length, 3);
  assertStringIncludes(
    changed[0] ?? "",
    "5 % slower: title of verdict all runs 2 of 3 comparisons",
  );
  assertStringIncludes(changed[0] ?? "", "1.052");
  assertStringIncludes(changed[2] ?? "", "on jet");
});

Deno.test("renderCalibration() says of every run what it claimed, and which claims are false", async () => {
  const text = textOf(tableOf(await renderCalibration(sample()), "runs-table"));
  assertStringIncludes(
    text,
    "wasm-simd slower on jet (1.05); wasm-simd slower on ad-out (1.05), false",
  );
});

Deno.test("renderCalibration() shows texts from elsewhere as text", async () => {
  const calibration = sample();
  const { markup } = hostile;
  const settings = { ...calibration.settings, workloads: [markup, "b"] };
  const runs = calibration.runs.map((run) => ({ ...run, changed: run.changed && markup }));
  const counts = calibration.counts.map((one) => ({ ...one, title: markup }));
  const html = await renderCalibration({ ...calibration, settings, runs, counts, command: markup });
  assertSound(html);
  assertEquals(elements(html), elements(await renderCalibration(calibration)));
});

Deno.test("writeWithPage() writes the file and the page", async () => {
  await inFolder(async (folder) => {
    await writeWithPage(folder, "calibration", {
      found: sample(),
      page: await renderCalibration(sample()),
    });
    assertEquals(namesIn(folder), ["calibration.html", "calibration.json"]);
    const json: unknown = JSON.parse(
      await Deno.readTextFile(join(folder, "calibration.json")),
    );
    assertEquals(json, JSON.parse(JSON.stringify(sample())));
  });
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { inFolder } from "../../common/deno_testing.ts";
import { madeCompared, madeRun } from "../../results/calibration/sample_testing.ts";
import { calibrationSchema } from "../../results/calibration/schema.ts";
import { ResultFileError } from "../../results/fields.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { appendRun, type Head, journalPath, lineOf, openJournal, parseJournal } from "./journal.ts";

const head: Head = {
  schema: calibrationSchema,
  date: "2026-03-01T09:30:00.000Z",
  command: "deno task calibrate",
  environment: sampleResults().environment,
  settings: { bench: ["--suite", "dense"], workloads: ["jet"], code: "abc" },
};

const run = madeRun("aa-none-1", {
  controls: [{ ...madeCompared("jet", 1, null), low: 0, high: Infinity }],
  versions: [{ ...madeCompared("jet", 1.1, "slower"), low: null, high: null }],
  exceeded: ["a on b"],
  named: false,
});

Deno.test("parseJournal() reads what lineOf() writes, intervals without end included", () => {
  assertEquals(parseJournal(lineOf(head) + lineOf(run)), { head, runs: [run] });
});

Deno.test("parseJournal() leaves out a last line that was cut off", () => {
  const whole = lineOf(head) + lineOf(run);
  const cut = lineOf({ ...run, id: "2" });
  for (const length of [1, 20, cut.length - 1]) {
    assertEquals(parseJournal(whole + cut.slice(0, length)).runs, [run]);
  }
});

Deno.test("parseJournal() refuses what is no journal and says which line", () => {
  assertThrows(() => parseJournal(""), ResultFileError, "the file is empty");
  assertThrows(() => parseJournal("{}\n"), ResultFileError, "schema");
  assertThrows(
    () => parseJournal(lineOf(head) + "{\n" + lineOf(run)),
    ResultFileError,
    "Cannot read line 2 of the calibration",
  );
  const wrong = lineOf(run).replace('"percent"', '"none"').replace('"same"', '"other"');
  assertThrows(() => parseJournal(lineOf(head) + wrong), ResultFileError, "kind is");
});

Deno.test("openJournal() goes on where it was, also after a line that was cut off", async () => {
  await inFolder(async (folder) => {
    assertEquals((await openJournal(folder, head)).runs, []);
    await appendRun(folder, run);
    await Deno.writeTextFile(journalPath(folder), '{"id": "half', { append: true });
    const later = { ...head, date: "2026-03-02T09:30:00.000Z", command: "with --runs" };
    assertEquals(await openJournal(folder, later), { head, runs: [run] });
    await appendRun(folder, { ...run, id: "2" });
    assertEquals((await openJournal(folder, later)).runs.map(({ id }) => id), ["aa-none-1", "2"]);
  });
});

Deno.test("openJournal() refuses a calibration of other code or settings", async () => {
  await inFolder(async (folder) => {
    await openJournal(folder, head);
    const with_ = (more: object) => ({ ...head, settings: { ...head.settings, ...more } });
    await assertRejects(
      () => openJournal(folder, with_({ code: "def" })),
      UsageError,
      "has a calibration of other code; choose another folder with --out",
    );
    await assertRejects(
      () => openJournal(folder, with_({ bench: ["--rounds", "9"] })),
      UsageError,
      "other settings (--suite dense)",
    );
  });
});

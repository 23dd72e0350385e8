import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { toCsv } from "../results/csv.ts";
import { cleanSample, sampleResults } from "../results/sample_testing.ts";
import { parseResults } from "../results/validate.ts";
import { createFolder, FileError, writeWhole } from "../results/files.ts";
import { writeRun } from "./write.ts";

Deno.test("writeRun() writes a result file that is read back, a table and a report", () =>
  inFolder(async (folder) => {
    const results = sampleResults();
    const paths = await writeRun(folder, results);
    assertEquals(paths, {
      json: join(folder, "results.json"),
      csv: join(folder, "results.csv"),
      html: join(folder, "report.html"),
    });
    assertEquals(namesIn(folder), ["report.html", "results.csv", "results.json"]);
    assertEquals(parseResults(await Deno.readTextFile(paths.json)), results);
    assertEquals(await Deno.readTextFile(paths.csv), toCsv(results));
    const html = await Deno.readTextFile(paths.html);
    assertStringIncludes(html, "<canvas");
    assertEquals(html.includes("This report has no charts"), false);
  }));

Deno.test("writeWhole() replaces a file, and leaves nothing behind where it cannot", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeWhole(path, "one");
    await writeWhole(path, "two");
    assertEquals(await Deno.readTextFile(path), "two");
    await Deno.mkdir(join(folder, "taken"));
    const error = await assertRejects(() => writeWhole(join(folder, "taken"), "x"), FileError);
    assertMatch(error.message, /^cannot write "[^\n]*taken": [^\n]+$/);
    const gone = await assertRejects(() => writeWhole(join(folder, "no/b.txt"), "x"), FileError);
    assertStringIncludes(gone.message, "there is no such file or folder");
    assertEquals(namesIn(folder), ["a.txt", "taken"]);
  }));

Deno.test("createFolder() makes parents and never takes a folder that exists", () =>
  inFolder(async (folder) => {
    const parent = join(folder, "deep/er");
    assertEquals(await createFolder(parent, "run"), join(parent, "run"));
    assertEquals(await createFolder(parent, "run"), join(parent, "run-2"));
    await Deno.writeTextFile(join(folder, "file"), "");
    const error = await assertRejects(() => createFolder(join(folder, "file"), "run"), FileError);
    assertMatch(error.message, /^cannot make a folder in [^\n]+; choose one [^\n]+--out$/);
  }));

Deno.test("writeRun() writes the results also where a report cannot be made", () =>
  inFolder(async (folder) => {
    // The report's name is taken by a folder.
    await Deno.mkdir(join(folder, "report.html"));
    await assertRejects(() => writeRun(folder, cleanSample()), FileError, "report.html");
    assertEquals(namesIn(folder), ["report.html", "results.csv", "results.json"]);
  }));

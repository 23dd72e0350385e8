import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { toCsv } from "../results/csv.ts";
import { cleanSample, sampleResults } from "../results/sample_testing.ts";
import { parseResults } from "../results/validate.ts";
import { FileError } from "../results/files.ts";
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

Deno.test("writeRun() writes the results also where a report cannot be made", () =>
  inFolder(async (folder) => {
    // The report's name is taken by a folder.
    await Deno.mkdir(join(folder, "report.html"));
    await assertRejects(() => writeRun(folder, cleanSample()), FileError, "report.html");
    assertEquals(namesIn(folder), ["report.html", "results.csv", "results.json"]);
  }));

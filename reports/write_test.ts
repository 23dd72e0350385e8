import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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
    const names = ["results.json", "results.csv", "report.html"] as const;
    const paths = names.map((name) => join(folder, name));
    const [json = "", csv = "", page = ""] = paths;
    assertEquals(await writeRun(folder, results), { paths, problems: [] });
    assertEquals(namesIn(folder), ["report.html", "results.csv", "results.json"]);
    assertEquals(parseResults(await Deno.readTextFile(json)), results);
    assertEquals(await Deno.readTextFile(csv), toCsv(results));
    const html = await Deno.readTextFile(page);
    assertStringIncludes(html, "<canvas");
    assertEquals(html.includes("This report has no charts"), false);
  }));

Deno.test("writeRun() writes the results also where a report cannot be made", () =>
  inFolder(async (folder) => {
    // The report's name is taken by a folder.
    await Deno.mkdir(join(folder, "report.html"));
    const { paths, problems } = await writeRun(folder, cleanSample());
    assertEquals(paths, [join(folder, "results.json"), join(folder, "results.csv")]);
    assertMatch(problems.join("\n"), /^cannot write "[^\n]*report.html": [^\n]+$/);
    assertEquals(namesIn(folder), ["report.html", "results.csv", "results.json"]);
  }));

Deno.test("writeRun() writes what it can where any file cannot be written", async () => {
  const names = ["results.json", "results.csv", "report.html"];
  for (const full of [["results.json"], ["results.csv"], names.slice(0, 2), names]) {
    const written: string[] = [];
    const write = (path: string) => {
      if (full.includes(path.replace("out/", ""))) {
        return Promise.reject(new FileError(`cannot write ${path}: the disk is full`));
      }
      written.push(path);
      return Promise.resolve();
    };
    const { paths, problems } = await writeRun("out", cleanSample(), write);
    const rest = names.filter((name) => !full.includes(name)).map((name) => `out/${name}`);
    assertEquals([paths, written], [rest, rest]);
    assertEquals(problems, full.map((name) => `cannot write out/${name}: the disk is full`));
  }
});

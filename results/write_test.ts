import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { toCsv } from "./csv.ts";
import { readResults } from "./read.ts";
import { sampleResults } from "./sample_testing.ts";
import { writeResults } from "./write.ts";

Deno.test("writeResults() writes a result file that is read back, and its table", () =>
  inFolder(async (folder) => {
    const results = sampleResults();
    const [json, csv] = [join(folder, "results.json"), join(folder, "results.csv")];
    assertEquals(await writeResults(folder, results), { paths: [json, csv], problems: [] });
    assertEquals(namesIn(folder), ["results.csv", "results.json"]);
    assertEquals(await readResults(json), results);
    assertEquals(await Deno.readTextFile(csv), toCsv(results));
  }));

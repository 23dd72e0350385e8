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
    const paths = await writeResults(folder, results);
    assertEquals(paths, { json: join(folder, "results.json"), csv: join(folder, "results.csv") });
    assertEquals(namesIn(folder), ["results.csv", "results.json"]);
    assertEquals(await readResults(paths.json), results);
    assertEquals(await Deno.readTextFile(paths.csv), toCsv(results));
  }));

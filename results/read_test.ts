import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../common/deno_testing.ts";
import { JsonFields } from "../common/json_fields.ts";
import { fail, ResultFileError } from "./fields.ts";
import { FileError } from "./files.ts";
import { readResults, resultFileOf, resultsPath } from "./read.ts";
import { sampleResults } from "./sample_testing.ts";
import { sampleVerification } from "./verification/sample_testing.ts";

Deno.test("readResults() reads a file of the bench, and says which it cannot read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(sampleResults()));
    assertEquals(await readResults(path), sampleResults());
    await Deno.writeTextFile(path, "{");
    const named = `"${path}": Cannot read the results: the file is not JSON`;
    await assertRejects(() => readResults(path), ResultFileError, named);
    await assertRejects(() => readResults(join(folder, "other.json")), FileError, "other.json");
  }));

Deno.test("readResults() reads the folder of a run, and says which folder is none", () =>
  inFolder(async (folder) => {
    const refused = (error: string) => assertRejects(() => readResults(folder), FileError, error);
    await refused(`"${folder}" is a folder without a results.json; give the folder of a run`);
    const path = join(folder, "results.json");
    await Deno.mkdir(path);
    await refused(`cannot read "${path}": it is a folder`);
    await Deno.remove(path);
    await Deno.writeTextFile(path, JSON.stringify(sampleResults()));
    assertEquals(await readResults(folder), sampleResults());
    assertEquals(await readResults(`${folder}/`), sampleResults());
    assertEquals([await resultsPath(folder), await resultsPath("none")], [path, "none"]);
    await Deno.writeTextFile(path, "{");
    await assertRejects(() => readResults(folder), ResultFileError, `"${path}": Cannot read`);
  }));

/** What a value is read as. */
const kindOf = (value: unknown) => resultFileOf(new JsonFields(value, fail)).kind;

Deno.test("resultFileOf() tells a file by its schema, older ones too", async () => {
  assertEquals(kindOf(sampleResults()), "results");
  assertEquals(kindOf(sampleVerification()), "verification");
  for (const [name, kind] of [["results_2", "results"], ["verification_1", "verification"]]) {
    const url = new URL(`fixtures/${name}.json`, import.meta.url);
    assertEquals(kindOf(JSON.parse(await Deno.readTextFile(url))), kind);
  }
});

Deno.test("resultFileOf() names all versions that it reads", () => {
  const other = { schema: "densemark-results/9" };
  assertThrows(
    () => kindOf(other),
    ResultFileError,
    '"densemark-results/3", "densemark-verification/2" and "densemark-verification/1" only',
  );
});

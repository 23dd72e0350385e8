import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { ResultFileError } from "../../results/fields.ts";
import { toJUnit } from "../../results/verification/junit.ts";
import { renderVerification } from "./page.tsx";
import { sampleVerification } from "../../results/verification/sample_testing.ts";
import { readVerification } from "../../results/verification/validate.ts";
import { writeVerification } from "./write.ts";

Deno.test("writeVerification() writes a file that is read back, JUnit XML and a page", () =>
  inFolder(async (folder) => {
    const report = sampleVerification();
    const names = ["verify.json", "verify.junit.xml", "verify.html"] as const;
    const paths = names.map((name) => join(folder, name));
    const [json = "", junit = "", html = ""] = paths;
    assertEquals(await writeVerification(folder, report), { paths, problems: [] });
    assertEquals(namesIn(folder), ["verify.html", "verify.json", "verify.junit.xml"]);
    assertEquals(readVerification(await Deno.readTextFile(json)), report);
    assertEquals(await Deno.readTextFile(junit), toJUnit(report));
    assertEquals(await Deno.readTextFile(html), await renderVerification(report));
  }));

Deno.test("writeVerification() writes nothing of a report that its reader would refuse", () =>
  inFolder(async (folder) => {
    const report = { ...sampleVerification(), exitCode: 0 };
    const error = await assertRejects(() => writeVerification(folder, report), ResultFileError);
    assertStringIncludes(error.message, "exitCode is 0, but kernel");
    assertEquals(namesIn(folder), []);
  }));

Deno.test("writeVerification() writes the others where one cannot be written", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "verify.junit.xml"));
    const { paths, problems } = await writeVerification(folder, sampleVerification());
    assertEquals(paths, [join(folder, "verify.json"), join(folder, "verify.html")]);
    assertMatch(problems.join("\n"), /^cannot write "[^\n]*verify.junit.xml": [^\n]+$/);
    assertEquals(namesIn(folder), ["verify.html", "verify.json", "verify.junit.xml"]);
  }));

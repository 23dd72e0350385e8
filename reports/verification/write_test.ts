import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { FileError } from "../../results/files.ts";
import { ResultFileError } from "../../results/fields.ts";
import { toJUnit } from "../../results/verification/junit.ts";
import { renderVerification } from "./page.tsx";
import { sampleVerification } from "../../results/verification/sample_testing.ts";
import { readVerification } from "../../results/verification/validate.ts";
import { writeVerification } from "./write.ts";

Deno.test("writeVerification() writes a file that is read back, JUnit XML and a page", () =>
  inFolder(async (folder) => {
    const report = sampleVerification();
    const paths = await writeVerification(folder, report);
    assertEquals(paths, {
      json: join(folder, "verify.json"),
      junit: join(folder, "verify.junit.xml"),
      html: join(folder, "verify.html"),
    });
    assertEquals(namesIn(folder), ["verify.html", "verify.json", "verify.junit.xml"]);
    assertEquals(readVerification(await Deno.readTextFile(paths.json)), report);
    assertEquals(await Deno.readTextFile(paths.junit), toJUnit(report));
    assertEquals(await Deno.readTextFile(paths.html), await renderVerification(report));
  }));

Deno.test("writeVerification() writes nothing of a report that its reader would refuse", () =>
  inFolder(async (folder) => {
    const report = { ...sampleVerification(), exitCode: 0 };
    const error = await assertRejects(() => writeVerification(folder, report), ResultFileError);
    assertStringIncludes(error.message, "exitCode is 0, but kernel");
    assertEquals(namesIn(folder), []);
  }));

Deno.test("writeVerification() keeps the result file where another cannot be written", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "verify.junit.xml"));
    await assertRejects(() => writeVerification(folder, sampleVerification()), FileError, "junit");
    assertEquals(namesIn(folder), ["verify.json", "verify.junit.xml"]);
  }));

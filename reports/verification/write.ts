/**
 * Writes a verification's three files, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../../results/files.ts";
import { toJson } from "../../results/json.ts";
import { toJUnit } from "../../results/verification/junit.ts";
import { renderVerification } from "./page.tsx";
import type { VerificationReport } from "../../results/verification/schema.ts";
import { readVerification } from "../../results/verification/validate.ts";

/**
 * Writes verify.json, verify.junit.xml and verify.html into a folder that
 * exists, and returns their paths. The file that all else is made from comes
 * first, so that no fault of the others can lose it.
 *
 * @throws {FileError} where a file cannot be written.
 * @throws {ResultFileError} where the report is not as its schema says; then nothing is written.
 */
export async function writeVerification(
  folder: string,
  report: VerificationReport,
): Promise<{ json: string; junit: string; html: string }> {
  const paths = {
    json: join(folder, "verify.json"),
    junit: join(folder, "verify.junit.xml"),
    html: join(folder, "verify.html"),
  };
  const json = toJson(report);
  // The other files are of what readers of the first one will find in it.
  const read = readVerification(json);
  await writeWhole(paths.json, json);
  await writeWhole(paths.junit, toJUnit(read));
  await writeWhole(paths.html, await renderVerification(read));
  return paths;
}

/**
 * Writes a verification's files and its page, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../../results/files.ts";
import type { VerificationReport } from "../../results/verification/schema.ts";
import { writeVerificationFiles } from "../../results/verification/write.ts";
import { renderVerification } from "./page.tsx";

/**
 * Writes verify.json, verify.junit.xml and verify.html into a folder that
 * exists, and returns their paths.
 *
 * @throws {FileError} where a file cannot be written.
 * @throws {ResultFileError} where the report is not as its schema says; then nothing is written.
 */
export async function writeVerification(
  folder: string,
  report: VerificationReport,
): Promise<{ json: string; junit: string; html: string }> {
  const { json, junit, read } = await writeVerificationFiles(folder, report);
  const html = join(folder, "verify.html");
  await writeWhole(html, await renderVerification(read));
  return { json, junit, html };
}

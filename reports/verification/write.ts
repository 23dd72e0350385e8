/**
 * Writes a verification's files and its page, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeEach, type Written } from "../../results/files.ts";
import type { VerificationReport } from "../../results/verification/schema.ts";
import { writeVerificationFiles } from "../../results/verification/write.ts";
import { renderVerification } from "./page.tsx";

/**
 * Writes verify.json, verify.junit.xml and verify.html into a folder that
 * exists. What cannot be written is said, and keeps no other file from being
 * written.
 *
 * @throws {ResultFileError} where the report is not as its schema says; then nothing is written.
 */
export async function writeVerification(
  folder: string,
  report: VerificationReport,
): Promise<Written> {
  const { paths, problems, read } = await writeVerificationFiles(folder, report);
  const page = await writeEach([[join(folder, "verify.html"), await renderVerification(read)]]);
  return { paths: [...paths, ...page.paths], problems: [...problems, ...page.problems] };
}

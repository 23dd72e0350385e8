/**
 * Writes the files of a verification that programs read.
 *
 * @module
 */
import { join } from "node:path";
import { writeEach, type Written } from "../files.ts";
import { toJson } from "../json.ts";
import { toJUnit } from "./junit.ts";
import type { VerificationReport } from "./schema.ts";
import { readVerification } from "./validate.ts";

/** What was written, and the report as a reader will find it. */
export interface WrittenVerification extends Written {
  readonly read: VerificationReport;
}

/**
 * Writes verify.json and verify.junit.xml into a folder that exists, each whole
 * or not at all. The file that all else is made from comes first, and neither
 * can keep the other from being written.
 *
 * @throws {ResultFileError} where the report is not as its schema says; then nothing is written.
 */
export async function writeVerificationFiles(
  folder: string,
  report: VerificationReport,
): Promise<WrittenVerification> {
  const text = toJson(report);
  // All else is made of what readers of the file will find in it.
  const read = readVerification(text);
  const written = await writeEach([
    [join(folder, "verify.json"), text],
    [join(folder, "verify.junit.xml"), toJUnit(read)],
  ]);
  return { ...written, read };
}

/**
 * Writes the files of a verification that programs read.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../files.ts";
import { toJson } from "../json.ts";
import { toJUnit } from "./junit.ts";
import type { VerificationReport } from "./schema.ts";
import { readVerification } from "./validate.ts";

/** The paths of what was written, and the report as a reader will find it. */
export interface WrittenVerification {
  readonly json: string;
  readonly junit: string;
  readonly read: VerificationReport;
}

/**
 * Writes verify.json and verify.junit.xml into a folder that exists, each whole
 * or not at all. The file that all else is made from comes first, so that no
 * fault of the other can lose it.
 *
 * @throws {FileError} where a file cannot be written.
 * @throws {ResultFileError} where the report is not as its schema says; then nothing is written.
 */
export async function writeVerificationFiles(
  folder: string,
  report: VerificationReport,
): Promise<WrittenVerification> {
  const [json, junit] = [join(folder, "verify.json"), join(folder, "verify.junit.xml")];
  const text = toJson(report);
  // All else is made of what readers of the file will find in it.
  const read = readVerification(text);
  await writeWhole(json, text);
  await writeWhole(junit, toJUnit(read));
  return { json, junit, read };
}

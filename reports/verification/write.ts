/**
 * Writes a verification's three files, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../files.ts";
import { toJUnit } from "./junit.ts";
import { renderVerification } from "./page.tsx";
import type { VerificationReport } from "./schema.ts";
import { readVerification } from "./validate.ts";

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

/**
 * A report as JSON: objects indented, lists of numbers and trees on one line.
 * JSON has no infinity, so that an error without bound is written as 1e999,
 * which its readers take for one.
 */
export function toJson(report: VerificationReport): string {
  return `${jsonOf(report, "")}\n`;
}

function jsonOf(value: unknown, indent: string): string {
  if (typeof value === "number" && Math.abs(value) === Infinity) {
    return value > 0 ? "1e999" : "-1e999";
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  if (isList && value.every((item) => typeof item !== "object" || Array.isArray(item))) {
    return `[${value.map((item) => jsonOf(item, inner)).join(",")}]`;
  }
  const parts = isList
    ? value.map((item) => jsonOf(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

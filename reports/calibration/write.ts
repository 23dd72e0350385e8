/**
 * Writes a calibration's file and its page, each whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import type { Calibration } from "../../results/calibration/schema.ts";
import { writeWhole } from "../../results/files.ts";
import { toJson } from "../../results/json.ts";
import { renderCalibration } from "./page.tsx";

/**
 * Writes calibration.json and calibration.html into a folder that exists, and
 * returns their paths.
 *
 * @throws {FileError} where a file cannot be written.
 */
export async function writeCalibration(
  folder: string,
  calibration: Calibration,
): Promise<{ readonly json: string; readonly html: string }> {
  const json = join(folder, "calibration.json");
  const html = join(folder, "calibration.html");
  await writeWhole(json, toJson(calibration));
  await writeWhole(html, await renderCalibration(calibration));
  return { json, html };
}

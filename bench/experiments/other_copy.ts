/**
 * Another copy of the project, beside which this one is timed in one process.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../common/command.ts";
import { errorLine } from "../../common/errors.ts";
import { quote } from "../../common/text.ts";
import type { Dense } from "../../layers/dense.ts";
import type { createKernel } from "../../kernels/registry.ts";

/** What is used of a copy: its createKernel() and its Dense. */
export interface OtherCopy {
  readonly createKernel: typeof createKernel;
  readonly Dense: typeof Dense;
}

/**
 * The copy in a folder.
 *
 * @throws {UsageError} where there is none.
 */
export async function copyIn(folder: string): Promise<OtherCopy> {
  let other: Partial<OtherCopy>;
  try {
    other = await import(pathToFileURL(resolve(folder, "mod.ts")).href);
  } catch (error) {
    throw new UsageError(`${quote(folder)} is no copy of the project: ${errorLine(error)}`);
  }
  const { createKernel, Dense } = other;
  if (typeof createKernel === "function" && typeof Dense === "function") {
    return { createKernel, Dense };
  }
  throw new UsageError(
    `${quote(folder)} is no copy of the project: its mod.ts has no ${
      typeof createKernel === "function" ? "Dense" : "createKernel"
    }`,
  );
}

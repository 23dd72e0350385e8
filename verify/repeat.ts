/**
 * Runs the one case that a failure names, and shrinks it where it fails again.
 *
 * @module
 */
import { green, red, yellow } from "@std/fmt/colors";
import { print, UsageError } from "../common/command.ts";
import { KernelUnavailableError } from "../common/errors.ts";
import { quote, quotePath } from "../common/text.ts";
import { createKernel, kernelNames } from "../kernels/registry.ts";
import { type Effort, findCase, runCase } from "./check.ts";
import { exitCodes } from "./run.ts";
import { shrink } from "./shrink.ts";
import { formatShare } from "./table.ts";
import { checks, repeatCommand } from "./verify.ts";

/**
 * Runs the case `KERNEL/CHECK/…` and returns the exit code.
 *
 * @throws {UsageError} where there is no such case; the message names one that there is.
 */
export async function repeatCase(path: string, seed: number): Promise<number> {
  const [first = "", ...rest] = path.split("/");
  const name = kernelNames.find((candidate) => candidate === first);
  const id = rest.join("/");
  if (!name) {
    throw new UsageError(
      `a case begins with a kernel, one of ${kernelNames.join(", ")}; got ${quotePath(path)}`,
    );
  }
  const check = checks.find((candidate) => candidate.name === rest[0]);
  if (!check) {
    throw new UsageError(
      `no check ${quote(rest[0] ?? "")}; there are ${checks.map((each) => each.name).join(", ")}`,
    );
  }
  try {
    await using kernel = await createKernel(name, { serialBelow: 0 });
    const context = { create: (options: object) => createKernel(name, options), seed };
    const all = (effort: Effort) => check.cases(kernel, { ...context, effort });
    const one = findCase(all("quick"), id) ?? findCase(all("full"), id) ??
      check.find?.(id, context) ?? null;
    if (!one) {
      throw new UsageError(
        `no case ${quotePath(path)}; one of them is ${name}/${all("quick")[0]?.id ?? ""}`,
      );
    }
    const { problem, warning, worst, minimal: own } = await runCase(one, kernel, seed);
    if (problem === null) {
      print(green(`${path}: passed, worst share ${formatShare(worst)}`));
      if (warning) print(yellow(`warning: ${warning}`));
      return exitCodes.passed;
    }
    print(red(`${path}: ${problem}`));
    const minimal = own && own.id !== one.id ? own : await shrink(one, kernel, seed);
    if (minimal) {
      print(`minimal: ${repeatCommand(name, minimal.id, seed)} (shrunk in ${minimal.steps} steps)`);
    }
    return exitCodes.failed;
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    print(red(`${name} cannot be run here: ${error.message}`));
    return exitCodes.missing;
  }
}

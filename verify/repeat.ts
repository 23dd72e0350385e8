/**
 * Runs the one case that a failure names, and shrinks it where it fails again.
 *
 * @module
 */
import { green, red, yellow } from "@std/fmt/colors";
import { print, UsageError } from "../common/command.ts";
import { KernelUnavailableError } from "../common/errors.ts";
import { quote, quotePath } from "../common/text.ts";
import { kernelNames } from "../kernels/registry.ts";
import { caseOf, faultOfSize, runCase } from "./check.ts";
import type { ForeignKernel } from "./foreign/kernel_module.ts";
import { kernelMaker } from "./foreign/maker.ts";
import { type KnownKernel, nameOfKernel, repeatCommand } from "./repeat_command.ts";
import { exitCodes } from "./run.ts";
import { shrink } from "./shrink.ts";
import { formatShare } from "./table.ts";
import { checks } from "./verify.ts";

/** Milliseconds: one who repeats a case waits for it. */
const timeToShrink = 60_000;

/** The kernel that a case names, and the id of the case. */
function readCase(path: string, foreign: readonly ForeignKernel[]): [KnownKernel, id: string] {
  const known: readonly KnownKernel[] = [...foreign, ...kernelNames];
  const [first = "", ...rest] = path.split("/");
  const kernel = known.find((candidate) => nameOfKernel(candidate) === first);
  if (kernel !== undefined) return [kernel, rest.join("/")];
  throw new UsageError(
    `a case begins with a kernel, one of ${known.map(nameOfKernel).join(", ")}${
      foreign.length > 0 ? "" : " (one from elsewhere needs --kernel PATH, too)"
    }; got ${quotePath(path)}`,
  );
}

/**
 * Runs the case `KERNEL/CHECK/…` and returns the exit code.
 *
 * @param foreign Kernels from elsewhere, which it may name too.
 * @throws {UsageError} where there is no such case; the message names one that there is.
 */
export async function repeatCase(
  path: string,
  seed: number,
  { foreign = [], strict = false }: {
    readonly foreign?: readonly ForeignKernel[];
    /** Whether a warning counts as a failure. */
    readonly strict?: boolean;
  } = {},
): Promise<number> {
  const [known, id] = readCase(path, foreign);
  const name = nameOfKernel(known);
  const [checkName = ""] = id.split("/");
  const check = checks.find((candidate) => candidate.name === checkName);
  if (!check) {
    throw new UsageError(
      `no check ${quote(checkName)}; there are ${checks.map((each) => each.name).join(", ")}`,
    );
  }
  const tooLarge = faultOfSize(id);
  if (tooLarge !== null) throw new UsageError(`${quotePath(path)} ${tooLarge}`);
  try {
    const { create, heedsOptions } = await kernelMaker(known);
    await using kernel = await create({ serialBelow: 0 });
    const context = { create: heedsOptions ? create : null, seed, effort: "quick" } as const;
    const one = caseOf(check, kernel, context, id);
    if (!one) {
      throw new UsageError(
        `no case ${quotePath(path)}; one of them is ${name}/${
          check.cases(kernel, context)[0]?.id ?? ""
        }`,
      );
    }
    const { problem, warning, worst, minimal: own } = await runCase(one, kernel, seed);
    if (problem === null) {
      print(green(`${path}: passed, worst share ${formatShare(worst)}`));
      if (!warning) return exitCodes.passed;
      print(yellow(`warning: ${warning}`));
      if (!strict) return exitCodes.passed;
      print(red("1 warning, which --strict counts as a failure"));
      return exitCodes.failed;
    }
    print(red(`${path}: ${problem}`));
    const minimal = own && own.id !== one.id ? own : await shrink(one, kernel, seed, timeToShrink);
    if (minimal) {
      print(
        `minimal: ${repeatCommand(known, minimal.id, seed)} (shrunk in ${minimal.steps} steps)`,
      );
      if ("problem" in minimal) print(`  there: ${minimal.problem}`);
    }
    return exitCodes.failed;
  } catch (error) {
    if (!(error instanceof KernelUnavailableError)) throw error;
    print(red(`${name} cannot be run here: ${error.message}`));
    return exitCodes.missing;
  }
}

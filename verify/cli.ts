/**
 * `deno task verify`: every check on every kernel, and the verifier on broken
 * kernels; a table of what was found, for each failure the one command that
 * repeats it, and the files verify.json, verify.junit.xml and verify.html.
 *
 * @module
 */
import { green, red, yellow } from "@std/fmt/colors";
import {
  helpText,
  namesOf,
  type Option,
  type Options,
  print,
  printError,
  readOptions,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../cli/command.ts";
import { KernelUnavailableError } from "../kernels/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel, type KernelName, kernelNames } from "../kernels/registry.ts";
import { makeFolder } from "../reports/files.ts";
import { writeVerification } from "../reports/verification/write.ts";
import { createProgress } from "./progress.ts";
import { repeatCase } from "./repeat.ts";
import { exitCodes, runPlan, verificationFolder } from "./run.ts";
import { soak } from "./soak.ts";
import { formatReport, formatShare } from "./table.ts";
import { checks } from "./verify.ts";

const checkNames = checks.map(({ name }) => name);
const defaultSeed = 1;

const options: Readonly<Record<string, Option>> = {
  quick: { value: null, help: "every check on every kernel, half a minute; the default" },
  full: { value: null, help: "more shapes, every mutant by every check; some minutes" },
  self: { value: null, help: "only the verifier's own test, on broken and on legal kernels" },
  soak: { value: null, help: "random cases for as long as --minutes says" },
  minutes: { value: "N", help: "with --soak; default 10" },
  kernels: { value: "A,B", help: `of ${kernelNames.join(", ")}; default all` },
  checks: { value: "A,B", help: `of ${checkNames.join(", ")}; default all` },
  require: { value: "A,B", help: "kernels that this machine must have" },
  strict: { value: null, help: "warnings count as failures" },
  case: { value: "ID", help: "only this case: KERNEL/CHECK/…, as a failure prints it" },
  seed: { value: "N", help: `of all data, or random; default ${defaultSeed}` },
  out: { value: "FOLDER", help: `where the files are written; default ${verificationFolder}` },
};

const modes = ["quick", "full", "self", "soak"] as const;

function modeOf({ given }: Options): typeof modes[number] {
  const chosen = modes.filter((mode) => given.has(mode));
  if (chosen.length > 1) {
    throw new UsageError(`only one of ${chosen.map((mode) => `--${mode}`).join(" and ")} at once`);
  }
  return chosen[0] ?? "quick";
}

function seedFrom(given: Options): number {
  if (textOf(given, "seed") === "random") return crypto.getRandomValues(new Uint32Array(1))[0]!;
  return wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: defaultSeed });
}

/** Calls `run` with a signal that Ctrl-C gives. */
async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", onInterrupt);
  try {
    return await run(stop.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

async function runSoak(
  names: readonly KernelName[],
  seed: number,
  minutes: number,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const kernels: Kernel[] = [];
  for (const name of names) {
    try {
      kernels.push(stack.use(await createKernel(name, { serialBelow: 0 })));
    } catch (error) {
      if (!(error instanceof KernelUnavailableError)) throw error;
      printError(yellow(`${name} SKIPPED: ${error.message}`));
    }
  }
  if (kernels.length === 0) return exitCodes.missing;
  const progress = createProgress();
  print(`seed ${seed}`);
  const { cases, failed } = await interruptible((signal) =>
    soak(kernels, {
      seed,
      duration: minutes * 60e3,
      signal,
      onProgress: (cases) => progress.say(`${cases} cases`),
      onEvent: (event) => {
        progress.clear();
        if (event.kind === "worst") {
          print(`${event.kernel}/${event.id}: worst share ${formatShare(event.worst)}`);
        } else {
          print(red(`${event.kernel}/${event.id}: ${event.problem}`));
          print(`  minimal: ${event.repeat}`);
        }
      },
    })
  );
  progress.clear();
  print((failed > 0 ? red : green)(`seed ${seed}: ${cases - failed} passed, ${failed} failed`));
  return failed > 0 ? exitCodes.failed : exitCodes.passed;
}

/** Verifies, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const given = readOptions(args, options);
  if (given.given.has("help")) {
    print(helpText({
      usage: "deno task verify [options]",
      summary:
        "Checks every kernel against float64: exactly where possible, else by proven bounds.",
      options,
      notes: [
        "The table shows cases, and the worst error as a share of its bound.",
        "Exit codes: 0 passed, 1 a kernel failed, 2 usage, 3 a required kernel is missing,",
        "4 the verifier failed its own test: a broken kernel passed, or a right one did not.",
      ],
    }));
    return exitCodes.passed;
  }
  const mode = modeOf(given);
  const seed = seedFrom(given);
  const minutes = wholeNumberOf(given, "minutes", { low: 1, high: 100_000, otherwise: 10 });
  if (given.given.has("minutes") && mode !== "soak") {
    throw new UsageError("--minutes goes with --soak");
  }
  const path = textOf(given, "case");
  if (path !== undefined) return await repeatCase(path, seed);
  const kernels = namesOf(given, "kernels", kernelNames, "kernel");
  if (mode === "soak") return await runSoak(kernels, seed, minutes);
  const required = textOf(given, "require") === undefined
    ? []
    : namesOf(given, "require", kernelNames, "kernel");
  const absent = required.find((name) => !kernels.includes(name));
  if (absent) throw new UsageError(`${absent} is required, but not among --kernels`);
  const folder = textOf(given, "out") ?? verificationFolder;
  // Made first: better to hear before the run than after it that nothing can be written.
  await makeFolder(folder);
  const progress = createProgress();
  const report = await interruptible((signal) =>
    runPlan({
      mode,
      kernels,
      checks: namesOf(given, "checks", checkNames, "check"),
      seed,
      required,
      strict: given.given.has("strict"),
      command: ["deno task verify", ...args].join(" "),
    }, { signal, onProgress: progress.show })
  );
  progress.clear();
  print(formatReport(report));
  for (const file of Object.values(await writeVerification(folder, report))) print(file);
  return report.exitCode;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

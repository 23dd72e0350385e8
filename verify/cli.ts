/**
 * `deno task verify`: every check on every kernel, and the mutation tests of the
 * verifier; prints a table, and for each failure the command that repeats it,
 * and writes verify.json, verify.junit.xml and verify.html.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { green, red, yellow } from "@std/fmt/colors";
import {
  defineCommand,
  interruptible,
  namesOf,
  type Options,
  print,
  printError,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../common/command.ts";
import { formatNumber, formatPercent } from "../common/numbers.ts";
import { formatList, shellWord } from "../common/text.ts";
import { formatTimeLeft } from "../common/units.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { type KernelName, kernelNames } from "../kernels/registry.ts";
import { readEngine } from "../results/environment.ts";
import { makeFolder, writeWhole, type Written } from "../results/files.ts";
import type { VerificationReport } from "../results/verification/schema.ts";
import { writeVerification } from "../reports/verification/write.ts";
import { withKernels } from "./baseline.ts";
import { foreignKernels } from "./foreign/inspect.ts";
import { verifyModelCommand } from "./model/command.ts";
import { openKernel } from "./open_kernel.ts";
import { createProgress } from "./progress.ts";
import { repeatCase } from "./repeat.ts";
import { type KnownKernel, repeatByCommand } from "./repeat_command.ts";
import { exitCodes, folderOf, runVerification, verificationFolder } from "./run.ts";
import { soak } from "./soak.ts";
import { withCoverage } from "./sweep/coverage.ts";
import type { SweepProgress } from "./sweep/sweep.ts";
import { formatReport, formatShare } from "./table.ts";
import { checks } from "./verify.ts";
import { expectWorkers } from "./worker_permission.ts";

const checkNames = checks.map(({ name }) => name);
const defaultSeed = 1;
const defaultMinutes = 10;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task verify [options]",
  summary: "Checks every kernel against float64: exactly where possible, else by proven bounds.",
  options: {
    quick: {
      value: null,
      help: "Run every check on every kernel, which takes about a minute. Default: this mode.",
    },
    full: {
      value: null,
      help: "Run more shapes, every mutant by every check, and the sweep of --stride 1: hours.",
    },
    self: {
      value: null,
      help: "Run only the verifier's own test: references, mutants and conforming variants.",
    },
    soak: { value: null, help: "Run random cases until the time of --minutes is up." },
    minutes: { value: "N", help: `Soak for N minutes. Default: ${defaultMinutes}.` },
    kernels: {
      value: "A,B",
      help: `Verify only these kernels, of ${kernelNames.join(", ")}. Default: all.`,
    },
    kernel: {
      value: "PATH",
      help: "Verify the kernel that this module exports, such as ./mine.ts: a product " +
        "(shape, a, b) => array, a kernel, or what makes one; several are separated by commas. " +
        "The module runs with the permissions of this command and no more: it may read and " +
        "write files, and load native code, which may do all that you may. Default: none; " +
        "with it, of Densemark's own only those of --kernels.",
    },
    checks: {
      value: "A,B",
      help: `Run only these checks, of ${checkNames.join(", ")}. Default: all.`,
    },
    stride: {
      value: "N",
      help: "Sweep activations over every N-th float32 number, too, and resume where an earlier " +
        "sweep was stopped. Default: no sweep; 1 with --full.",
    },
    require: {
      value: "A,B",
      help: "Fail where this machine cannot run one of these kernels. Default: none; such " +
        "a kernel is skipped.",
    },
    strict: { value: null, help: "Count warnings as failures." },
    case: {
      value: "ID",
      help: "Run only this case, KERNEL/CHECK/…, as a failure prints it; shrink it if it fails. " +
        "Goes with --kernel, --seed and --strict alone.",
    },
    model: {
      value: "FILE",
      help:
        "Verify this trained network instead, on every kernel: a Keras, TensorFlow.js, ONNX, safetensors or .npz file, as deno task inspect reads it.",
    },
    input: {
      value: "FILE",
      help: "Run the network on the rows of this .npy or .safetensors file. Default: " +
        "random numbers.",
    },
    rows: {
      value: "N",
      help: "Run the network on N rows. Default: as many as take some seconds.",
    },
    seed: {
      value: "N",
      help:
        `Draw all data from this seed; "random" chooses one. Default: ${defaultSeed}, but the ` +
        "sweep begins elsewhere in each run.",
    },
    "write-baseline": {
      value: null,
      help: "Record the errors of random sums as the baseline that later runs are compared with.",
    },
    out: {
      value: "FOLDER",
      help: `Write the files into this folder. Default: ${verificationFolder}, or ` +
        `${folderOf("plain")} without V8 flags.`,
    },
  },
  notes: [
    "The table shows the cases of each check, and the worst error as a share of its bound.",
    "Exit codes: 0 passed, 1 a kernel failed, 2 usage, or a file that could not be written,",
    "3 a required kernel is missing, 4 the verifier failed its own test: a mutant survived, or a",
    "conforming variant was rejected.",
  ],
  run,
});

/** What goes with an option beside which most others mean nothing. */
const partners: Readonly<Record<string, readonly string[]>> = {
  case: ["kernel", "seed", "strict"],
  model: ["input", "rows", "kernels", "seed"],
  soak: ["minutes", "kernels", "kernel", "seed"],
  self: ["seed", "out"],
};

/** Options that do nothing without another one. */
const needs: Readonly<Record<string, string>> = { minutes: "soak", input: "model", rows: "model" };

/**
 * That no option is given which would be ignored.
 *
 * @throws {UsageError}
 */
function checkTogether({ given }: Options): void {
  for (const [leader, allowed] of Object.entries(partners)) {
    if (!given.has(leader)) continue;
    const all = [leader, "trace", ...allowed];
    const stray = [...given.keys()].find((name) => !all.includes(name));
    if (stray !== undefined) {
      throw new UsageError(
        `--${stray} does not go with --${leader}, beside which there may be ${
          formatList(allowed.map((name) => `--${name}`))
        }`,
      );
    }
  }
  for (const [name, leader] of Object.entries(needs)) {
    if (given.has(name) && !given.has(leader)) {
      throw new UsageError(`--${name} goes with --${leader}, which is not given`);
    }
  }
  const ofOwn = ["stride", "write-baseline"].find((name) => given.has(name));
  if (ofOwn !== undefined && given.has("kernel")) {
    throw new UsageError(`--${ofOwn} is of Densemark's own kernels; it does not go with --kernel`);
  }
}

const modes = ["quick", "full", "self", "soak"] as const;

function modeOf({ given }: Options): typeof modes[number] {
  const chosen = modes.filter((mode) => given.has(mode));
  if (chosen.length > 1) {
    throw new UsageError(`only one of ${formatList(chosen.map((mode) => `--${mode}`))} at once`);
  }
  return chosen[0] ?? "quick";
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function seedFrom(given: Options): number {
  if (textOf(given, "seed") === "random") return randomSeed();
  return wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: defaultSeed });
}

/** The progress of a sweep, in a line. */
function formatSweep({ done, total, inputsPerSecond, secondsLeft }: SweepProgress): string {
  const left = secondsLeft === null ? "" : `, ${formatTimeLeft(secondsLeft)} left`;
  const speed = formatNumber(inputsPerSecond / 1e6);
  return `sweep ${formatPercent(done / total, 3)}, ${speed} million numbers/s${left}`;
}

async function runModel(
  given: Options,
  model: string,
  kernels: readonly KernelName[],
  seed: number,
): Promise<number> {
  const { exitCode } = await verifyModelCommand({
    model,
    input: textOf(given, "input"),
    kernels,
    seed,
    rows: wholeNumberOf(given, "rows", { low: 1, high: 2 ** 27, otherwise: 0 }) || undefined,
  });
  return exitCode;
}

async function runSoak(
  known: readonly KnownKernel[],
  seed: number,
  minutes: number,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const kernels = new Map<Kernel, KnownKernel>();
  for (const one of known) {
    const kernel = await openKernel(one);
    if (kernel) kernels.set(stack.use(kernel), one);
  }
  if (kernels.size === 0) return exitCodes.missing;
  const progress = createProgress();
  print(`seed ${seed}`);
  const { cases, failed } = await interruptible((signal) =>
    soak([...kernels.keys()], {
      seed,
      repeatOf: (kernel, own) => repeatByCommand(kernels.get(kernel)!, own),
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

/** Prints a report, and writes its files, also where standard output takes no more. */
export async function printAndWrite(folder: string, report: VerificationReport): Promise<Written> {
  let written: Written;
  try {
    // First, since it needs no room on a disk.
    print(formatReport(report));
  } finally {
    written = await writeVerification(folder, report);
  }
  return written;
}

/** Verifies, and returns the exit code. */
async function run(given: Options, args: readonly string[]): Promise<number> {
  const mode = modeOf(given);
  const seed = seedFrom(given);
  const minutes = wholeNumberOf(given, "minutes", {
    low: 1,
    high: 100_000,
    otherwise: defaultMinutes,
  });
  checkTogether(given);
  expectWorkers(new URL("worker.ts", import.meta.url), "the checks");
  const named = namesOf(given, "kernels", kernelNames, "kernel");
  const modules = textOf(given, "kernel");
  const foreign = modules === undefined ? [] : await foreignKernels(modules, kernelNames);
  const own = foreign.length > 0 && !given.given.has("kernels") ? [] : named;
  const kernels = [...own, ...foreign];
  const strict = given.given.has("strict");
  const model = textOf(given, "model");
  if (model !== undefined) return await runModel(given, model, own, seed);
  const path = textOf(given, "case");
  if (path !== undefined) return await repeatCase(path, seed, { foreign, strict });
  if (mode === "soak") return await runSoak(kernels, seed, minutes);
  const required = namesOf(given, "require", kernelNames, "kernel", []);
  const absent = required.find((name) => !own.includes(name));
  if (absent) throw new UsageError(`${absent} is required, but not among --kernels`);
  const chosen = namesOf(given, "checks", checkNames, "check");
  // All numbers in full mode, but where --checks leaves the sweep out.
  const otherwise = mode === "full" && chosen.includes("sweep") && own.length > 0 ? 1 : 0;
  const stride = wholeNumberOf(given, "stride", { low: 1, high: 2 ** 24, otherwise });
  const folder = textOf(given, "out") ?? folderOf(readEngine());
  // Made first, so that a folder that cannot be written is an error before the run, not after it.
  await makeFolder(folder);
  const progress = createProgress();
  let stopped = false;
  const found = await interruptible(async (signal) => {
    const report = await runVerification({
      mode,
      kernels,
      checks: chosen,
      seed,
      // Another one in each run, unless it is asked for, so that runs together cover more and more.
      sweepSeed: given.given.has("seed") ? seed : randomSeed(),
      required,
      strict,
      command: ["deno task verify", ...args.map(shellWord)].join(" "),
      sweep: stride > 0 ? { stride, resume: join(folder, `sweep-${stride}.json`) } : null,
    }, {
      signal,
      leaveIdle: true,
      onProgress: progress.show,
      onSweep: (swept) => progress.say(formatSweep(swept)),
      onNotice: (line) => {
        progress.clear();
        printError(line);
      },
    });
    stopped = signal.aborted;
    return report;
  });
  progress.clear();
  const report = stopped ? found : await withCoverage(folder, found);
  if (stopped) {
    print(formatReport(report));
    // The files of the last whole run are worth more than a part of this one.
    print(yellow(
      "stopped before the end: what was not finished is left out, and no file was written; run it " +
        "again for the whole report",
    ));
    return report.exitCode;
  }
  const { paths, problems } = await printAndWrite(folder, report);
  for (const path of paths) print(path);
  for (const problem of problems) printError(`error: ${problem}`);
  if (given.given.has("write-baseline")) {
    const path = fileURLToPath(new URL("baseline.json", import.meta.url));
    await writeWhole(path, `${JSON.stringify(withKernels(report.kernels), null, 2)}\n`);
    print(path);
  }
  return report.exitCode === exitCodes.passed && problems.length > 0
    ? exitCodes.usage
    : report.exitCode;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

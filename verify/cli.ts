/**
 * `deno task verify`: every check on every kernel, a table of what was found,
 * and for each failure the one command that repeats it.
 *
 * @module
 */
import { bold, green, red } from "@std/fmt/colors";
import {
  helpText,
  namesOf,
  type Option,
  print,
  readOptions,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../cli/command.ts";
import { isActivation } from "../kernels/activation.ts";
import { type KernelName, kernelNames } from "../kernels/registry.ts";
import { type Check, runCase } from "./check.ts";
import { verifyModelCommand } from "./model/command.ts";
import { openKernel } from "./open_kernel.ts";
import { checks, checksWith, type Failure, type Summary, verifyKernel } from "./verify.ts";

const checkNames = checks.map(({ name }) => name);
const defaultSeed = 1;
// So many failures of one check are enough to see what is wrong.
const failuresShown = 3;

const options: Readonly<Record<string, Option>> = {
  kernels: { value: "A,B", help: `of ${kernelNames.join(", ")}; default all` },
  checks: { value: "A,B", help: `of ${checkNames.join(", ")}; default all` },
  case: { value: "ID", help: "only this case: KERNEL/CHECK/…, as a failure prints it" },
  full: {
    value: null,
    help: "activations on all 2^32 float32 numbers, which takes hours; as --stride 1",
  },
  stride: { value: "N", help: "activations on every N-th float32 number; default 16381" },
  model: { value: "FILE", help: "run this network instead: .json or .safetensors" },
  input: { value: "FILE", help: "on these rows, .npy or .safetensors; default random ones" },
  rows: { value: "N", help: "on so many rows of the input; default what takes seconds" },
  seed: { value: "N", help: `of all data; default ${defaultSeed}` },
};

function commandFor(kernel: string, { id }: Failure, seed: number): string {
  return `deno task verify --case ${kernel}/${id} --seed ${seed}`;
}

/** Runs the one case that `--case` names. */
async function repeatCase(path: string, all: readonly Check[], seed: number): Promise<number> {
  const [first = "", ...rest] = path.split("/");
  const name = kernelNames.find((candidate) => candidate === first);
  const id = rest.join("/");
  if (!name) {
    throw new UsageError(
      `a case begins with a kernel, one of ${kernelNames.join(", ")}; got ${JSON.stringify(path)}`,
    );
  }
  await using kernel = await openKernel(name);
  if (!kernel) return 1;
  const check = all.find((candidate) => candidate.name === rest[0]);
  const one = check?.cases(kernel).find((candidate) => candidate.id === id);
  if (!check || !one) {
    throw new UsageError(
      check
        ? `no case ${JSON.stringify(path)}; one of them is ${name}/${
          check.cases(kernel)[0]?.id ?? ""
        }`
        : `no check ${JSON.stringify(rest[0] ?? "")}; there are ${checkNames.join(", ")}`,
    );
  }
  const { problem, worst } = await runCase(one, kernel, seed);
  print(
    problem === null
      ? green(`${path}: passed, worst share ${share(worst)}`)
      : red(`${path}: ${problem}`),
  );
  return problem === null ? 0 : 1;
}

function share(worst: number): string {
  return worst === 0 ? "exact" : worst.toFixed(3);
}

/** Verifies the kernels with a line of progress on a terminal. */
async function verifyAll(
  names: readonly KernelName[],
  chosen: readonly Check[],
  seed: number,
): Promise<{ readonly summaries: Summary[]; readonly errors: ActivationErrors[] }> {
  const terminal = Deno.stderr.isTerminal();
  const status = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${text}`));
  const summaries: Summary[] = [];
  const errors: ActivationErrors[] = [];
  for (const name of names) {
    await using kernel = await openKernel(name);
    if (!kernel) continue;
    let last = 0;
    const largest: Record<string, number> = {};
    errors.push({ kernel: name, largest });
    summaries.push(
      await verifyKernel(kernel, {
        seed,
        checks: chosen,
        onProgress: (check, done, of) => {
          if (!terminal || performance.now() - last < 50) return;
          last = performance.now();
          status(`${name}: ${check} ${done}/${of}`);
        },
        onOutcome: (id, { worst }) => {
          const [check, activation] = id.split("/");
          if (check !== "sweep" || !isActivation(activation)) return;
          const ulp = worst * kernel.traits.activationUlp[activation];
          largest[activation] = Math.max(largest[activation] ?? 0, ulp);
        },
      }),
    );
    if (terminal) status("");
  }
  return { summaries, errors };
}

/** The largest errors that the sweep met, in ULP. */
interface ActivationErrors {
  readonly kernel: string;
  readonly largest: Readonly<Record<string, number>>;
}

/** A line for each kernel; none where there was no sweep. */
function formatErrors(errors: readonly ActivationErrors[]): string[] {
  return errors.flatMap(({ kernel, largest }) => {
    const each = Object.entries(largest).map(([name, ulp]) =>
      `${name} ${ulp > 0 ? ulp.toFixed(4) : "exact"}`
    );
    return each.length > 0 ? [`${kernel}, largest error in ULP: ${each.join(", ")}`] : [];
  });
}

/** The table of kernels and checks: cases and the worst share of the bound. */
function formatSummaries(summaries: readonly Summary[], chosen: readonly Check[]): string {
  const header = ["kernel", ...chosen.map(({ name }) => name), "result"];
  const rows = summaries.map((summary) => [
    summary.kernel,
    ...summary.checks.map(({ cases, worst, failures }) =>
      failures.length > 0 ? `${failures.length} of ${cases} failed` : `${cases} ${share(worst)}`
    ),
    summary.passed ? "PASS" : "FAIL",
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
  return [
    bold(line(header)),
    ...rows.map((row) => (row.at(-1) === "PASS" ? green : red)(line(row))),
  ].join("\n");
}

/** Verifies, and returns the exit code: 0 where all passed, 1 where a case failed. */
export async function main(args: readonly string[]): Promise<number> {
  const given = readOptions(args, options);
  if (given.given.has("help")) {
    print(helpText({
      usage: "deno task verify [options]",
      summary:
        "Checks every kernel against float64: exactly where possible, else by proven bounds.",
      options,
      notes: ["The table shows cases, and the worst error as a share of its bound."],
    }));
    return 0;
  }
  const seed = wholeNumberOf(given, "seed", { low: 0, high: 2 ** 32 - 1, otherwise: defaultSeed });
  const model = textOf(given, "model");
  const only = model === undefined ? ["input", "rows"] : ["checks", "case", "full", "stride"];
  for (const option of only.filter((name) => given.given.has(name))) {
    throw new UsageError(
      `--${option} ${model === undefined ? "needs" : "does not go with"} --model`,
    );
  }
  if (model !== undefined) {
    const { exitCode } = await verifyModelCommand({
      model,
      input: textOf(given, "input"),
      kernels: namesOf(given, "kernels", kernelNames, "kernel"),
      seed,
      rows: wholeNumberOf(given, "rows", { low: 1, high: 2 ** 27, otherwise: 0 }) || undefined,
    });
    return exitCode;
  }
  const stride = given.given.has("full")
    ? 1
    : wholeNumberOf(given, "stride", { low: 1, high: 2 ** 24, otherwise: 0 });
  const all = stride === 0 ? checks : checksWith(stride);
  const path = textOf(given, "case");
  if (path !== undefined) return await repeatCase(path, all, seed);
  const names = namesOf(given, "kernels", kernelNames, "kernel");
  const wanted = namesOf(given, "checks", checkNames, "check");
  const chosen = all.filter(({ name }) => wanted.includes(name));
  const start = performance.now();
  const { summaries, errors } = await verifyAll(names, chosen, seed);
  for (const { kernel, checks: found } of summaries) {
    for (const { failures } of found) {
      for (const failure of failures.slice(0, failuresShown)) {
        print(red(`${kernel}/${failure.id}: ${failure.problem}`));
        print(`  repeat: ${commandFor(kernel, failure, seed)}`);
      }
      if (failures.length > failuresShown) print(`  and ${failures.length - failuresShown} more`);
    }
  }
  print(formatSummaries(summaries, chosen));
  for (const line of formatErrors(errors)) print(line);
  const found = summaries.flatMap(({ checks }) => checks);
  const failed = found.reduce((sum, { failures }) => sum + failures.length, 0);
  const cases = found.reduce((sum, each) => sum + each.cases, 0);
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  print(`seed ${seed}, ${seconds} s: ${cases - failed} passed, ${failed} failed`);
  return failed > 0 || summaries.length === 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

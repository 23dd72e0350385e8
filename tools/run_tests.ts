/**
 * `deno task test`: runs `deno test` with the arguments given, the tests of a
 * folder in one isolate, and says once more at the end what was skipped and why,
 * which is otherwise lost among a thousand titles. `--doc` adds all examples;
 * `--except=test-long` leaves out the tests that this task of deno.json runs.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { denoPath } from "../common/deno_path.ts";
import { print, runCommand, UsageError } from "../common/command.ts";
import { formatCount } from "../common/numbers.ts";
import { formatList } from "../common/text.ts";
import denoConfig from "../deno.json" with { type: "json" };
import { findTests, groupTests } from "./test_groups.ts";

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

/** How many tests and steps of a JUnit report were skipped, by the reason at the end of their titles. */
export function skippedIn(junit: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, name = ""] of junit.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped\/>/g)) {
    const title = name.replaceAll(/&(\w+);/g, (all, entity) => entities[entity] ?? all);
    const reason = /\(skipped: (.*)\)$/.exec(title)?.[1] ?? title;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** What was skipped, in a line for each reason; empty where nothing was. */
export function formatSkipped(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return "";
  return [
    "Skipped for what this machine lacks (DENSEMARK_REQUIRE_ALL=1 makes it a failure):",
    ...[...counts].map(([reason, count]) => `  ${formatCount(count, "test")}: ${reason}`),
  ].join("\n");
}

/**
 * Whether a report is whole, has tests of webgpu that ran, and no failure. A process
 * that used Mesa's software driver may be aborted at its very end, as its libraries
 * are unloaded: a core dump shows glibc find the heap of the thread damaged that had
 * opened the driver. In ten runs without the driver it did not happen.
 */
export function passedWithGpu(junit: string): boolean {
  const [, tests = "0"] = /<testsuites\b[^>]* tests="(\d+)" failures="0" errors="0"/.exec(junit) ??
    [];
  const ran = [...junit.matchAll(/<testcase name="([^"]*)"[^>]*>(?!\s*<skipped\/>)/g)];
  return Number(tests) > 0 && junit.trimEnd().endsWith("</testsuites>") &&
    ran.some(([, name = ""]) => name.includes("webgpu"));
}

const except = "--except=";

const tasks: Readonly<Record<string, { readonly command: string }>> = denoConfig.tasks;

/**
 * What a task of deno.json gives to this program.
 *
 * @throws {UsageError} where it is no task of tests.
 */
export function argsOf(task: string): readonly string[] {
  const command = Object.hasOwn(tasks, task) ? tasks[task]!.command : "";
  const [, args] = command.split("tools/run_tests.ts ");
  if (args === undefined) throw new UsageError(`there is no task of tests "${task}"`);
  return args.split(/\s+/);
}

/** The tasks whose tests are left out. */
function excepted(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg.startsWith(except))
    .flatMap((arg) => arg.slice(except.length).split(","));
}

/** The paths among arguments of `deno test`, and those of the tasks that `--except=` names, which are left out. */
export function pathsOf(
  args: readonly string[],
): { readonly paths: readonly string[]; readonly ignored: readonly string[] } {
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const ignored = excepted(args).flatMap((task) => pathsOf(argsOf(task)).paths);
  return { paths: paths.length > 0 ? paths : ["."], ignored };
}

/** How a process of tests ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly junit: string;
}

/**
 * The exit code of tests. The same damage by the driver may end the process when an
 * isolate that used it ends, while others are at work: then all are run once more.
 */
export async function runToItsEnd(run: () => Promise<Ended>): Promise<number> {
  for (let again = false;; again = true) {
    const { code, signal, junit } = await run();
    const skipped = formatSkipped(skippedIn(junit));
    if (skipped !== "") print(skipped);
    if (signal !== "SIGABRT" && signal !== "SIGSEGV") return code;
    if (passedWithGpu(junit)) {
      print(
        `All tests passed; the process was ended by ${signal} as it unloaded the GPU's driver.`,
      );
      return 0;
    }
    print(`The process was ended by ${signal} before its tests had ended.`);
    if (again) return code;
    print("They are run once more.");
  }
}

async function run(args: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  const report = join(folder, "report.xml");
  try {
    const { paths, ignored } = pathsOf(args);
    const { tests } = findTests(paths, ignored);
    // Those that are named one by one take long: each has an isolate, and they run side by side.
    const named = new Set(paths.map((path) => resolve(path)));
    const modules = tests.filter((file) => named.has(file));
    for (const [name, source] of groupTests(tests.filter((file) => !named.has(file)))) {
      modules.push(join(folder, name));
      await Deno.writeTextFile(join(folder, name), source);
    }
    // Without a file, `deno test` would run all there are.
    if (modules.length === 0) {
      const others = findTests(paths, []).tests.length > 0
        ? ` but those of ${formatList(excepted(args))}`
        : "";
      throw new UsageError(`there are no tests in ${paths.join(", ")}${others}`);
    }
    const testArgs = [
      "test",
      `--junit-path=${report}`,
      ...args.filter((arg) => arg.startsWith("-") && !arg.startsWith(except)),
      ...modules,
      // Examples are those of the whole repository, each in an isolate of its own.
      ...args.includes("--doc") ? findTests(["."], []).documents : [],
    ];
    return await runToItsEnd(async () => {
      // Where a module cannot be loaded there is no report.
      await Deno.writeTextFile(report, "");
      const { code, signal } = await new Deno.Command(denoPath(), { args: testArgs }).spawn()
        .status;
      return { code, signal, junit: await Deno.readTextFile(report) };
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await runCommand(run, Deno.args));

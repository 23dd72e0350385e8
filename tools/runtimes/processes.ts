/**
 * The runtimes that run the program in a process: Node, Bun and Deno, the
 * installed ones and those that npm has.
 *
 * @module
 */
import { errorLine } from "../../common/errors.ts";
import { execute } from "./execute.ts";
import type { Outcome, Run } from "./outcome.ts";
import { bundleByDeno, bundleByEsbuild, entry, type Project, sourceMap } from "./project.ts";
import { join } from "node:path";

/** A program's path and the arguments before its file; or why there is none. */
type Command = { readonly command: string; readonly args?: readonly string[] } | {
  readonly missing: string;
};

/** Runs the program by a command, where there is that. */
async function runBy(
  found: Command,
  file: string,
  { folder, program }: Project,
): Promise<Run> {
  if ("missing" in found) return { kind: "not available", reason: found.missing };
  try {
    const { stdout } = await execute(found.command, [...found.args ?? [], file], { cwd: folder });
    const outcome = JSON.parse(stdout) as Outcome;
    const whole = file !== entry && file !== program;
    return { kind: "ran", outcome, bundle: whole ? (await Deno.stat(file)).size : null };
  } catch (error) {
    return { kind: "failed", reason: errorLine(error) };
  }
}

/** A program that is installed. */
async function installed(command: string, { folder }: Project): Promise<Command> {
  try {
    await execute(command, ["--version"], { cwd: folder });
    return { command };
  } catch (error) {
    return { missing: errorLine(error) };
  }
}

/** A program of a package of npm. */
async function fromNpm(name: string, version: string, { folder }: Project): Promise<Command> {
  try {
    const where = ["--yes", `--package=${name}@${version}`, "--call", `command -v ${name}`];
    const { stdout } = await execute("npx", where, { cwd: folder });
    const command = stdout.trim();
    await execute(command, ["--version"], { cwd: folder });
    return { command };
  } catch (error) {
    return { missing: errorLine(error) };
  }
}

const deno = (...args: string[]): Command => ({ command: Deno.execPath(), args });

/** Without a permission and without a prompt for one. */
const bare = ["run", "--quiet", "--no-check", "--no-prompt", "--no-lock"];

/** What has V8 take the processor for one that is older than WebAssembly's SIMD needs. */
const oldProcessor = ["sse4-1", "sse4-2", "avx", "avx2"].map((one) => `--no-enable-${one}`).join();

/** A file that Deno, or esbuild, made, or the failure to make it. */
async function made(make: () => Promise<string>, run: (file: string) => Promise<Run>) {
  try {
    return await run(await make());
  } catch (error) {
    return { kind: "failed", reason: errorLine(error) } as const;
  }
}

/** `deno compile`, which needs a part that Deno downloads. */
async function compiled(project: Project): Promise<Run> {
  const out = join(project.folder, "compiled");
  try {
    await execute(Deno.execPath(), [
      "compile",
      "--quiet",
      "--no-check",
      `--import-map=${await sourceMap(project.folder)}`,
      `--output=${out}`,
      entry,
    ], { cwd: project.folder });
  } catch (error) {
    const reason = errorLine(error);
    return reason.includes("denort")
      ? { kind: "not available", reason: "its part `denort` could not be downloaded" }
      : { kind: "failed", reason };
  }
  return await runBy({ command: out }, out, project);
}

/** How each runtime runs the program, by its name in the table. */
export const processes: Readonly<Record<string, (project: Project) => Promise<Run>>> = {
  "Deno, source": async (project) =>
    await runBy(
      deno(...bare, `--import-map=${await sourceMap(project.folder)}`),
      entry,
      project,
    ),
  "Deno, package": (project) => runBy(deno(...bare), project.program, project),
  "deno bundle, in Deno": (project) =>
    made(() => bundleByDeno(project.folder), (file) => runBy(deno(...bare), file, project)),
  "deno compile": compiled,
  "Node, installed": async (project) =>
    await runBy(await installed("node", project), project.program, project),
  "Node 22": async (project) =>
    await runBy(await fromNpm("node", "22", project), project.program, project),
  "Node 24": async (project) =>
    await runBy(await fromNpm("node", "24", project), project.program, project),
  "Node, no code from strings": async (project) => {
    const node = await installed("node", project);
    const strict = "missing" in node
      ? node
      : { ...node, args: ["--disallow-code-generation-from-strings"] };
    return await runBy(strict, project.program, project);
  },
  "Node, no WebAssembly": async (project) => {
    const node = await installed("node", project);
    return await runBy(
      "missing" in node ? node : { ...node, args: ["--jitless"] },
      project.program,
      project,
    );
  },
  "Deno, no SIMD": async (project) =>
    Deno.build.arch === "x86_64"
      ? await runBy(deno(...bare, `--v8-flags=${oldProcessor}`), project.program, project)
      : { kind: "not available", reason: "V8 can be told so on x86-64 alone" },
  "esbuild without options, in Node": async (project) =>
    await runBy(await installed("node", project), project.script, project),
  "esbuild of the source, in Node": (project) =>
    made(
      () => bundleByEsbuild(project.folder),
      async (file) => await runBy(await installed("node", project), file, project),
    ),
  "Bun": async (project) =>
    await runBy(await fromNpm("bun", "1", project), project.program, project),
};

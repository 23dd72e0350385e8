import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, inFolder, runDeno } from "../common/deno_testing.ts";
import config from "../deno.json" with { type: "json" };
import { toJson } from "../results/json.ts";
import { sampleResults } from "../results/sample_testing.ts";
import type { Environment } from "../results/schema.ts";

const root = new URL("..", import.meta.url);
const tasks: Readonly<Record<string, { readonly command: string }>> = config.tasks;
type Task = keyof typeof config.tasks;

/** The permissions of a command, one by one: `--allow-run=git,deno` as two. */
function permissionsOf(words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith("--allow-")).flatMap((word) => {
    const [flag = "", values] = word.split("=");
    return values === undefined ? [flag] : values.split(",").map((value) => `${flag}=${value}`);
  });
}

/** The arguments of a task's `deno run`, up to its script. */
function argumentsOf(task: Task): string[] {
  const words = tasks[task]!.command.split(" ");
  const script = words.findIndex((word) => /^[^-].*\.ts$/.test(word));
  return words.slice(words.indexOf("run") + 1, script + 1);
}

/** How a task ends that has these permissions alone. */
function runWith(
  task: Task,
  permissions: readonly string[],
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const own = argumentsOf(task).filter((word) => !word.startsWith("--allow-"));
  return runDeno(["run", "--no-prompt", "--no-check", ...permissions, ...own, ...args], {
    cwd: root,
    env,
    signal: AbortSignal.timeout(300_000),
  });
}

/** All permissions of a task but one, which it must have. */
function without(task: Task, permission: string): string[] {
  const all = permissionsOf(argumentsOf(task));
  assert(all.includes(permission), `${task} has no ${permission}`);
  return all.filter((one) => one !== permission);
}

/** A section of docs/commands.md. */
function sectionOf(heading: string): string {
  const text = Deno.readTextFileSync(new URL("docs/commands.md", root));
  return text.split(/^(?=#+ )/m).find((one) => one.startsWith(heading)) ?? "";
}

/** The rows of a section's table, by the text of the first cell's code. */
function rowsOf(heading: string): Map<string, string[]> {
  return new Map(
    sectionOf(heading).split("\n").filter((line) => line.startsWith("| `")).map((line) => {
      const [first = "", ...cells] = line.split("|").slice(1, -1).map((cell) => cell.trim());
      return [first.replaceAll("`", ""), cells];
    }),
  );
}

Deno.test("docs/commands.md has the permissions of each task, as deno.json has them", () => {
  const documented: Record<string, string[]> = {};
  for (const [permission, [names = ""]] of rowsOf("## Permissions")) {
    for (const name of names.split(", ")) (documented[name] ??= []).push(permission);
  }
  for (const [name, { command }] of Object.entries(tasks)) {
    const granted = [...new Set(permissionsOf(command.split(" ")))].toSorted();
    assertEquals(documented[name]?.toSorted() ?? [], granted, name);
  }
  assertEquals(Object.keys(documented).filter((name) => !Object.hasOwn(tasks, name)), []);
});

Deno.test("docs/commands.md has every task", () => {
  const text = sectionOf("# Commands");
  const named = [...text.matchAll(/`(?:deno task )?([a-z-]+)/g)].map(([, name]) => name);
  assertEquals(Object.keys(tasks).filter((name) => !named.includes(name)), []);
});

Deno.test("the program of every task has help, and reports errors in one line", () => {
  for (const task of Object.keys(tasks) as Task[]) {
    const [script = ""] = argumentsOf(task).filter((word) => word.endsWith(".ts"));
    // `check` runs Deno's own commands alone.
    if (task === "check") continue;
    const source = Deno.readTextFileSync(new URL(script, root));
    assertMatch(source, /Deno\.exit\(await runCommand\(\w+, Deno\.args\)\)/, task);
  }
});

for (const task of ["xor", "article-layer", "iris", "cars"] as const) {
  Deno.test(`${task} needs no permission`, async () => {
    assertEquals(permissionsOf(argumentsOf(task)), []);
    const { code, stderr } = await runWith(task, [], task === "iris" ? ["--help"] : ["--trace"]);
    assertEquals([code, stderr], [0, ""]);
  });
}

/** What a command does with files, and what it cannot do without a permission. */
interface Trial {
  readonly args: readonly string[];
  /** Each ends with a line that names it. */
  readonly needed: readonly string[];
  /** Whether it takes so long, or writes into the repository, that it is not tried with all. */
  readonly refusedOnly?: boolean;
}

/** Commands on a file of results, whose path is RUN, and with a path OUT for what they write. */
const trials: Partial<Record<Task, readonly Trial[]>> = {
  inspect: [{ args: ["models/fixtures/mnist.safetensors"], needed: ["--allow-read"] }],
  "predict-keras": [{ args: [], needed: ["--allow-read=models/fixtures"] }],
  history: [{ args: ["--out", "FOLDER"], needed: ["--allow-read"] }],
  serve: [
    {
      args: ["FOLDER", "--port", "0"],
      needed: ["--allow-read", "--allow-net=127.0.0.1"],
      refusedOnly: true,
    },
  ],
  compare: [{
    args: ["RUN", "RUN", "--json", "OUT"],
    needed: ["--allow-read", "--allow-write"],
  }],
  export: [{
    args: ["RUN", "--format", "bencher", "--out", "OUT"],
    needed: ["--allow-read", "--allow-write"],
  }],
  report: [{ args: ["RUN", "--out", "OUT"], needed: ["--allow-read", "--allow-write"] }],
  readme: [{ args: ["RUN"], needed: ["--allow-read", "--allow-write=."], refusedOnly: true }],
  "train-mnist": [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  "fine-tune": [{ args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"] }],
  "record-noise": [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  ceilings: [
    { args: ["--json", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
    { args: [], needed: ["--allow-read"], refusedOnly: true },
  ],
  mutate: [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  calibrate: [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  verify: [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  bench: [
    { args: ["--out", "OUT"], needed: ["--allow-read", "--allow-write"], refusedOnly: true },
  ],
  "verify-tfjs": [{ args: [], needed: ["--allow-read"], refusedOnly: true }],
  "training-step": [
    { args: ["--rounds", "1"], needed: ["--allow-read"], refusedOnly: true },
  ],
  "cold-start": [{ args: [], needed: ["--allow-run=deno"], refusedOnly: true }],
  "under-load": [
    {
      args: ["--beside", "one", "--seconds", "1"],
      needed: ["--allow-run=deno"],
      refusedOnly: true,
    },
  ],
};

/** Calls `test` with the arguments of a trial, for which there is a run in a folder of runs. */
function inTrial<T>(args: readonly string[], test: (args: string[]) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const run = join(folder, "2026-01-02T03-04-05-quick");
    await Deno.mkdir(run);
    await Deno.writeTextFile(join(run, "results.json"), toJson(sampleResults()));
    const paths: Readonly<Record<string, string>> = {
      FOLDER: folder,
      RUN: join(run, "results.json"),
      OUT: join(folder, "out"),
    };
    return await test(args.map((arg) => paths[arg] ?? arg));
  });
}

for (const [task, all] of Object.entries(trials) as [Task, readonly Trial[]][]) {
  for (const { args, needed, refusedOnly = false } of all) {
    const title = [task, ...args].join(" ");
    if (!refusedOnly) {
      Deno.test(`${title} works with the permissions of its task`, () =>
        inTrial(args, async (args) => {
          const { code, stderr } = await runWith(task, permissionsOf(argumentsOf(task)), args);
          // 1 is of `compare`, where an output in a file was wrong.
          assertNotEquals(code, 2, stderr);
        }));
    }
    for (const permission of needed) {
      Deno.test(`${title} names ${permission} where it is missing, in one line`, () =>
        inTrial(args, async (args) => {
          const { code, stdout, stderr } = await runWith(task, without(task, permission), args);
          assertEquals([code, stdout], [2, ""], stderr);
          assertMatch(stderr, /^error: [^\n]+\n$/);
          const [flag = ""] = permission.split("=");
          assertMatch(stderr, new RegExp(`${flag}\\b`));
        }));
    }
  }
}

Deno.test("history is coloured behind a pipe where FORCE_COLOR may be read", () =>
  inTrial(["--out", "FOLDER"], async (args) => {
    const colour = { NO_COLOR: "", FORCE_COLOR: "1" };
    const all = await runWith("history", permissionsOf(argumentsOf("history")), args, colour);
    const less = without("history", "--allow-env=FORCE_COLOR");
    const plain = await runWith("history", less, args, colour);
    assertEquals([all.stdout.includes("\x1b["), plain.stdout.includes("\x1b[")], [true, false]);
  }));

/** What a result says of the machine, read with these permissions. */
async function environmentWith(
  permissions: readonly string[],
): Promise<Environment & { readonly engine: string }> {
  const url = new URL("results/environment.ts", root).href;
  return await inFolder(async (folder) => {
    const script = join(folder, "environment.ts");
    await Deno.writeTextFile(
      script,
      `import { readEngine, readEnvironment } from ${JSON.stringify(url)};
       console.log(JSON.stringify({ ...await readEnvironment(), engine: readEngine() }));`,
    );
    const map = `--import-map=${fileURLToPath(new URL("import_map.json", root))}`;
    const args = ["run", "--quiet", "--no-prompt", "--no-check", "--no-lock", "--no-config", map];
    const { code, stdout, stderr } = await runDeno([...args, ...permissions, script], {
      env: { DENO_V8_FLAGS: "--liftoff" },
    });
    assertEquals(code, 0, stderr);
    return JSON.parse(stdout);
  });
}

const machine = permissionsOf(argumentsOf("bench")).filter((one) =>
  /=(?:git|DENO_V8_FLAGS)$|^--allow-sys=/.test(one)
);

Deno.test("each permission to ask for the machine is needed: without it a field is unknown", async () => {
  const { load, ...all } = await environmentWith(machine);
  const unknown: Readonly<Record<string, Partial<typeof all>>> = {
    "--allow-run=git": { commit: null },
    "--allow-env=DENO_V8_FLAGS": { engine: "plain" },
    "--allow-sys=osRelease": { os: Deno.build.os },
    "--allow-sys=cpus": { cpu: "unknown" },
    "--allow-sys=systemMemoryInfo": { memory: 0 },
    "--allow-sys=loadavg": {},
  };
  assertEquals(machine.toSorted(), Object.keys(unknown).toSorted());
  await Promise.all(
    Object.entries(unknown).map(async ([permission, fields]) => {
      const given = machine.filter((one) => one !== permission);
      const { load: now, ...found } = await environmentWith(given);
      if (permission === "--allow-sys=loadavg") {
        assertEquals(now, undefined);
        if (Deno.build.os !== "windows") assertNotEquals(load, undefined);
      }
      assertEquals(found, { ...all, ...fields }, permission);
    }),
  );
});

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { inFolder, namesIn, runDeno } from "../common/deno_testing.ts";
import { kernelNames, listKernels } from "../kernels/registry.ts";
import type { Results } from "../results/schema.ts";
import { parseResults } from "../results/validate.ts";
import { FileError } from "../results/files.ts";
import { createSaver, isUntimed, main } from "./cli.ts";
import { options } from "./options.ts";
import type { Snapshot } from "./run/session.ts";

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown kernel": [
    ["--kernels", "fast"],
    `unknown kernel "fast"; there are ${kernelNames.join(", ")}`,
  ],
  "an unknown suite": [["--suite", "all"], 'unknown suite "all"; there are quick, dense, gemm'],
  "an unknown option": [["--speed"], "unknown option --speed; there are --suite, --shape, --sweep"],
  "an unknown peer": [["--peers", "x"], 'unknown peer "x"; there are ml-matrix'],
  "a word": [["quick"], 'unexpected argument "quick"'],
  "a filter that nothing matches": [["--filter", "zzz"], 'no workload of quick contains "zzz"'],
  "a negative number of rounds": [
    ["--rounds", "-3"],
    '--rounds must be a whole number from 1 to 1000; got "-3"',
  ],
  "half a round": [
    ["--rounds", "1.5"],
    '--rounds must be a whole number from 1 to 1000; got "1.5"',
  ],
  "an option without its value": [["--suite"], "--suite needs a value: --suite NAME"],
  "an option that is given twice": [["--suite", "a", "--suite", "b"], "--suite is given twice"],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`bench refuses ${what}`, async () => {
    await assertRejects(() => main(args), UsageError, message);
  });
}

/** Runs the command as a user does. */
async function bench(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runDeno(["task", "--quiet", "bench", ...args], {
    cwd: new URL("..", import.meta.url),
    env: environment,
  });
  return { code, out: stdout, err: stderr };
}

// The verifier's findings are kept beside the runs: shared by the tests, which would take long else.
const runs = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(runs, { recursive: true }));

/** The runs in the folder, without what the verifier found. */
function runsIn(folder: string): string[] {
  return namesIn(folder).filter((name) => !name.startsWith("verification"));
}

/** Calls `test` with a folder of runs that has none, and removes those that it made. */
async function inRuns(test: (folder: string) => Promise<void>): Promise<void> {
  try {
    await test(runs);
  } finally {
    for (const name of runsIn(runs)) await Deno.remove(`${runs}/${name}`, { recursive: true });
  }
}

/** The path and the results of the only run in a folder. */
async function runIn(folder: string): Promise<{ path: string; results: Results }> {
  const names = runsIn(folder);
  assertEquals(names.length, 1);
  const path = `${folder}/${names[0]}`;
  return { path, results: parseResults(await Deno.readTextFile(`${path}/results.json`)) };
}

Deno.test("bench exits with code 2 and one line where the folder cannot be written", async () => {
  const file = await Deno.makeTempFile();
  const { code, out, err } = await bench(["--out", file]);
  assertEquals([code, out], [2, ""]);
  assertEquals(err.trim().split("\n").length, 1);
  assertStringIncludes(err, `error: cannot make a folder in "${file}"`);
  await Deno.remove(file);
});

Deno.test("bench --against a URL that a task may not load says what can be done instead", async () => {
  const url = "http://127.0.0.1:9/densemark";
  const { code, out, err } = await bench(["--against", url]);
  assertEquals([code, out], [2, ""]);
  assertMatch(err, /^error: --against "http:[^\n]+\n$/);
  assertEquals(/--allow|permission/.test(err), false);
  assertStringIncludes(
    err,
    `git fetch "${url}" where it is a repository and give --against FETCH_HEAD`,
  );
});

Deno.test("bench exits with code 2 and one line for a usage error, and a stack with --trace", async () => {
  const plain = await bench(["--rounds", "-1"]);
  assertEquals([plain.code, plain.out], [2, ""]);
  assertEquals(plain.err, 'error: --rounds must be a whole number from 1 to 1000; got "-1"\n');
  const traced = await bench(["--rounds", "-1", "--trace"]);
  assertStringIncludes(traced.err, "command.ts");
});

Deno.test("bench --help names every option", async () => {
  const { code, out } = await bench(["--help"]);
  assertEquals(code, 0);
  for (const option of Object.keys(options)) assertStringIncludes(out, `--${option}`);
  assertStringIncludes(out, "--help");
});

Deno.test("bench writes its three files into a dated folder and prints their paths", () =>
  inRuns(async (folder) => {
    const { code, out, err } = await bench(["--filter", "tiny", "--rounds", "6", "--out", folder]);
    assertEquals(code, 0, err);
    const { path, results } = await runIn(folder);
    assertMatch(path, /\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-quick$/);
    const files = namesIn(path);
    assertEquals(files, ["report.html", "results.csv", "results.json"]);
    for (const file of files) assertStringIncludes(out, `${path}/${file}`);
    // The answer is above the prompt, and the page to open comes last.
    const ending = out.trimEnd().split("\n").slice(-8);
    assertEquals(ending.at(-1), `${path}/report.html`);
    // One that none leads, on a machine that is busy, is an answer too.
    assertEquals(
      ending.some((line) => / is the fastest on |No kernel was faster/.test(line)),
      true,
      out,
    );
    const gpu = (await listKernels()).find(({ name }) => name === "webgpu");
    const timed = gpu?.available === true && !gpu.traits.device.endsWith(", software");
    const found = results.kernels.find(({ name }) => name === "webgpu");
    assertEquals(found?.unavailable === null, timed, found?.unavailable ?? "");
    if (!timed) assertStringIncludes(err, "Warning: webgpu is skipped: ");
  }));

/** One workload of one kernel. */
const square64 = ["--suite", "gemm", "--kernels", "naive", "--filter", "square-64"];

/** A run that ends soon. */
const short = ["--filter", "tiny", "--launches", "2", "--rounds", "3", "--no-ceilings"];

Deno.test("bench --engine both writes one file with both engines, each compared with its own baseline", () =>
  inRuns(async (folder) => {
    const only = [...short, "--kernels", "blocked,wasm-simd"];
    const { code, out, err } = await bench([...only, "--engine", "both", "--out", folder]);
    assertEquals(code, 0, err);
    const { results } = await runIn(folder);
    assertEquals(results.results.map(({ kernel }) => kernel).toSorted(), [
      "blocked (plain)",
      "blocked (revec)",
      "wasm-simd (plain)",
      "wasm-simd (revec)",
      "wasm-simd-control (plain)",
      "wasm-simd-control (revec)",
    ]);
    assertEquals(new Set(results.kernels.map(({ engine }) => engine)).size, 2);
    assertEquals(results.results.every(({ roundMedians }) => roundMedians.length === 6), true);
    assertEquals(
      results.verdicts?.map(({ kernel, baseline }) => [kernel, baseline]).toSorted(),
      [["blocked (plain)", "wasm-simd (plain)"], ["blocked (revec)", "wasm-simd (revec)"]],
    );
    assertEquals(results.noise?.controls.length, 2);
    // How noisy it was comes before any number.
    assertEquals(out.startsWith(results.noise?.sentence ?? "-"), true);
  }));

Deno.test("bench --against a git ref measures both versions, and leaves no folder behind", () =>
  inRuns((folder) =>
    inFolder(async (temporary) => {
      const only = [...short, "--kernels", "blocked", "--out", folder];
      const { code, err } = await bench([...only, "--against", "HEAD"], { TMPDIR: temporary });
      assertEquals(code, 0, err);
      assertEquals(namesIn(temporary).filter((name) => name.startsWith("densemark-")), []);
      const { results } = await runIn(folder);
      const old = results.kernels.find(({ version }) => version !== undefined);
      assertEquals([old?.name, old?.base, old?.unavailable], ["blocked@HEAD", "blocked", null]);
      assertEquals(
        results.verdicts?.map(({ kernel, baseline }) => [kernel, baseline]),
        [["blocked", "blocked@HEAD"]],
      );
    })
  ));

Deno.test("bench --fail-on-regression exits with code 3 where a kernel is slower, and again in a fresh process", () =>
  inRuns((folder) =>
    inFolder(async (old) => {
      // The other version's naive is blocked, which is many times as fast.
      const registry = new URL("../kernels/registry.ts", import.meta.url).href;
      await Deno.mkdir(`${old}/kernels`);
      await Deno.writeTextFile(
        `${old}/kernels/registry.ts`,
        `import * as now from ${JSON.stringify(registry)};
         export const createKernel = (name: string, options?: object) =>
           now.createKernel(name === "naive" ? "blocked" : name as "blocked", options);`,
      );
      const only = [...square64, "--no-ceilings"];
      const against = ["--against", `file://${old}`, "--fail-on-regression"];
      const { code, out, err } = await bench([...only, ...against, "--out", folder]);
      assertEquals(code, 3, err);
      assertStringIncludes(out, "perhaps slower: naive on square-64; measured again to decide");
      assertStringIncludes(out, "regression, confirmed: naive on square-64");
      // The files are of the first run, whole.
      assertEquals((await runIn(folder)).results.partial, false);
    })
  ));

Deno.test("bench ends cleanly on Ctrl-C and keeps a partial result", () =>
  inRuns(async (folder) => {
    const only = [...square64, "--rounds", "1000"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "bench/cli.ts", ...only, "--out", folder],
      cwd: new URL("..", import.meta.url),
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    let seen = "";
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    // Not every round is reported: some are over too soon. Six must be complete.
    while (![...seen.matchAll(/round (\d+)\//g)].some(([, round]) => Number(round) >= 8)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the run ended too soon: ${seen}`);
      seen += value;
    }
    child.kill("SIGINT");
    while (!(await reader.read()).done);
    const out = await new Response(child.stdout).text();
    assertEquals((await child.status).code, 0, out);
    assertStringIncludes(out, "this run is partial");
    const { results } = await runIn(folder);
    assertEquals(results.partial, true);
    assertEquals(results.results.every(({ roundMedians }) => roundMedians.length >= 6), true);
  }));

Deno.test("bench stopped before anything was timed says so, with code 1, and leaves no folder", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/deep/runs`;
    const only = square64;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "bench/cli.ts", ...only, "--out", folder],
      cwd: new URL("..", import.meta.url),
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    // Of the verifier, or of the ceilings where there is nothing to verify.
    let seen = (await reader.read()).value ?? "";
    child.kill("SIGINT");
    for (let part = await reader.read(); !part.done; part = await reader.read()) seen += part.value;
    const out = await new Response(child.stdout).text();
    assertEquals(out, "stopped before anything was timed; nothing was written\n");
    assertEquals((await child.status).code, 1);
    assertEquals([namesIn(parent), seen.includes("Warning")], [[], false], seen);
  }));

/** A result of which only these fields are looked at. */
function untimed(status: "passed" | "failed", timed = false): Snapshot["results"][number] {
  const seconds = timed ? { median: 1, low: 1, high: 1, min: 1, confidence: 0 } : null;
  return {
    seconds,
    verification: { status, detail: "", worst: null },
  } as Snapshot["results"][number];
}

Deno.test("isUntimed() is true where there is neither a time nor a wrong output", () => {
  assertEquals(isUntimed({ results: [] }), true);
  assertEquals(isUntimed({ results: [untimed("passed"), untimed("passed")] }), true);
  assertEquals(isUntimed({ results: [untimed("passed"), untimed("passed", true)] }), false);
  assertEquals(isUntimed({ results: [untimed("failed")] }), false);
});

Deno.test("createSaver() says once that nothing can be saved, and goes on", async () => {
  const warnings: string[] = [];
  const saved: number[] = [];
  const save = createSaver((found: number) => {
    if (found < 3) return Promise.reject(new FileError("cannot write x: the disk is full"));
    saved.push(found);
    return Promise.resolve();
  }, (text) => warnings.push(text));
  for (const found of [1, 2, 3]) await save(found);
  assertEquals([saved, warnings.length], [[3], 1]);
  assertStringIncludes(warnings[0] ?? "", "not saved: cannot write x: the disk is full; the run");
  const bug = createSaver(() => Promise.reject(new TypeError("a bug")), () => {});
  await assertRejects(() => bug(1), TypeError, "a bug");
});

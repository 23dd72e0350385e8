import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Ended, inFolder, runDeno } from "../../common/deno_testing.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { toBencher } from "./bencher.ts";
import { toGithubActionBenchmark } from "./github_action_benchmark.ts";

const cli = new URL("cli.ts", import.meta.url);

/** Runs the command with the permissions of `deno task export` and no more. */
function run(...args: readonly string[]): Promise<Ended> {
  const flags = ["--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env=NO_COLOR"];
  return runDeno(["run", ...flags, cli.href, ...args]);
}

Deno.test("export does not write over the run that it reads, by whatever name", () =>
  inFolder(async (folder) => {
    const path = `${folder}/results.json`;
    const text = JSON.stringify(sampleResults());
    await Deno.writeTextFile(path, text);
    await Deno.link(path, `${folder}/link.json`);
    await Deno.mkdir(`${folder}/sub`);
    for (const out of [path, `${folder}/sub/../results.json`, `${folder}/link.json`]) {
      const { code, stderr } = await run(folder, "--format", "bencher", "--out", out);
      assertEquals(code, 2);
      assertStringIncludes(stderr, "is the file to be read, which would be lost; name another");
    }
    assertEquals(await Deno.readTextFile(path), text);
  }));

Deno.test("export writes to standard output or a file, and says what it left out", () =>
  inFolder(async (folder) => {
    const path = `${folder}/results.json`;
    await Deno.writeTextFile(path, JSON.stringify(sampleResults()));
    const note = "Warning: 2 results without a verified time left out: " +
      "onnxruntime-web/tiny-odd and ml-matrix/gpt2-decode.\n";
    const printed = await run(path, "--format", "bencher");
    const { text } = toBencher(sampleResults());
    assertEquals(printed, { code: 0, stdout: `${text}\n`, stderr: note });
    const out = `${folder}/smaller.json`;
    const format = ["--format", "github-action-benchmark", "--better", "smaller"];
    assertEquals(await run(path, ...format, "--out", out), {
      code: 0,
      stdout: `${out}\n`,
      stderr: note,
    });
    // What goes to standard output goes there alone.
    const both = await run(path, "--format", "bencher", "--out", "/dev/stdout");
    if (Deno.build.os !== "windows") assertEquals(both, printed);
    const written = toGithubActionBenchmark(sampleResults(), "smaller").text;
    assertEquals(await Deno.readTextFile(out), `${written}\n`);
    for (const name of ["google-benchmark", "hyperfine"]) {
      const { code, stdout } = await run(path, "--format", name);
      assertEquals([code, typeof JSON.parse(stdout)], [0, "object"]);
    }
  }));

Deno.test("export --help names every format", async () => {
  const { code, stdout } = await run("--help");
  assertEquals(code, 0);
  for (const name of ["google-benchmark", "github-action-benchmark", "bencher", "hyperfine"]) {
    assertStringIncludes(stdout, `\n${name} `);
  }
});

Deno.test("export ends with 2 and one line on what cannot be done", async () => {
  const self = decodeURIComponent(cli.pathname);
  for (
    const [args, message] of [
      [["--format", "bencher"], "give one run, not 0"],
      [["a.json", "b.json"], "give one run, not 2"],
      [["a.json"], "--format must be one of google-benchmark, github-action-benchmark, bencher"],
      [["a.json", "--format", "xml"], 'got "xml"'],
      [
        ["a.json", "--format", "bencher", "--better", "bigger"],
        "goes with github-action-benchmark only",
      ],
      [["a.json", "--format", "github-action-benchmark", "--better", "x"], "bigger, smaller"],
      [["none.json", "--format", "bencher"], 'cannot read "none.json": there is no such file'],
      [[self, "--format", "bencher"], "Cannot read the results: the file is not JSON"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^error: [^\n]+\n$/);
    assertStringIncludes(stderr, message);
  }
});

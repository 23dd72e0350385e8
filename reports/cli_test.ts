import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Ended, inFolder, runDeno } from "../common/deno_testing.ts";
import { denoBench } from "./interop/foreign_testing.ts";
import { otherMachine } from "./merge/runs_testing.ts";
import { sampleResults } from "../results/sample_testing.ts";
import { renderVerification } from "./verification/page.tsx";
import { sampleVerification } from "../results/verification/sample_testing.ts";

const cli = new URL("cli.ts", import.meta.url);

/** Runs the command with the permissions of `deno task report` and no more. */
function run(...args: readonly string[]): Promise<Ended> {
  return runWith([], args);
}

/** The same with further flags of Deno. */
function runWith(flags: readonly string[], args: readonly string[]): Promise<Ended> {
  const all = ["--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env=NO_COLOR"];
  return runDeno(["run", ...all, ...flags, cli.href, ...args]);
}

Deno.test("report writes beside the results, or where --out says, and prints the path", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(sampleResults()));
    const beside = await run(path);
    assertEquals(beside, { code: 0, stdout: join(folder, "report.html") + "\n", stderr: "" });
    const other = join(folder, "other.html");
    assertEquals((await run(path, "--out", other)).stdout, other + "\n");
    const html = await Deno.readTextFile(other);
    assertStringIncludes(html, "<canvas");
    assertEquals(html, await Deno.readTextFile(join(folder, "report.html")));
  }));

Deno.test("report makes the page of a verification from its verify.json", () =>
  inFolder(async (folder) => {
    // Its schema counts, not its name.
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(sampleVerification()));
    const written = await run(path);
    assertEquals(written, { code: 0, stdout: join(folder, "verify.html") + "\n", stderr: "" });
    const html = await Deno.readTextFile(join(folder, "verify.html"));
    assertEquals(html, await renderVerification(sampleVerification()));
    const other = join(folder, "other.html");
    assertEquals((await run(path, "--out", other)).stdout, other + "\n");
    assertEquals(await Deno.readTextFile(other), html);
    await Deno.writeTextFile(path, JSON.stringify({ schema: "densemark-results/9" }));
    const { code, stderr } = await run(path);
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      'this version reads "densemark-results/4", "densemark-results/1", "densemark-results/2", "densemark-results/3", "densemark-verification/2" and "densemark-verification/1" only',
    );
  }));

Deno.test("report writes the tables, and says so, where the charts cannot be bundled", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(sampleResults()));
    const client = decodeURIComponent(new URL("client.ts", cli).pathname);
    const { code, stdout, stderr } = await runWith([`--deny-read=${client}`], [path]);
    assertEquals([code, stdout], [0, join(folder, "report.html") + "\n"]);
    assertMatch(stderr, /^Warning: the report has tables but no charts: .+\n$/);
    const html = await Deno.readTextFile(join(folder, "report.html"));
    assertStringIncludes(html, "This report has no charts");
    assertStringIncludes(html, "<table");
    assertEquals(html.includes("<script"), false);
  }));

Deno.test("report merges several runs, and files of other tools, into one page", () =>
  inFolder(async (folder) => {
    const write = async (name: string, value: unknown) => {
      await Deno.writeTextFile(join(folder, name), JSON.stringify(value));
      return join(folder, name);
    };
    const first = await write("first.json", sampleResults());
    const second = await write("second.json", otherMachine());
    const foreign = await write("deno.json", denoBench());
    const merged = join(folder, "merged.html");
    assertEquals(await run(first, second, foreign), { code: 0, stdout: `${merged}\n`, stderr: "" });
    const html = await Deno.readTextFile(merged);
    for (const part of ["B against A", 'id="machine-2-by-workload"', "deno.json: deno bench"]) {
      assertStringIncludes(html, part);
    }
    // A file of another tool is enough.
    const alone = join(folder, "alone.html");
    assertEquals((await run(foreign, "--out", alone)).code, 0);
    assertStringIncludes(await Deno.readTextFile(alone), "What other tools measured");
    const verification = await write("verify.json", sampleVerification());
    const { code, stderr } = await run(first, verification);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "is of the verifier and has a page of its own: give it alone");
  }));

Deno.test("report takes a run's folder for the results.json in it", () =>
  inFolder(async (folder) => {
    for (const name of ["a", "b"]) {
      await Deno.mkdir(join(folder, name));
      await Deno.writeTextFile(join(folder, name, "results.json"), JSON.stringify(sampleResults()));
    }
    const one = await run(join(folder, "a"));
    assertEquals(one, { code: 0, stdout: join(folder, "a", "report.html") + "\n", stderr: "" });
    const two = await run(join(folder, "a"), join(folder, "b"));
    assertEquals(two, { code: 0, stdout: join(folder, "a", "merged.html") + "\n", stderr: "" });
    await Deno.mkdir(join(folder, "empty"));
    const { code, stderr } = await run(join(folder, "a"), join(folder, "empty"));
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^error: ".*empty" is a folder without a results\.json; give the folder of a run/,
    );
    assertEquals((await run(join(folder, "a"), join(folder, "a", "results.json"))).code, 2);
  }));

Deno.test("report --index makes the page of past runs, with what cannot be read, or says why not", () =>
  inFolder(async (folder) => {
    const runs = join(folder, "runs");
    for (const [name, text] of [["a <b>", JSON.stringify(sampleResults())], ["b", "{"]] as const) {
      await Deno.mkdir(join(runs, name), { recursive: true });
      await Deno.writeTextFile(join(runs, name, "results.json"), text);
    }
    const index = join(runs, "index.html");
    assertEquals(await run("--index", runs), { code: 0, stdout: index + "\n", stderr: "" });
    const html = await Deno.readTextFile(index);
    assertStringIncludes(html, 'href="./a%20%3Cb%3E/results.json"');
    assertStringIncludes(html, "data-search");
    assertStringIncludes(html, "the file is not JSON");
    // The page does not list itself.
    await run("--index", runs, "--out", join(folder, "again.html"));
    assertEquals(await Deno.readTextFile(join(folder, "again.html")), html);
    for (
      const [args, message] of [
        [["--index", join(folder, "none")], "there is no such file or folder"],
        [["--index", index], "it is no folder"],
        [["--index", runs, index], "--index takes a folder, and no files"],
      ] as const
    ) {
      const { code, stdout, stderr } = await run(...args);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^error: [^\n]+\n$/);
      assertStringIncludes(stderr, message);
    }
  }));

Deno.test("report refuses files that are too large, alone or together, and writes nothing", () =>
  inFolder(async (folder) => {
    const paths = ["a.json", "b.json"].map((name) => join(folder, name));
    const [small = "", large = ""] = paths;
    await Deno.writeTextFile(small, JSON.stringify(sampleResults()));
    await Deno.writeTextFile(large, " ");
    await Deno.truncate(large, 100 * 2 ** 20);
    const together = await run(small, large);
    assertEquals(together.code, 2);
    assertMatch(together.stderr, /^error: the files have \d+ bytes together; at most [^\n]+\n$/);
    const alone = await run(large);
    assertEquals(alone.code, 2);
    assertMatch(alone.stderr, /^error: [^\n]+at most 67108864 \(64 MiB\) are read\.\n$/);
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  }));

Deno.test("report --help says what it does", async () => {
  const { code, stdout, stderr } = await run("--help");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "Usage: deno task report FILE...");
  for (const tool of ["Google Benchmark", "hyperfine", "deno bench --json"]) {
    assertStringIncludes(stdout, tool);
  }
  assertStringIncludes(stdout, "--out FILE");
  assertStringIncludes(stdout, "verify.json   of the verifier");
});

Deno.test("report ends with 2 and one line on what cannot be done", async () => {
  const self = cli.protocol === "file:" ? decodeURIComponent(cli.pathname) : "";
  for (
    const [args, message] of [
      [[], "give one result file or more"],
      [["a.json", "a.json"], '"a.json" is given twice'],
      [["a.json", "b.json"], 'cannot read "a.json": there is no such file'],
      [
        Array.from({ length: 65 }, (_, i) => `${i}.json`),
        "65 files; at most 64 go into one report",
      ],
      [[self, "b.json"], `"${self}": Cannot read the results: the file is not JSON`],
      [["a.json", "--nonsense"], "unknown option --nonsense"],
      [["does-not-exist.json"], 'cannot read "does-not-exist.json": there is no such file'],
      [[self], "Cannot read the results: the file is not JSON"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^error: [^\n]+\n$/);
    assertStringIncludes(stderr, message);
  }
});

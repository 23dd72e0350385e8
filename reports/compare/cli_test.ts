import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Ended, inFolder, runDeno } from "../../common/deno_testing.ts";
import type { Result, Results } from "../../results/schema.ts";
import { cleanSample, sampleResults } from "../../results/sample_testing.ts";

const cli = new URL("cli.ts", import.meta.url);

/** Runs the command with the permissions of `deno task compare` and no more. */
function run(...args: readonly string[]): Promise<Ended> {
  const flags = ["--quiet", "--no-prompt", "--allow-read", "--allow-write", "--allow-env=NO_COLOR"];
  return runDeno(["run", ...flags, cli.href, ...args]);
}

/** The run with every time multiplied. */
function slowed(results: Results, factor: number): Results {
  const scale = (result: Result): Result => {
    if (!result.seconds || !result.gflops) return result;
    const { median, low, high, min, confidence } = result.seconds;
    return {
      ...result,
      seconds: {
        median: median * factor,
        low: low * factor,
        high: high * factor,
        min: min * factor,
        confidence,
      },
      gflops: result.gflops / factor,
      roundMedians: result.roundMedians.map((time) => time * factor),
    };
  };
  return { ...results, results: results.results.map(scale) };
}

const clean = cleanSample();
const files: Readonly<Record<string, Results>> = {
  old: clean,
  slower: slowed(clean, 2),
  near: slowed(clean, 1.05),
  faster: slowed(clean, 0.5),
  failed: sampleResults(),
  elsewhere: { ...clean, environment: { ...clean.environment, cpu: "Other CPU", deno: "3.0.0" } },
  other: {
    ...clean,
    results: clean.results.map((result) => ({ ...result, workload: `my ${result.workload}` })),
  },
  flagged: { ...clean, engine: "--no-liftoff" },
  later: { ...clean, date: "2037-01-01T00:00:00.000Z" },
  fewer: { ...clean, results: clean.results.slice(1) },
};

/** Runs the command on files by name, in a folder that is removed. */
async function compare(
  ...args: readonly string[]
): Promise<Ended & { readonly json: unknown }> {
  return await inFolder(async (folder) => {
    for (const [name, results] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), JSON.stringify(results));
    }
    const json = join(folder, "comparison.json");
    const paths = args.map((arg) => arg in files ? join(folder, arg) : arg);
    const found = await run(...paths, "--json", json);
    const text = await Deno.readTextFile(json).catch(() => "null");
    return { ...found, json: JSON.parse(text) };
  });
}

Deno.test("compare prints a table and writes the comparison, with code 0 even where all is slower", async () => {
  const { code, stdout, stderr, json } = await compare("old", "slower");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /jet +forward +naive +\S+ \S+ +\S+ \S+ +2\.00 +1\.\d+ to 2\.\d+ +slower/);
  const { schema, cells } = json as { schema: string; cells: { verdict: string }[] };
  assertEquals([schema, cells.length], ["densemark-comparison/1", clean.results.length]);
  assert(cells.every(({ verdict }) => verdict === "slower"));
});

for (
  const [args, code, message] of [
    [["old", "slower", "--fail-on-regression"], 3, "slower, to be confirmed"],
    [["old", "faster", "--fail-on-regression", "--strict"], 0, ""],
    [["old", "old", "--fail-on-regression", "--strict"], 0, ""],
    [["old", "near", "--fail-on-regression", "--strict"], 4, "too noisy to decide"],
    [["old", "failed", "--fail-on-regression"], 1, "2 results without a time"],
    [["old", "elsewhere"], 2, "they differ in processor and Deno"],
    [["old", "other"], 2, "no workload in common: tiny-odd, jet"],
    [["old", "flagged"], 2, "by the same engine and threads"],
    [[], 2, "give one run or two, not 0"],
    [["old", "slower", "old"], 2, "give one run or two, not 3"],
    [["old", "slower", "--kernel", "naive"], 2, "--kernel does not go with two files"],
    [["old", "--strict"], 2, "--strict does not go with one file"],
    [["old", "no-such-file"], 2, 'cannot read "no-such-file"'],
    [["old", "slower", "--spread", "abc"], 2, "--spread must be a percentage"],
    [["old", "slower", "--threshold=-1"], 2, "--threshold must be a percentage"],
    [["old", "near", "--threshold", "3%"], 0, ""],
    [["later", "old"], 0, "Warning: the old run is the later one"],
    [["old", "later"], 0, ""],
    [["old", "fewer"], 0, ""],
    [
      ["old", "fewer", "--fail-on-regression"],
      0,
      "Warning: 1 result of the old run could not be compared, and may be slower: naive on tiny-odd",
    ],
  ] as const
) {
  Deno.test(`compare ${args.join(" ")} ends with code ${code}`, async () => {
    const found = await compare(...args);
    assertEquals(found.code, code, found.stderr);
    assertStringIncludes(found.stderr, message);
    assert(found.stderr.split("\n").length <= 2, found.stderr);
  });
}

Deno.test("compare does not write over a run that it reads", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(clean));
    const { code, stderr } = await run(folder, path, "--json", path);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "which would be lost");
    assertEquals(await Deno.readTextFile(path), JSON.stringify(clean));
  }));

Deno.test("compare takes the folder of a run for its results.json", () =>
  inFolder(async (folder) => {
    const empty = await run(folder);
    assertEquals([empty.code, empty.stdout], [2, ""]);
    assertStringIncludes(empty.stderr, "is a folder without a results.json");
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(clean));
    assertEquals(await run(folder), await run(path));
    assertEquals(await run(folder, path), await run(path, path));
  }));

Deno.test("compare of one file prints how many times as fast as the others a kernel is", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json");
    await Deno.writeTextFile(path, JSON.stringify(clean));
    const { code, stdout, stderr } = await run(
      path,
      "--kernel",
      "wasm-simd",
      "--with",
      "naive, blocked",
    );
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^\| wasm-simd, times as fast as \| the fastest of the others \|/);
    assertMatch(stdout, /\| square-1024 \| blocked \| 1\d \| 1\d \|\n/);
    assertMatch(stdout, /\| geometric mean \| {2}\| [\d.]+ \| [\d.]+ \|\n/);
  }));

Deno.test("compare says in one line what is wrong with a file", () =>
  inFolder(async (folder) => {
    const [good, bad] = [join(folder, "good.json"), join(folder, "bad.json")];
    await Deno.writeTextFile(good, JSON.stringify(clean));
    const broken = [
      ["{", "is not JSON"],
      ["[]", "must be an object"],
      ['{"schema":"another-tool/7"}', "another-tool/7"],
      [JSON.stringify(clean).slice(0, 5000), "is not JSON"],
      [JSON.stringify(clean).replace(/"median":[^,]+/, '"median":"fast"'), "median"],
      [JSON.stringify(clean).replace(/"median":[^,]+/, '"median":NaN'), "is not JSON"],
      [JSON.stringify(clean).replace(/"median":[^,]+/, '"median":1e999'), "median"],
    ] as const;
    for (const [text, message] of broken) {
      await Deno.writeTextFile(bad, text);
      for (const pair of [[good, bad], [bad, good]]) {
        const { code, stdout, stderr } = await run(...pair);
        assertEquals([code, stdout], [2, ""], stderr);
        assertStringIncludes(stderr, message);
        assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
      }
    }
  }));

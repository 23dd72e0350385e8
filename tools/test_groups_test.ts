import { assertEquals, assertGreater, assertMatch, assertThrows } from "@std/assert";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { referencesOf } from "../common/import_graph.ts";
import { UsageError } from "../common/command.ts";
import denoConfig from "../deno.json" with { type: "json" };
import { argsOf, pathsOf } from "./run_tests.ts";
import { findTests, groupTests } from "./test_groups.ts";

const example = "/** Adds.\n * ```ts\n * if (f() !== 1) throw new Error();\n * ```\n */\n";
const files: Readonly<Record<string, string>> = {
  "a/one_test.ts": 'Deno.test("one", () => {});',
  "a/two_test.tsx": 'Deno.test("two", () => {});',
  "a-b/three_test.ts": 'Deno.test("three", () => {});',
  "a/b/four_test.ts": 'Deno.test("four", () => {});',
  "a/f.ts": `${example}export const f = () => 1;`,
  "a/plain.ts": "export const text = '```';",
  "guide.md": "```ts\nif (1 > 2) throw new Error();\n```\n",
  "notes.md": "```sh\nls\n```\n",
  "node_modules/x_test.ts": "",
  "dist/y_test.ts": "",
  ".git/z_test.ts": "",
};

/** Calls `test` with a folder that has these files. */
const withFiles = (more: typeof files, test: (folder: string) => void | Promise<void>) =>
  inFolder(async (folder) => {
    for (const [name, text] of Object.entries({ ...files, ...more })) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(folder);
  });

Deno.test("findTests() finds tests and examples, in folders and files, each once, but for what is ignored", () =>
  withFiles({}, (folder) => {
    const found = (paths: readonly string[], ignored: readonly string[] = []) => {
      const of = (names: readonly string[]) => names.map((name) => join(folder, name));
      const { tests, documents } = findTests(of(paths), of(ignored));
      return [tests, documents].map((all) => all.map((file) => file.slice(folder.length + 1)));
    };
    const documents = ["a/f.ts", "guide.md"];
    assertEquals(found(["."]), [
      ["a-b/three_test.ts", "a/b/four_test.ts", "a/one_test.ts", "a/two_test.tsx"],
      documents,
    ]);
    assertEquals(found([".", "a/f.ts"], ["a-b", "a/b", "a/one_test.ts"]), [
      ["a/two_test.tsx"],
      documents,
    ]);
    assertEquals(found(["a"], ["a/b/four"])[0]?.length, 3);
    assertThrows(() => found(["none"]), UsageError, 'no file or folder "');
  }));

Deno.test("groupTests() has each file in one module, and the files of each folder together, the most first", () => {
  const tests = ["a/b/four_test.ts", "a/one_test.ts", "a/two_test.ts", "a-b/three_test.ts"];
  const groups = groupTests(tests.map((file) => resolve(file)));
  assertEquals([...groups.keys()], ["1-a_test.ts", "2-a-b_test.ts", "3-a-b_test.ts"]);
  const imported = [...groups.values()].flatMap((source) => source.match(/\w+_test\.ts/g) ?? []);
  assertEquals(imported, ["one_test.ts", "two_test.ts", "four_test.ts", "three_test.ts"]);
});

const script = fileURLToPath(new URL("run_tests.ts", import.meta.url));
const config = fileURLToPath(new URL("../deno.json", import.meta.url));

Deno.test("deno task test runs every test and every example, and fails where one of them does", async () => {
  const run = (more: typeof files) => {
    let ended: { code: number; stdout: string } | undefined;
    return withFiles(more, async (folder) => {
      const options = ["--no-config", "--no-check", "--doc", "--allow-all", folder];
      const args = ["run", "--quiet", "--allow-all", "--no-check", "--config", config];
      ended = await runDeno([...args, script, ...options], { cwd: folder });
    }).then(() => ended!);
  };
  const { code, stdout } = await run({});
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /\| 6 passed \| 0 failed/);
  const wrong = await run({
    "a/one_test.ts": 'Deno.test("one", () => { throw new Error(); });',
    "a/f.ts": `${example}export const f = () => 2;`,
  });
  assertEquals(wrong.code, 1, wrong.stdout);
  assertMatch(wrong.stdout, /one .*a\/one_test\.ts:1/);
  assertMatch(wrong.stdout, /a\/f\.ts#2/);
  assertMatch(wrong.stdout, /\| 4 passed \| 2 failed/);
  const lost = await run({ "a/one_test.ts": 'import "./none.ts";' });
  assertEquals(lost.code, 1, lost.stdout);
});

const root = fileURLToPath(new URL("..", import.meta.url));
const here = (paths: readonly string[]) => paths.map((path) => join(root, path));

/** The test files that arguments behind `run_tests.ts` name. */
function testsOf(args: readonly string[]): readonly string[] {
  const { paths, ignored } = pathsOf(args);
  return findTests(here(paths), here(ignored)).tests;
}

const tasks = Object.entries(denoConfig.tasks).filter(([, { command }]) =>
  command.includes("tools/run_tests.ts")
).map(([name]) => name);

Deno.test("pathsOf() leaves out what the tasks run that are named, and refuses others", () => {
  const { paths, ignored } = pathsOf(["--except=test-browser,test-long", "--quiet", "bench"]);
  assertEquals(paths, ["bench"]);
  assertEquals(
    ignored,
    ["test-browser", "test-long"].flatMap((task) => pathsOf(argsOf(task)).paths),
  );
  assertEquals(pathsOf(["--quiet"]), { paths: ["."], ignored: [] });
  for (const task of ["test-none", "bench", "toString", ""]) {
    assertThrows(() => pathsOf([`--except=${task}`]), UsageError, `no task of tests "${task}"`);
  }
});

Deno.test("deno task test ends with 2 where there are no tests, and does not run all", async () => {
  const run = (...given: string[]) => {
    const args = ["run", "--quiet", "--allow-all", "--no-check", "--config", config, script];
    return runDeno([...args, ...given], { cwd: new URL("..", import.meta.url) });
  };
  const none = "error: there are no tests in";
  assertEquals(await run("docs"), { code: 2, stdout: "", stderr: `${none} docs\n` });
  assertEquals(await run("--except=test-long,test-verifier", "verify/mutate", "verify/model"), {
    code: 2,
    stdout: "",
    stderr: `${none} verify/mutate, verify/model but those of test-long and test-verifier\n`,
  });
});

Deno.test("every test file of the repository is in exactly one task", () => {
  const ofTasks = tasks.flatMap((task) => [...testsOf(argsOf(task))]);
  assertEquals(ofTasks.toSorted(), [...findTests([root], []).tests]);
});

const requirements = new URL("../common/requirements_testing.ts", import.meta.url).href;

/** Whether a test file, by its URL, or what it shares with others imports what skips tests. */
function maySkip(url: string): boolean {
  return referencesOf(Deno.readTextFileSync(new URL(url)), url).some(({ kind, target }) =>
    kind === "import" && target !== null && /_testing\.tsx?$/.test(target) &&
    (target === requirements || maySkip(target))
  );
}

Deno.test("maySkip() is true where a test, or what it shares with others, may be skipped", () => {
  const of = (path: string) => maySkip(new URL(`../${path}`, import.meta.url).href);
  assertEquals(of("tools/run_tests_test.ts"), false);
  assertEquals(of("kernels/webgpu/webgpu_test.ts"), true);
  // By what it imports from kernels/kernels_testing.ts.
  assertEquals(of("kernels/wasm/wasm_kernel_test.ts"), true);
});

const ciScript = Deno.readTextFileSync(join(root, ".ci/run")).replaceAll("\\\n", " ");

Deno.test(".ci/run runs every task of tests", () => {
  // The first one as a newcomer runs it.
  const others = tasks.filter((task) => task !== "test");
  assertEquals(others.filter((task) => !new RegExp(` task ${task}$`, "m").test(ciScript)), []);
  assertMatch(ciScript, /deno@[\d.]+ task test"/);
});

Deno.test(".ci/run runs again, with everything installed, each test that may be skipped", () => {
  const commands = [...ciScript.matchAll(/^count_tests .*(?: task test|\/run_tests\.ts) (.+)$/gm)];
  const again = new Set(commands.flatMap(([, args = ""]) => [...testsOf(args.split(/\s+/))]));
  const skippable = testsOf(argsOf("test")).filter((file) => maySkip(pathToFileURL(file).href));
  assertGreater(skippable.length, 20);
  assertEquals(skippable.filter((file) => !again.has(file)), []);
});

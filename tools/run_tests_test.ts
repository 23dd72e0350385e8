import { assertEquals } from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { type Ended, formatSkipped, passedWithGpu, runToItsEnd, skippedIn } from "./run_tests.ts";

Deno.test("formatSkipped() is empty where nothing was skipped", () => {
  assertEquals(formatSkipped(skippedIn("<testsuites></testsuites>")), "");
});

Deno.test("passedWithGpu() wants a whole report without a failure, and a test of webgpu that ran", async () => {
  const reportOf = async (source: string) =>
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/a_test.ts`, source);
      const report = `${folder}/report.xml`;
      await runDeno(["test", "--quiet", `--junit-path=${report}`, folder]);
      return await Deno.readTextFile(report);
    });
  const gpu = 'Deno.test("webgpu: adds", () => {});';
  const passed = await reportOf(gpu);
  assertEquals(passedWithGpu(passed), true);
  assertEquals(passedWithGpu(passed.slice(0, -20)), false);
  for (
    const source of [
      'Deno.test("naive: adds", () => {});',
      'Deno.test({ name: "webgpu: adds", ignore: true, fn: () => {} });',
      `${gpu} Deno.test("naive", () => { throw new Error("wrong"); });`,
    ]
  ) assertEquals(passedWithGpu(await reportOf(source)), false, source);
});

Deno.test("formatSkipped() counts what testWhere() and stepWhere() skipped, by reason, and only that", async () => {
  const source = `import { stepWhere, testWhere } from ${
    JSON.stringify(new URL("../common/requirements_testing.ts", import.meta.url))
  };
    for (const name of ["one", "two"]) testWhere('no <GPU> & no "driver"', name, () => {});
    testWhere(null, "three", () => {});
    Deno.test("four", async (t) => {
      await stepWhere(t, "no adapter", "step", () => {});
      await stepWhere(t, null, "other", () => {});
    });`;
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a_test.ts`, source);
    const run = async (all: string) => {
      const report = `${folder}/report.xml`;
      const args = ["test", "--quiet", "--allow-env", `--junit-path=${report}`, folder];
      const { code } = await runDeno(args, { env: { DENSEMARK_REQUIRE_ALL: all } });
      return { code, text: formatSkipped(skippedIn(await Deno.readTextFile(report))) };
    };
    assertEquals(await run(""), {
      code: 0,
      text: [
        "Skipped for what this machine lacks (DENSEMARK_REQUIRE_ALL=1 makes it a failure):",
        '  2 tests: no <GPU> & no "driver"',
        "  1 test: no adapter",
      ].join("\n"),
    });
    // Where nothing may be missing, the same is a failure.
    assertEquals(await run("1"), { code: 1, text: "" });
  });
});

const whole = `<testsuites tests="1" failures="0" errors="0">
<testcase name="webgpu: adds"></testcase></testsuites>`;

for (
  const { title, ends, code } of [
    { title: "fails with tests that fail", ends: [{ code: 1, signal: null }], code: 1 },
    {
      title: "runs tests once more that a crash has ended",
      ends: [{ code: 139, signal: "SIGSEGV" }, { code: 0, signal: null }],
      code: 0,
    },
    {
      title: "fails where a crash comes again",
      ends: [{ code: 139, signal: "SIGSEGV" }, { code: 134, signal: "SIGABRT" }],
      code: 134,
    },
    {
      title: "passes where the crash came after all tests",
      ends: [{ code: 134, signal: "SIGABRT", junit: whole }],
      code: 0,
    },
    {
      title: "fails where it was told to end",
      ends: [{ code: 143, signal: "SIGTERM" }],
      code: 143,
    },
  ] as { title: string; ends: Partial<Ended>[]; code: number }[]
) {
  Deno.test(`runToItsEnd() ${title}`, async () => {
    const left = [...ends];
    const run = () => Promise.resolve({ junit: "", ...left.shift()! } as Ended);
    assertEquals(await runToItsEnd(run), code);
    assertEquals(left, []);
  });
}

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../common/command.ts";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { ArgumentError } from "../../common/errors.ts";
import { FileError } from "../../results/files.ts";
import { sha256 } from "../../common/sha256.ts";
import { Resume } from "./resume.ts";
import { sweepAll, type SweepOptions, type SweepProgress } from "./sweep.ts";

const small: SweepOptions = {
  kernels: ["naive", "blocked"],
  activations: ["tanh", "gelu"],
  stride: 1_000_003,
  patterns: 500,
  workers: 0,
  resume: null,
};

/** Calls a test with the path of a resume file that is not there yet, in a folder of its own. */
const withResume = (test: (path: string, folder: string) => Promise<void>) =>
  inFolder((folder) => test(join(folder, "sweep.json"), folder));

/** What was found, without how fast. */
async function findingsOf(options: SweepOptions) {
  const { swept } = await sweepAll(options);
  return swept.map(({ kernel, activation, findings, complete }) => ({
    kernel,
    activation,
    findings,
    complete,
  }));
}

Deno.test("sweepAll() finds the same with workers, and tells its progress", async () => {
  const heard: SweepProgress[] = [];
  const report = await sweepAll({
    ...small,
    workers: 2,
    onProgress: (progress) => heard.push(progress),
  });
  assert(report.passed && !report.partial);
  assertEquals(report.failedParts, []);
  const here = await sweepAll(small);
  assertEquals(report.swept, here.swept);
  assertEquals(report.swept.map(({ kernel, activation }) => `${kernel} ${activation}`), [
    "naive tanh",
    "naive gelu",
    "blocked tanh",
    "blocked gelu",
  ]);
  const [first, last] = [heard[0]!, heard.at(-1)!];
  assertEquals([first.done, first.secondsLeft], [0, null]);
  assertEquals([last.done, last.secondsLeft], [last.total, 0]);
  // Of all 2^32 / stride patterns, one in 256 is no finite number.
  assertEquals(last.total, 4 * report.swept[0]!.findings.inputs);
  assert(Math.abs(report.swept[0]!.findings.inputs - 2 ** 32 * 255 / 256 / small.stride) < 3);
});

Deno.test("sweepAll() ended by a signal resumes where it stopped", () =>
  withResume(async (resume, folder) => {
    const controller = new AbortController();
    const partial = await sweepAll({
      ...small,
      resume,
      signal: controller.signal,
      onProgress: ({ done, total }) => done > total / 3 && controller.abort(),
    });
    assert(partial.partial && !partial.passed);
    assertEquals(partial.failedParts, []);
    const before = partial.swept.reduce((sum, { findings }) => sum + findings.inputs, 0);
    assert(before > 0);

    const heard: SweepProgress[] = [];
    const notices: string[] = [];
    const options: SweepOptions = {
      ...small,
      resume,
      onProgress: (progress) => heard.push(progress),
      onNotice: (line) => notices.push(line),
    };
    const all = await findingsOf(options);
    assertEquals(heard[0]!.done, before);
    assertEquals(all, await findingsOf(small));
    assertEquals(notices, []);

    // A third time there is nothing left to do.
    heard.length = 0;
    assertEquals(await findingsOf(options), all);
    assertEquals(heard.map(({ done, total }) => done === total), [true]);
    assertEquals(namesIn(folder), ["sweep.json"]);
  }));

Deno.test("sweepAll() continues with other activations and kernels in the same file", () =>
  withResume(async (resume) => {
    await sweepAll({ ...small, kernels: ["naive"], activations: ["tanh"], resume });
    let first: SweepProgress | undefined;
    const options = { ...small, resume, onProgress: (now: SweepProgress) => first ??= now };
    assertEquals(await findingsOf(options), await findingsOf(small));
    assertEquals(first!.done * 4, first!.total);
    // What this run did not ask for stays in the file.
    await sweepAll({ ...small, kernels: ["naive"], activations: ["tanh"], resume });
    first = undefined;
    await sweepAll(options);
    assertEquals(first!.done, first!.total);
  }));

Deno.test("sweepAll() renames the file of another sweep, and says so", () =>
  withResume(async (resume, folder) => {
    const notices: string[] = [];
    const again = async (stride: number, change?: (text: string) => string | Promise<string>) => {
      if (change) await Deno.writeTextFile(resume, await change(await Deno.readTextFile(resume)));
      notices.length = 0;
      await sweepAll({ ...small, stride, resume, onNotice: (line) => notices.push(line) });
    };
    await again(1_000_003);
    const first = await Deno.readTextFile(resume);
    await again(2_000_003);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0]!, "its stride is 1000003, not 2000003) and is now");
    assertEquals(await Deno.readTextFile(`${resume}.old`), first);

    const others: [change: (text: string) => string | Promise<string>, why: string][] = [
      [(text) => text.replace(/"source":"./, '"source":"x'), "the kernels or the verifier have"],
      [(text) => text.replace('"engine":"V8 ', '"engine":"V9 '), 'its engine was "V9 '],
      [(text) => text.replace('"patterns":500', '"patterns":400'), "its parts have another size"],
      [(text) => text.replace("densemark/sweep-1", "densemark/sweep-2"), "another version"],
      [(text) => redigest(text.replace('"traits":"{', '"traits":"{ ')), "had other traits"],
    ];
    for (const [i, [change, why]] of others.entries()) {
      await again(2_000_003, change);
      assertEquals(notices.length, 1);
      assertStringIncludes(notices[0]!, why);
      assert(namesIn(folder).includes(`sweep.json.old-${i + 2}`));
    }
  }));

/** The content with the digest that belongs to its kernels. */
async function redigest(text: string): Promise<string> {
  const file = JSON.parse(text);
  return JSON.stringify({ ...file, digest: await sha256(JSON.stringify(file.kernels)) });
}

// What may be done to a file, and what is said of it.
const hostile: Record<string, [change: (text: string) => string, message: string]> = {
  "is empty": [() => "", "is not JSON"],
  "was cut off": [(text) => text.slice(0, text.length / 2), "is not JSON"],
  "is something else": [() => '{"name": "densemark"}', "schema is missing"],
  "is a list": [() => "[]", "must be an object"],
  "is another file of Densemark": [
    (text) => text.replace("densemark/sweep-1", "densemark/results-3"),
    'schema is "densemark/results-3"',
  ],
  "has an unknown kernel": [(text) => text.replace('"naive":', '"__proto__":'), "no kernel of"],
  "has an unknown activation": [(text) => text.replace('"tanh":', '"softmax":'), "no activation"],
  "says that more is done than was": [
    (text) => text.replace('"end":9', '"end":8'),
    "as many as the parts that are done have",
  ],
  "has parts that do not exist": [(text) => text.replace('"end":9', '"end":10'), "whole number"],
  "has billions of parts": [(text) => text.replace('"end":9', '"end":4e9'), "whole number"],
  "does parts twice": [
    (text) => text.replace('{"start":0,"end":9}', '{"start":0,"end":9},{"start":3,"end":5}'),
    "whole number",
  ],
  "has a count that is not of its inputs": [
    (text) => text.replace(/"histogram":\[/, '"histogram":[1'),
    "results with the NaN",
  ],
  "has an infinite error": [(text) => text.replace(/"error":[0-9.e-]+/, '"error":1e999'), "finite"],
  "has a negative error": [(text) => text.replace(/"error":[0-9.e-]+/, '"error":-1'), "finite"],
  "has no bins": [(text) => text.replace(/"ulpByBin":\[[^\]]*\]/, '"ulpByBin":[]'), "0 numbers"],
  "has another error than was found": [
    (text) => text.replace(/"error":0\.[0-9]/, '"error":0.1'),
    "have been changed",
  ],
  "has NaN without a place": [
    (text) => text.replace('"nan":{"count":0', '"nan":{"count":1'),
    "must be null where the count is 0",
  ],
};

for (const [what, [change, message]] of Object.entries(hostile)) {
  Deno.test(`sweepAll() refuses in one line a resume file that ${what}, and leaves it alone`, () =>
    withResume(async (resume, folder) => {
      await sweepAll({ ...small, resume });
      const text = change(await Deno.readTextFile(resume));
      await Deno.writeTextFile(resume, text);
      const error = await assertRejects(() => sweepAll({ ...small, resume }), UsageError);
      assertStringIncludes(error.message, message);
      assertMatch(error.message, /^the resume file "[^\n]*" cannot be used: [^\n]+; delete it, or/);
      assertEquals(await Deno.readTextFile(resume), text);
      assertEquals(namesIn(folder), ["sweep.json"]);
    }));
}

Deno.test("sweepAll() survives a resume file with any byte changed, seed 5", () =>
  withResume(async (resume) => {
    const options = {
      ...small,
      kernels: ["naive"] as const,
      activations: ["relu"] as const,
      resume,
    };
    await sweepAll(options);
    const want = await findingsOf(options);
    const text = await Deno.readTextFile(resume);
    const place = fc.nat({ max: text.length - 2 });
    const byte = fc.constantFrom('"', "{", "]", ",", "0", "9", "-", "e", "x", "\\", "\0");
    await fc.assert(
      fc.asyncProperty(place, byte, async (at, letter) => {
        await Deno.writeTextFile(resume, text.slice(0, at) + letter + text.slice(at + 1));
        try {
          // It is refused, or renamed and swept anew: nothing else may be found.
          assertEquals(await findingsOf(options), want);
        } catch (error) {
          assert(error instanceof UsageError, String(error));
          assert(!error.message.includes("\n"));
        }
      }),
      { seed: 5, numRuns: 120 },
    );
  }));

Deno.test("sweepAll() refuses what is no file, and a path that cannot be written", () =>
  withResume(async (path, folder) => {
    const directory = await assertRejects(() => sweepAll({ ...small, resume: folder }), UsageError);
    assertStringIncludes(directory.message, "is no regular file");
    const nowhere = join(path, "deeper.json");
    await Deno.writeTextFile(path, "");
    await assertRejects(() => sweepAll({ ...small, resume: nowhere }), UsageError);
    const missing = join(folder, "missing/sweep.json");
    await assertRejects(() => sweepAll({ ...small, resume: missing }), FileError);
  }));

Deno.test("sweepAll() runs without a resume file where it cannot read its own code, and says so", () =>
  withResume(async (path, folder) => {
    const script = join(folder, "sweep.ts");
    const url = new URL("./sweep.ts", import.meta.url);
    await Deno.writeTextFile(
      script,
      `import { sweepAll } from ${JSON.stringify(url.href)};
       const { passed } = await sweepAll({ kernels: ["naive"], activations: ["relu"], workers: 0,
         stride: 1_000_003, resume: ${JSON.stringify(path)}, onNotice: console.log });
       console.log(passed);`,
    );
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-check", "--no-prompt", `--config=${config}`, script],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
      "no resume file is used, and what is done is lost where the sweep is stopped, since the code cannot be read (Deno was not given the permission --allow-read)",
      "true",
    ]);
  }));

Deno.test("sweepAll() refuses numbers out of range", async () => {
  const wrong: [Partial<SweepOptions>, string][] = [
    [{ stride: 0 }, "stride must be a whole number from 1 to 16777216; got 0"],
    [{ stride: 1.5 }, "stride must"],
    [{ workers: -1 }, "workers must be a whole number from 0 to 256; got -1"],
    [{ kernels: [] }, "a sweep needs a kernel"],
  ];
  for (const [change, message] of wrong) {
    await assertRejects(() => sweepAll({ ...small, ...change }), ArgumentError, message);
  }
});

Deno.test("Resume.save() leaves the file whole, whenever it is read", () =>
  withResume(async (path) => {
    const fingerprint = { source: "s", engine: "e", stride: 1, patterns: 2 ** 22 };
    const open = () => Resume.open(path, fingerprint, new Map([["naive", "{}"]]), () => {});
    const resume = await open();
    const saves = Array.from({ length: 20 }, () => resume.save());
    const text = await Deno.readTextFile(path);
    await Promise.all(saves);
    assertEquals(await Deno.readTextFile(path), text);
    assertEquals((await open()).ledger.traitsOf("naive"), "{}");
  }));

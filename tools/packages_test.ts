import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import map from "../import_map.json" with { type: "json" };

const root = new URL("..", import.meta.url);

Deno.test("deno.json names neither packages nor a lock file: `deno task` would download all of them", () => {
  assertEquals(Object.keys(config).filter((key) => ["imports", "scopes"].includes(key)), []);
  assertEquals([config.lock, config.importMap], [false, "import_map.json"]);
  assertEquals(config.unstable.includes("npm-lazy-caching"), true);
});

/** The commands in a text that run code, without the lock file. */
function unlocked(text: string): string[] {
  return [...text.matchAll(/(?:\bdeno|"\$\{deno\[@\]\}") (?:run|test|check|cache|install)\b.*/g)]
    .map(([command]) => command).filter((command) =>
      !/^\S+ \S+ .*?--lock=deno\.lock/.test(command)
    );
}

Deno.test("every command of a task, of .ci/run and of a workflow names the lock file", () => {
  const tasks = Object.values(config.tasks).map(({ command }) => command);
  const commands = tasks.flatMap((command) => command.split(/&&?/));
  assertGreater(commands.length, tasks.length);
  assertEquals(commands.flatMap(unlocked), []);
  // It starts `deno test` with the arguments that it is given.
  for (const command of commands.filter((command) => command.includes("run_tests.ts"))) {
    assertMatch(command, /run_tests\.ts --lock=deno\.lock /);
  }
  const scripts = [".ci/run", ".github/workflows/test.yml", ".github/workflows/bench.yml"];
  for (const path of scripts) {
    const text = Deno.readTextFileSync(new URL(path, root)).replaceAll("\\\n", " ");
    assertEquals(unlocked(text), [], path);
  }
  assertEquals(unlocked("deno run a.ts && x"), ["deno run a.ts && x"]);
});

Deno.test("every package of the import map has one exact version", () => {
  for (const [name, target] of Object.entries(map.imports)) {
    assertMatch(target, /^npm:\/?(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(?:\/|$)/, name);
  }
});

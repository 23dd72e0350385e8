import { assertEquals } from "@std/assert";
import { printedBy } from "../common/command_testing.ts";
import config from "../deno.json" with { type: "json" };

const root = new URL("..", import.meta.url);

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...[...Deno.readDirSync(new URL("docs", root))].filter(({ name }) =>
    name.endsWith(".md") && name !== "performance-log.md"
  ).map(({ name }) => `docs/${name}`),
];

/** The options that a text gives a task, as in `deno task bench --suite gemm`. */
function optionsIn(text: string): [task: string, option: string][] {
  return [...text.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z-]+)([^`\n]*)/g)].flatMap(
    ([, task = "", rest = ""]) => {
      // Behind a # or a pipe stands another text.
      const [own = ""] = rest.split(/ [#|>]|[.;,)](?: |$)/);
      return [...own.matchAll(/ --([a-z-]+)/g)].map(([, option = ""]): [string, string] => [
        task,
        option,
      ]);
    },
  );
}

/** The help of a task's command; null where it has none of its own. */
async function helpOf(task: string): Promise<string | null> {
  const { command } = (config.tasks as Record<string, { readonly command: string }>)[task] ?? {};
  const script = command?.split(" ").find((word) => /^[^-].*\.ts$/.test(word));
  if (script === undefined || script.endsWith("run_tests.ts")) return null;
  const { main } = await import(new URL(script, root).href) as {
    readonly main: (args: readonly string[]) => Promise<number>;
  };
  return await printedBy(() => main(["--help"]));
}

Deno.test("the options that documents give a command are those of its help", async () => {
  const named = new Map<string, Map<string, string>>();
  for (const path of documents) {
    for (const [task, option] of optionsIn(Deno.readTextFileSync(new URL(path, root)))) {
      const options = named.get(task) ?? new Map<string, string>();
      named.set(task, options.set(option, path));
    }
  }
  const unknown: string[] = [];
  for (const [task, options] of named) {
    const help = await helpOf(task);
    if (help === null) continue;
    for (const [option, path] of options) {
      if (!new RegExp(`^  --${option}\\b`, "m").test(help)) {
        unknown.push(`${path}: deno task ${task} --${option}`);
      }
    }
  }
  assertEquals([unknown, named.size > 5], [[], true]);
});

Deno.test("options in a text are found up to its end", () => {
  assertEquals(optionsIn("`deno task a --b c --d-e` --f, deno task g --h  # --i\n--j"), [
    ["a", "b"],
    ["a", "d-e"],
    ["g", "h"],
  ]);
});

/**
 * The walk of docs/your-kernel.md, done as it stands there: its files are written,
 * its commands run, and each line of output that it shows must come, in its order,
 * but for the numbers. What the page leaves out is a line of "…".
 */
import { assert, assertEquals } from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";

const root = new URL("..", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/your-kernel.md", root));

/** The contents of the fenced blocks of a language, in their order. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\b.*\\n([^]*?)^\`\`\``, "gm"))].map(
    ([, text = ""]) => text,
  );
}

/** A line without its numbers, colours and the width of its columns. */
function shapeOf(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+/g, "0").replaceAll(/\d+(\.\d+)?(e[-+]?\d+)?/g, "0")
    // Times have units, and a verdict of a busy machine is any of four.
    .replaceAll(/0 (ns|µs|ms|s)\b/g, "0 s")
    .replaceAll(/\b(faster|slower|equivalent|inconclusive)\b/g, "VERDICT")
    .replaceAll(/\s+/g, " ").trim();
}

/** The lines of `shown` that do not come in `output` behind the one before them. */
function missingIn(output: string, shown: string): string[] {
  const lines = output.split("\n").map(shapeOf);
  let at = 0;
  return shown.trimEnd().split("\n").filter((line) => line !== "…").filter((line) => {
    const found = lines.indexOf(shapeOf(line), at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

Deno.test("missingIn() finds lines whatever their numbers, and only in their order", () => {
  const output = "a  1.5 ms x\nother\nb 0x3f, slower";
  assertEquals(missingIn(output, "a 20 µs x\n…\nb 0x1a, faster\n"), []);
  assertEquals(missingIn(output, "b 1, faster\na 2 s x\n"), ["a 2 s x"]);
  assertEquals(missingIn(output, "c\n"), ["c"]);
});

Deno.test("docs/your-kernel.md shows what its commands print, but for the numbers", () =>
  inFolder(async (folder) => {
    const [product = "", claims = ""] = blocks("ts");
    const shown = blocks("text");
    assertEquals(shown.length, 3);
    const run = async (task: string, path: string, ...args: readonly string[]) => {
      const all = ["task", "--quiet", task, "--kernel", path, ...args, "--out", `${folder}/runs`];
      const { code, stdout } = await runDeno(all, { cwd: root });
      // The page names the file as it lies in the repository.
      return { code, text: stdout.replaceAll(path, "./mine.ts") };
    };
    const [first, second] = [`${folder}/mine.ts`, `${folder}/2/mine.ts`];
    await Deno.mkdir(`${folder}/2`);
    await Deno.writeTextFile(first, product);
    const skips = /^ +if \(factor === 0\) continue;\n/m;
    assert(skips.test(product));
    await Deno.writeTextFile(second, product.replace(skips, "") + claims);
    const wrong = await run("verify", first);
    assertEquals([wrong.code, missingIn(wrong.text, shown[0]!)], [1, []], wrong.text);
    const right = await run("verify", second);
    assertEquals([right.code, missingIn(right.text, shown[1]!)], [0, []], right.text);
    const timing = ["--kernels", "naive,blocked", "--filter", "jet"];
    const timed = await run("bench", second, ...timing);
    assertEquals([timed.code, missingIn(timed.text, shown[2]!)], [0, []], timed.text);
  }));

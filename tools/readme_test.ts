import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { computeExample } from "../reports/example.ts";
import { densePictureSvg } from "../reports/picture.tsx";
import { main, replaceResults } from "./readme.ts";

const root = new URL("..", import.meta.url);

Deno.test("docs/dense.svg is what `deno task readme` draws", async () => {
  assertEquals(
    await Deno.readTextFile(new URL("docs/dense.svg", root)),
    densePictureSvg({ inputs: 3, units: 2, example: await computeExample() }),
  );
});

Deno.test("the README gives the two commands, the picture and a table that the tool made", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  for (
    const part of [
      "npx -y deno@2.9.6 task bench\n",
      "npx -y deno@2.9.6 task test\n",
      "](docs/dense.svg)",
      "`deno task bench",
      "| workload",
    ]
  ) assertStringIncludes(readme, part);
});

Deno.test("replaceResults() replaces what stands between the markers and nothing else", () => {
  const begin = "<!-- results: written by `deno task readme` -->";
  const end = "<!-- end of results -->";
  assertEquals(
    replaceResults(`a${begin}old${end}b`, "new", "README.md"),
    `a${begin}\n\nnew\n\n${end}b`,
  );
  assertThrows(() => replaceResults("nothing", "new", "README.md"), UsageError, "README.md lacks");
});

Deno.test("readme takes one file", async () => {
  await assertRejects(() => main(["a", "b"]), UsageError, "give one result file, not 2");
});

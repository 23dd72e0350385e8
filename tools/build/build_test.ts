import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../../common/deno_testing.ts";
import { replaceFolder } from "./build.ts";

Deno.test("replaceFolder() puts all files there or none, and leaves nothing else behind", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "dist");
    await replaceFolder(folder, [{ name: "parts/a.js", text: "a" }, { name: "old.js", text: "" }]);
    assertEquals([namesIn(parent), namesIn(folder)], [["dist"], ["old.js", "parts"]]);
    // A file cannot be a folder too.
    const wrong = [{ name: "b.js", text: "b" }, { name: "b.js/c.js", text: "c" }];
    await assertRejects(() => replaceFolder(folder, wrong), Error);
    assertEquals([namesIn(parent), namesIn(folder)], [["dist"], ["old.js", "parts"]]);
    await replaceFolder(folder, [{ name: "b.js", text: "b" }]);
    assertEquals([namesIn(parent), namesIn(folder)], [["dist"], ["b.js"]]);
    assertEquals(await Deno.readTextFile(join(folder, "b.js")), "b");
  }));

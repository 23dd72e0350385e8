import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder } from "../../common/deno_testing.ts";
import { KernelModuleError, modulePaths } from "./module_path.ts";

// What a shell, a URL or this option itself gives a meaning.
const odd = ["plain.ts", "with space.js", "a,b.ts", "x#y.ts", "50%20.ts", "ü'\".ts", "q?.ts"];

/** Calls `test` with a folder that has these files. */
function withFiles(test: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    for (const name of odd) await Deno.writeTextFile(join(folder, name), "");
    await test(folder);
  });
}

Deno.test("modulePaths() takes any path, absolute or as a URL, with or without an export", () =>
  withFiles(async (folder) => {
    for (const name of odd) {
      const path = join(folder, name);
      const { href } = pathToFileURL(path);
      for (const given of [path, href]) {
        assertEquals(await modulePaths(given), [{ given, url: href, exported: null }]);
        const of = `${given}#fast`;
        assertEquals(await modulePaths(of), [{ given: of, url: href, exported: "fast" }]);
      }
    }
  }));

Deno.test("modulePaths() takes several, whose names may have commas, and each once", () =>
  withFiles(async (folder) => {
    const paths = odd.map((name) => join(folder, name));
    const found = await modulePaths(paths.join(","));
    assertEquals(found.map(({ given }) => given), paths);
    const [plain = "", , comma = ""] = paths;
    const twice = await modulePaths(`${plain}, ${comma}#one,${comma}#two,${plain}`);
    assertEquals(twice.map(({ exported }) => exported), [null, "one", "two"]);
  }));

const wrong: Record<string, [given: string, message: string]> = {
  "a file that is not there": ["./none.ts", 'there is no file "./none.ts", which is "/'],
  "an absolute one": ["/none/x.ts", 'there is no file "/none/x.ts"'],
  "a folder": [".", '"." is a folder; --kernel takes the path of a module, such as ./mine.ts'],
  "another site": ["https://example.com/x.ts", '"https://example.com/x.ts" is no file'],
  "a package": ["npm:ml-matrix", '"npm:ml-matrix" is no file'],
  "another machine's file": ["file://host/x.ts", "is no URL of a file on this machine"],
  "nothing between commas": ["./deno.json,,", "has an empty path"],
};

for (const [what, [given, message]] of Object.entries(wrong)) {
  Deno.test(`modulePaths() refuses ${what}`, async () => {
    await assertRejects(() => modulePaths(given), KernelModuleError, message);
  });
}

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import {
  createFolder,
  FileError,
  makeFolder,
  missingFolders,
  readText,
  reasonOf,
  removeEmpty,
  writeEach,
  writeWhole,
} from "./files.ts";

Deno.test("writeWhole() replaces a file, and leaves nothing behind where it cannot", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeWhole(path, "one");
    await writeWhole(path, "two");
    assertEquals(await Deno.readTextFile(path), "two");
    await Deno.mkdir(join(folder, "taken"));
    const error = await assertRejects(() => writeWhole(join(folder, "taken"), "x"), FileError);
    assertMatch(error.message, /^cannot write "[^\n]*taken": [^\n]+$/);
    const gone = await assertRejects(() => writeWhole(join(folder, "no/b.txt"), "x"), FileError);
    assertStringIncludes(gone.message, "there is no such file or folder");
    assertEquals(namesIn(folder), ["a.txt", "taken"]);
  }));

Deno.test("createFolder() makes parents and never takes a folder that exists", () =>
  inFolder(async (folder) => {
    const parent = join(folder, "deep/er");
    assertEquals(await createFolder(parent, "run"), join(parent, "run"));
    assertEquals(await createFolder(parent, "run"), join(parent, "run-2"));
    await Deno.writeTextFile(join(folder, "file"), "");
    const error = await assertRejects(() => createFolder(join(folder, "file"), "run"), FileError);
    assertMatch(error.message, /^cannot make a folder in [^\n]+; choose one [^\n]+--out$/);
  }));

Deno.test("readText() reads no file that is too large", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "1234");
    assertEquals(await readText(path, 4), "1234");
    const error = await assertRejects(() => readText(path, 3), FileError);
    assertMatch(error.message, /^cannot read "[^\n]*a.txt": it is too large; at most 3 bytes /);
    await assertRejects(() => readText(join(folder, "b.txt"), 3), FileError, "no such file");
  }));

Deno.test("readText() reads UTF-16 and a byte order mark, and says what is no text", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.txt");
    for (const bytes of [[0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0], [0xff, 0xfe, 0x7b, 0, 0x7d, 0]]) {
      await Deno.writeFile(path, new Uint8Array(bytes));
      assertEquals(await readText(path, 100), "{}");
    }
    await Deno.writeFile(path, new Uint8Array([0x7b, 0xff]));
    await assertRejects(() => readText(path, 100), FileError, "it is no text in UTF-8 or UTF-16");
    await assertRejects(() => readText(folder, 100), FileError, "it is a folder");
  }));

Deno.test("readText() reads a pipe, at most as far as allowed, and standard input", async () => {
  const script = (path: string, most: number) =>
    `import { readText } from ${JSON.stringify(new URL("files.ts", import.meta.url))};
      try { console.log((await readText("${path}", ${most})).length); }
      catch (error) { console.log(error.message); }`;
  const read = async (path: string, most: number, from: string) => {
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", `${from} | "$0" eval --quiet "$1"`, Deno.execPath(), script(path, most)],
    }).output();
    return [code, new TextDecoder().decode(stdout).trim()];
  };
  assertEquals(await read("/dev/stdin", 9, "printf 12345"), [0, "5"]);
  const endless = 'cannot read "/dev/stdin": it is too large; at most 9 bytes are read';
  assertEquals(await read("/dev/stdin", 9, "yes"), [0, endless]);
  assertMatch(String(await read("/dev/zero", 9, "true")), /^0,cannot read .*too large; at most 9/);
});

Deno.test("makeFolder() makes sure that the folder takes files", () =>
  inFolder(async (folder) => {
    await makeFolder(join(folder, "a/b"));
    await makeFolder(join(folder, "a/b"));
    assertEquals(namesIn(join(folder, "a/b")), []);
    await Deno.writeTextFile(join(folder, "file"), "");
    const refuse = async (path: string, reason: string) => {
      const { message } = await assertRejects(() => makeFolder(path), FileError);
      assertMatch(message, /^cannot make the folder "[^\n]*; choose one [^\n]+--out$/);
      assertStringIncludes(message, reason);
    };
    await refuse(join(folder, "file"), "something that is no folder has that name");
    await refuse(join(folder, "file/a"), "a part of the path is no folder");
    // It is there, and no file can be made in it.
    if (Deno.build.os === "linux") await refuse("/proc", ": ");
  }));

Deno.test({
  name: "makeFolder() leaves no folder behind that takes no files",
  // Where a path may have 4095 bytes, and a file's name in it has no room left.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      let path = join(folder, "first");
      while (path.length < 4080) path = join(path, "a".repeat(Math.min(250, 4090 - path.length)));
      await assertRejects(() => makeFolder(path), FileError, "the name is too long");
      assertEquals(namesIn(folder), []);
    }),
});

Deno.test("writeEach() writes the others where one cannot be written, and passes on a bug", () =>
  inFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    const files = ["a", "none/b", "c"].map((name) => [path(name), name] as const);
    const { paths, problems } = await writeEach(files);
    assertEquals(paths, [path("a"), path("c")]);
    assertMatch(problems.join("\n"), /^cannot write "[^\n]*b": there is no such file or folder$/);
    assertEquals(namesIn(folder), ["a", "c"]);
    const bug = () => Promise.reject(new TypeError("a bug"));
    await assertRejects(() => writeEach(files, bug), TypeError, "a bug");
  }));

Deno.test("removeEmpty() removes what missingFolders() found, as far as nothing is in it", () =>
  inFolder(async (folder) => {
    const parent = join(folder, "deep/er");
    const missing = await missingFolders(parent);
    assertEquals(missing, [parent, join(folder, "deep")]);
    const run = await createFolder(parent, "run");
    assertEquals(await missingFolders(parent), []);
    await Deno.writeTextFile(join(run, "a"), "");
    await removeEmpty([run, ...missing]);
    assertEquals(namesIn(run), ["a"]);
    await Deno.remove(join(run, "a"));
    await Deno.writeTextFile(join(folder, "deep", "b"), "");
    await removeEmpty([run, ...missing]);
    assertEquals(namesIn(join(folder, "deep")), ["b"]);
  }));

Deno.test("reasonOf() says in a few words why a disk takes no more", () => {
  const error = (code: string) => Object.assign(new Error("writefile 'x.tmp'"), { code });
  assertEquals(reasonOf(error("ENOSPC")), "the disk is full");
  assertEquals(reasonOf(error("EROFS")), "the file system is read-only");
  assertEquals(reasonOf(error("EIO")), "writefile 'x.tmp'");
  assertEquals(reasonOf(null), "null");
});

Deno.test("readText() says that a file is compressed, and where standard input is", () =>
  inFolder(async (folder) => {
    const path = join(folder, "results.json.gz");
    const packed = new Blob(["{}"]).stream().pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(path, packed);
    await assertRejects(() => readText(path, 1e6), FileError, "compressed (gzip); unpack it first");
    await assertRejects(() => readText("-", 1e6), FileError, "standard input is /dev/stdin");
  }));

// Whatever a path may lead to: nothing that was there is destroyed, and a file is whole or as it was.
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { FileError } from "../common/system_errors.ts";
import { expectRoom, expectWritable, writeWhole } from "./whole_file.ts";

const onUnix = Deno.build.os !== "windows";

/** A test in an empty folder, where there are links, pipes and modes. */
function testIn(name: string, test: (path: (name: string) => string) => Promise<void>): void {
  const ignore = !onUnix;
  Deno.test({
    name: `${name}${ignore ? " (needs links and modes)" : ""}`,
    ignore,
    fn: () => inFolder(async (folder) => await test((name) => join(folder, name))),
  });
}

/** The reason for which both the writing and the look before it refuse a path. */
async function refusal(path: string): Promise<string> {
  const [{ message }, look] = [
    await assertRejects(() => writeWhole(path, "new"), FileError),
    await assertRejects(() => expectWritable(path), FileError),
  ];
  assertEquals(look.message, message);
  assertMatch(message, /^cannot write "[^\n]*": [^\n]+$/);
  return message;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** The shell's words for a process that writes a text to the paths that stand behind it. */
function writer(text: string): string {
  const script = `import { writeWhole } from ${
    JSON.stringify(new URL("whole_file.ts", import.meta.url))
  };
    for (const path of Deno.args) await writeWhole(path, ${JSON.stringify(text)});`;
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  const options = `--quiet --no-check --no-prompt --config '${config}' --allow-read --allow-write`;
  const module = `data:application/javascript,${encodeURIComponent(script).replaceAll("'", "%27")}`;
  return `'${Deno.execPath()}' run ${options} '${module}'`;
}

testIn("writeWhole() writes the file that links lead to, and keeps the links", async (path) => {
  await Deno.mkdir(path("real/deep/er"), { recursive: true });
  await Deno.writeTextFile(path("real/a"), "old");
  await Deno.symlink("deep/er", path("real/by"));
  // Relative to where the link is, which is not where its path says: `by` is a link too.
  await Deno.symlink("../../a", path("real/deep/er/link"));
  await Deno.symlink(path("real/by/link"), path("link"));
  await writeWhole(path("link"), "new");
  assertEquals(await Deno.readTextFile(path("real/a")), "new");
  assertEquals((await Deno.lstat(path("link"))).isSymlink, true);
  assertEquals((await Deno.lstat(path("real/deep/er/link"))).isSymlink, true);
  await Deno.symlink("real/none", path("dangling"));
  await expectWritable(path("dangling"));
  await writeWhole(path("dangling"), "made");
  assertEquals(await Deno.readTextFile(path("real/none")), "made");
  await Deno.symlink("circle", path("circle"));
  assertStringIncludes(await refusal(path("circle")), "its links lead in a circle");
  assertEquals(namesIn(path("real")), ["a", "by", "deep", "none"]);
});

testIn("writeWhole() keeps the mode of a file, and refuses one that is read-only", async (path) => {
  for (const mode of [0o600, 0o640, 0o755, 0o666]) {
    await Deno.writeTextFile(path("a"), "old");
    await Deno.chmod(path("a"), mode);
    await writeWhole(path("a"), `new ${mode}`);
    assertEquals((await Deno.stat(path("a"))).mode! & 0o7777, mode);
    assertEquals(await Deno.readTextFile(path("a")), `new ${mode}`);
  }
  await Deno.chmod(path("a"), 0o444);
  assertStringIncludes(await refusal(path("a")), "it is read-only");
  assertEquals(await Deno.readTextFile(path("a")), `new ${0o666}`);
  assertEquals(namesIn(path("")), ["a"]);
});

/** Runs `action` where one of Deno's functions fails as the system would. */
async function failing(
  name: "chown" | "rename" | "writeFile",
  error: (path: string) => Error | null,
  action: () => Promise<void>,
): Promise<void> {
  const own: unknown = Deno[name];
  const fails = (path: string, ...rest: unknown[]) => {
    const thrown = error(path);
    if (thrown) return Promise.reject(thrown);
    return (own as (path: string, ...rest: unknown[]) => Promise<void>)(path, ...rest);
  };
  Object.assign(Deno, { [name]: fails });
  try {
    await action();
  } finally {
    Object.assign(Deno, { [name]: own });
  }
}

const systemError = (code: string) => Object.assign(new Error(code), { code });

testIn("writeWhole() keeps the other names of a file", async (path) => {
  await Deno.writeTextFile(path("a"), "a text that is longer");
  await Deno.link(path("a"), path("b"));
  await writeWhole(path("a"), "new");
  assertEquals(await Deno.readTextFile(path("b")), "new");
  assertEquals((await Deno.stat(path("a"))).ino, (await Deno.stat(path("b"))).ino);
  // The text comes to the file beside it, but not to its place, of which nothing is left.
  let full = 1;
  const once = (to: string) => {
    if (to !== path("a") || full-- === 0) return null;
    Deno.truncateSync(to);
    return systemError("ENOSPC");
  };
  await failing("writeFile", once, async () => {
    const { message } = await assertRejects(() => writeWhole(path("a"), "newer"), FileError);
    assertStringIncludes(message, "the disk is full");
  });
  assertEquals(await Deno.readTextFile(path("b")), "new");
  assertEquals(namesIn(path("")), ["a", "b"]);
});

testIn(
  "writeWhole() keeps the owner of a file, and writes in its place where it cannot",
  async (path) => {
    await Deno.writeTextFile(path("a"), "old");
    const root = Deno.uid() === 0;
    if (root) await Deno.chown(path("a"), 1234, 4321);
    const { ino, uid, gid } = await Deno.stat(path("a"));
    const other = Deno.stat;
    const look: typeof Deno.stat = async (at) => {
      const info = await other(at);
      return String(at) === path("a") ? info : { ...info, uid: 77 };
    };
    await writeWhole(path("a"), "new");
    const renamed = await Deno.stat(path("a"));
    assertEquals([renamed.uid, renamed.gid, renamed.ino !== ino], [uid, gid, true]);
    await failing("chown", () => systemError("EPERM"), async () => {
      // As if it were another user's.
      Object.assign(Deno, { stat: look });
      try {
        await writeWhole(path("a"), "newer");
      } finally {
        Object.assign(Deno, { stat: other });
      }
    });
    const kept = await Deno.stat(path("a"));
    assertEquals([kept.uid, kept.gid, kept.ino], [uid, gid, renamed.ino]);
    assertEquals(await Deno.readTextFile(path("a")), "newer");
    assertEquals(namesIn(path("")), ["a"]);
  },
);

testIn("writeWhole() writes a file that is mounted by itself in its place", async (path) => {
  await Deno.writeTextFile(path("a"), "old");
  const { ino } = await Deno.stat(path("a"));
  await failing("rename", () => systemError("EBUSY"), () => writeWhole(path("a"), "new"));
  assertEquals([await Deno.readTextFile(path("a")), (await Deno.stat(path("a"))).ino], [
    "new",
    ino,
  ]);
  await failing("rename", () => systemError("EXDEV"), async () => {
    await assertRejects(() => writeWhole(path("a"), "newer"), FileError);
  });
  assertEquals(await Deno.readTextFile(path("a")), "new");
  assertEquals(namesIn(path("")), ["a"]);
});

testIn("writeWhole() refuses folders, sockets and names of folders", async (path) => {
  await Deno.mkdir(path("folder"));
  await Deno.symlink("folder", path("link"));
  for (const name of ["folder", "link"]) {
    assertStringIncludes(await refusal(path(name)), "it is a folder");
  }
  assertStringIncludes(await refusal(`${path("new")}/`), "its name is one of a folder");
  assertStringIncludes(await refusal(path("none/a")), "there is no such file or folder");
  await Deno.writeTextFile(path("file"), "old");
  assertStringIncludes(await refusal(path("file/a")), "no folder");
  assertStringIncludes(await refusal(path("x".repeat(300))), "the name is too long");
  // Its name stays where the process that listened has ended.
  const listen = `Deno.listen({ transport: "unix", path: ${JSON.stringify(path("socket"))} });`;
  await run(Deno.execPath(), "eval", "--quiet", `${listen} Deno.exit()`);
  assertStringIncludes(await refusal(path("socket")), "it is a socket");
  assertEquals(namesIn(path("")), ["file", "folder", "link", "socket"]);
});

testIn("writeWhole() writes names as long as they can be, and bytes", async (path) => {
  const name = "x".repeat(255);
  await writeWhole(path(name), new Uint8Array([1, 0, 255]));
  assertEquals(await Deno.readFile(path(name)), new Uint8Array([1, 0, 255]));
});

testIn(
  "writeWhole() writes through pipes and devices, and leaves them what they are",
  async (path) => {
    await run("mkfifo", path("pipe"));
    const read = run("cat", path("pipe"));
    const text = "line\n".repeat(100_000);
    await writeWhole(path("pipe"), text);
    assertEquals(await read, text);
    assertEquals((await Deno.stat(path("pipe"))).isFifo, true);
    await writeWhole("/dev/null", "gone");
    await expectWritable("/dev/null");
    assertEquals((await Deno.stat("/dev/null")).isCharDevice, true);
  },
);

testIn("writeWhole() writes to standard output and error behind what was there", async (path) => {
  const write = writer("new");
  assertEquals(await run("sh", "-c", `${write} /dev/stdout /dev/fd/1 | cat`), "newnew");
  assertEquals(await run("sh", "-c", `${write} /proc/self/fd/2 2>&1 >/dev/null | cat`), "new");
  await Deno.symlink("/dev/stdout", path("link"));
  await run(
    "sh",
    "-c",
    `echo old > '${path("log")}'; ${write} '${path("link")}' >> '${path("log")}'`,
  );
  assertEquals(await Deno.readTextFile(path("log")), "old\nnew");
  // Of another open file, with the permission that Deno wants for it.
  const all = write.replace("--allow-read --allow-write", "--allow-all");
  await run("sh", "-c", `${all} /dev/fd/3 3>> '${path("log")}'`);
  assertEquals(await Deno.readTextFile(path("log")), "old\nnewnew");
  assertEquals(namesIn(path("")), ["link", "log"]);
});

testIn("writeWhole() leaves what was there where the disk takes no more", async (path) => {
  await Deno.writeTextFile(path("a"), "old");
  // A limit of the shell, which a process exceeds as it does a full disk.
  const script = `ulimit -f 1; trap '' XFSZ; ${writer("x".repeat(100_000))} '${path("a")}' 2>&1`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  assertStringIncludes(new TextDecoder().decode(stdout), "cannot write");
  assertEquals(await Deno.readTextFile(path("a")), "old");
  assertEquals(namesIn(path("")), ["a"]);
});

Deno.test("expectWritable() and expectRoom() see a full disk, which may still take an empty file", () =>
  inFolder(async (folder) => {
    const { writeFile } = Deno;
    Deno.writeFile = async (path, data, options) => {
      if ((data as Uint8Array).length > 0) {
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
      }
      await writeFile(path, data, options);
    };
    try {
      const path = join(folder, "a");
      await assertRejects(() => expectWritable(path), FileError, "the disk is full");
      await assertRejects(() => expectRoom(folder), Error, "full");
    } finally {
      Deno.writeFile = writeFile;
    }
    assertEquals(namesIn(folder), []);
  }));

// What the commands do with the streams that they write to: colours, readers that are gone, and what the
// system refuses. In processes of their own, behind a shell.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { forStream } from "./colours.ts";
import { isSystemError, reasonOf } from "./system_errors.ts";

const config = fileURLToPath(new URL("../deno.json", import.meta.url));

/** What a shell makes of a command whose `run` is this, as `"$@"`; its arguments and permissions stand behind it. */
async function shell(
  line: string,
  run: string,
  { permissions = ["--allow-all"], env = {} }: {
    readonly permissions?: readonly string[];
    readonly env?: Record<string, string>;
  } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const script = `
    import { print, printError, printWarning, runCommand } from ${
    JSON.stringify(new URL("command.ts", import.meta.url))
  };
    import { red } from "@std/fmt/colors";
    Deno.exit(await runCommand(async () => { ${run}; return 0; }, Deno.args));`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const options = ["--quiet", "--no-check", "--no-prompt", "--config", config, ...permissions];
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", line, "sh", Deno.execPath(), "run", ...options, `${folder}/main.ts`],
      cwd: folder,
      env: { NO_COLOR: "", FORCE_COLOR: "", ...env },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `${name}${ignore ? " (needs a shell)" : ""}`, ignore, fn });

test("a command whose reader has gone ends quietly", async () => {
  const many = 'for (let i = 0; i < 1e5; i++) print("line " + i)';
  for (const line of ['{ "$@"; echo $? >&2; } | head -n 1', '{ "$@"; echo $? >&2; } | head -c 3']) {
    const { stdout, stderr } = await shell(line, many);
    assertStringIncludes("line 0\n", stdout);
    assertEquals(stderr, `${128 + 13}\n`);
  }
  // Messages have nowhere to go, and are no reason to stop.
  const told = await shell(
    '{ "$@"; echo "code $?"; } 2>&1 >/dev/null | true; "$@" 2>&- >/dev/null; echo $?',
    'for (let i = 0; i < 1e4; i++) printError("note " + i)',
  );
  assertEquals([told.stdout, told.stderr], ["0\n", ""]);
  const closed = await shell('"$@" >&-; echo $?', 'print("not read")');
  assertMatch(closed.stdout, /^[02]\n$/);
  assertEquals(/bug/.test(closed.stderr), false);
});

test("what the system refuses is one line and code 2, and no bug", async () => {
  const refusals: readonly (readonly [run: string, permissions?: readonly string[]])[] = [
    ['await Deno.readTextFile("none")'],
    ['await Deno.mkdir("main.ts")'],
    ['await new Deno.Command("./none").output()'],
    ['await Deno.readTextFile("main.ts")', ["--allow-read=/none", "--allow-env"]],
    ['Deno.openSync("/dev/full", { write: true }).writeSync(new Uint8Array(1))'],
    ["new WebAssembly.Memory({ initial: 65536 }); for (const all = [];;) all.push(new Float64Array(2 ** 32))"],
  ];
  for (const [run, permissions] of refusals) {
    const { code, stdout, stderr } = await shell('"$@"', run, permissions && { permissions });
    assertEquals([code, stdout], [2, ""], run);
    assertMatch(stderr, /^error: the system refused: [^\n]+\n$/, run);
  }
  const { code, stderr } = await shell('"$@"', "null.x");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "error: this is a bug in Densemark: ");
  const full = await shell('"$@" > /dev/full', 'print("x")');
  assertEquals([
    full.code,
    full.stderr.includes("cannot write to standard output: the disk is full"),
  ], [2, true]);
});

test("colours go to terminals alone, unless FORCE_COLOR asks for them", async () => {
  const run = 'print(red("out")); printError(red("err")); printWarning("cause and remedy")';
  const of = async (env: Record<string, string>, permissions = ["--allow-env"]) => {
    const { stdout, stderr } = await shell('"$@"', run, { env, permissions });
    return (stdout + stderr).includes("\x1b");
  };
  assertEquals(await of({}), false);
  assertEquals(await of({ FORCE_COLOR: "1" }), true);
  assertEquals(await of({ FORCE_COLOR: "0" }), false);
  assertEquals(await of({ NO_COLOR: "1" }), false);
  // It is not asked for.
  assertEquals(await of({ FORCE_COLOR: "1" }, []), false);
});

Deno.test("forStream() leaves colours to terminals", () => {
  const red = "\x1b[31mred\x1b[39m";
  assertEquals(forStream(red, { isTerminal: () => true }), red);
  if (!Deno.env.get("FORCE_COLOR")) {
    assertEquals(forStream(red, { isTerminal: () => false }), "red");
  }
});

Deno.test("isSystemError() tells what the system refuses from faults of the code", async () => {
  const missing = await Deno.stat("/none").catch((error: unknown) => error);
  assertEquals(isSystemError(missing), true);
  assertEquals(reasonOf(missing), "there is no such file or folder");
  for (const error of [new TypeError("x"), new RangeError("x"), new Deno.errors.BadResource("x")]) {
    assertEquals(isSystemError(error), false);
  }
  const full = Object.assign(new Error("No space left on device (os error 28)"), {
    code: "ENOSPC",
  });
  assertEquals([isSystemError(full), reasonOf(full)], [true, "the disk is full"]);
  const odd = new Error("No such device or address (os error 6): open '/tmp/x.tmp'");
  assertEquals([isSystemError(odd), reasonOf(odd)], [true, "No such device or address"]);
});

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { inFolder, runDeno } from "./deno_testing.ts";
import { startTied } from "./tied_process.ts";

// Windows gives a process no SIGINT to heed.
const ignore = Deno.build.os === "windows";
const tie = { env: { NO_COLOR: "1" }, grace: 60e3 };

/** A program that says that it runs, in a file too, and in another which signal ended it. */
const waiting = `Deno.addSignalListener("SIGINT", () => {
  Deno.writeTextFileSync("ended", "SIGINT");
  Deno.exit(7);
});
Deno.writeTextFileSync("pid", String(Deno.pid));
console.log("runs");
setInterval(() => {}, 1000);`;

/** The text of a file as soon as there is one. */
async function textOf(path: string): Promise<string> {
  for (const start = performance.now(); performance.now() - start < 30e3;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "nothing";
}

/** Kills a process that the test would otherwise leave behind. */
async function killIn(folder: string): Promise<void> {
  const pid = Number(await Deno.readTextFile(join(folder, "pid")).catch(() => "0"));
  try {
    if (pid > 0) Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended, as it should.
  }
}

Deno.test("startTied() gives what the command writes, and its exit code", async () => {
  await using process = startTied(
    ["eval", "console.log('out'); console.error('err'); Deno.exit(5);"],
    { ...tie, cwd: "." },
  );
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [5, "out\n", "err\n"]);
  await process.stdin.close().catch(() => {});
});

Deno.test({
  name: "startTied() ends its command where the process that started it is killed",
  ignore,
  fn: async () => {
    await inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "waiting.ts"), waiting);
      // The program that is killed; it sends the signal itself, once its command runs.
      await Deno.writeTextFile(
        join(folder, "killed.ts"),
        `import { startTied } from ${JSON.stringify(new URL("tied_process.ts", import.meta.url))};
        const process = startTied(["run", "--allow-write", "waiting.ts"], {
          cwd: ".", env: { NO_COLOR: "1" }, grace: 60e3,
        });
        await process.stdout.getReader().read();
        Deno.kill(Deno.pid, "SIGKILL");`,
      );
      try {
        await runDeno(["run", "--quiet", "--no-check", "--allow-all", "killed.ts"], {
          cwd: folder,
        });
        assertEquals(await textOf(join(folder, "ended")), "SIGINT");
      } finally {
        await killIn(folder);
      }
    });
  },
});

for (
  const [name, program, grace, code] of [
    ["asks its command to end", waiting, 60e3, 7],
    ["kills one that does not", waiting.replace("Deno.exit(7);", ""), 50, 128 + 9],
  ] as const
) {
  Deno.test({
    name: `startTied() ${name} when its standard input is closed`,
    ignore,
    fn: async () => {
      await inFolder(async (folder) => {
        await Deno.writeTextFile(join(folder, "waiting.ts"), program);
        await using process = startTied(["run", "--allow-write", "waiting.ts"], {
          ...tie,
          grace,
          cwd: folder,
        });
        try {
          await textOf(join(folder, "pid"));
          await process.stdin.close();
          assertEquals((await process.output()).code, code);
        } finally {
          await killIn(folder);
        }
      });
    },
  });
}

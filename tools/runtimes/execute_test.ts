import { assertEquals, assertRejects } from "@std/assert";
import { execute } from "./execute.ts";

const cwd = Deno.cwd();

Deno.test("execute() gives what a program writes, and throws its error", async () => {
  const { stdout } = await execute(Deno.execPath(), ["eval", "console.log(`${1 + 1}`)"], { cwd });
  assertEquals(stdout, "2\n");
  const fails = ["eval", "console.error('error: no'); Deno.exit(3)"];
  await assertRejects(() => execute(Deno.execPath(), fails, { cwd }), Error, "error: no");
});

Deno.test({
  name: "execute() ends a program at its limit, with those that it started",
  ignore: Deno.build.os === "windows",
  async fn() {
    const file = await Deno.makeTempFile();
    // The child keeps the output open. On a busy machine it may not have started at a limit.
    let child = "";
    for (let limit = 100; child === ""; limit *= 2) {
      const args = ["-c", `sleep 600 & echo $! > "${file}"; wait`];
      await assertRejects(
        () => execute("sh", args, { cwd, limit }),
        Error,
        `did not end within ${limit / 1e3} s`,
      );
      child = (await Deno.readTextFile(file)).trim();
    }
    const isThere = async () => {
      const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", child] })
        .output();
      // An ended process stays a zombie until its parent asks for it.
      return /^[^Z]/.test(new TextDecoder().decode(stdout));
    };
    for (let time = 0; time < 1000 && await isThere(); time++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(await isThere(), false);
    await Deno.remove(file);
  },
});

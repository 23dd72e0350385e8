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
    // The child would write after a second, and keeps the output open until then.
    const args = ["-c", `(sleep 1; echo late > "${file}") & wait`];
    await assertRejects(
      () => execute("sh", args, { cwd, limit: 100 }),
      Error,
      "did not end within 0.1 s",
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assertEquals(await Deno.readTextFile(file), "");
    await Deno.remove(file);
  },
});

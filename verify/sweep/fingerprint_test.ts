import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { inFolder, runDeno } from "../../common/deno_testing.ts";
import { fingerprintOf } from "./fingerprint.ts";

Deno.test("fingerprintOf() is the same for the same sources, engine and sweep", async () => {
  const first = await fingerprintOf(1, 4);
  assertEquals(await fingerprintOf(1, 4), first);
  assertMatch(first.source, /^[0-9a-f]{64}$/);
  assertMatch(first.engine, /^V8 \d[^ ]*, flags \S/);
  assertNotEquals(await fingerprintOf(2, 4), first);
  assertNotEquals(await fingerprintOf(1, 5), first);
});

Deno.test("fingerprintOf() names the flags where it may read them, and throws where it may not read the code", () =>
  inFolder(async (folder) => {
    const script = join(folder, "print.ts");
    const module = new URL("fingerprint.ts", import.meta.url);
    await Deno.writeTextFile(
      script,
      `import { fingerprintOf } from ${JSON.stringify(module)};
       try { console.log(JSON.stringify(await fingerprintOf(1, 4))); }
       catch (error) { console.log(error.name); }`,
    );
    const print = async (...permissions: readonly string[]) => {
      const { stdout } = await runDeno(
        ["run", "--quiet", "--no-prompt", ...permissions, script],
        { env: { DENO_V8_FLAGS: "--no-liftoff" } },
      );
      return stdout.trim();
    };
    const flags = "--allow-env=DENO_V8_FLAGS";
    assertMatch(await print("--allow-read"), /flags unknown/);
    assertMatch(await print("--allow-read", flags), /flags --no-liftoff/);
    assertEquals(await print(flags), "NotCapable");
  }));

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

/** The fingerprint of the copy of the sources that `folder` holds, in a process of its own. */
async function fingerprintIn(folder: string, permissions: readonly string[]): Promise<string> {
  const script = join(folder, "print.ts");
  await Deno.writeTextFile(
    script,
    `import { fingerprintOf } from "./verify/sweep/fingerprint.ts";
     try { console.log(JSON.stringify(await fingerprintOf(1, 4))); }
     catch (error) { console.log(error.name); }`,
  );
  const { stdout } = await runDeno(
    ["run", "--quiet", "--no-prompt", "--no-config", ...permissions, script],
    { env: { DENO_V8_FLAGS: "--no-liftoff" } },
  );
  return stdout.trim();
}

Deno.test("fingerprintOf() changes with a kernel, not with a test, and says what it cannot read", () =>
  inFolder(async (folder) => {
    const root = new URL("../../", import.meta.url);
    const copy = async (from: URL, to: string): Promise<void> => {
      await Deno.mkdir(to, { recursive: true });
      for await (const { name, isDirectory } of Deno.readDir(from)) {
        if (isDirectory) await copy(new URL(`${name}/`, from), join(to, name));
        else await Deno.copyFile(new URL(name, from), join(to, name));
      }
    };
    await copy(new URL("kernels/", root), join(folder, "kernels"));
    await copy(new URL("verify/", root), join(folder, "verify"));
    const readable = [`--allow-read=${folder}`];
    const flags = ["--allow-env=DENO_V8_FLAGS"];
    const before = await fingerprintIn(folder, readable);
    assertMatch(before, /flags unknown/);
    assertMatch(await fingerprintIn(folder, [...readable, ...flags]), /flags --no-liftoff/);
    await Deno.writeTextFile(join(folder, "kernels/erfc_test.ts"), "// another test");
    assertEquals(await fingerprintIn(folder, readable), before);
    const path = join(folder, "kernels/wasm/vector_math.ts");
    await Deno.writeTextFile(path, `${await Deno.readTextFile(path)}\n// changed`);
    assertNotEquals(await fingerprintIn(folder, readable), before);
    assertEquals(await fingerprintIn(folder, flags), "NotCapable");
  }));

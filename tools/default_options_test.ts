import { assertEquals } from "@std/assert";
import { runDeno } from "../common/deno_testing.ts";

const root = new URL("../", import.meta.url);

Deno.test("the entry points type-check under the compiler options that a program has by default", async () => {
  const entries = ["mod.ts", "verify/mod.ts", "models/mod.ts"].map((path) =>
    new URL(path, root).href
  );
  const map = new URL("import_map.json", root).href;
  const { code, stderr } = await runDeno(
    ["check", "--quiet", "--no-config", "--no-lock", `--import-map=${map}`, ...entries],
    { signal: AbortSignal.timeout(300_000) },
  );
  assertEquals([code, stderr], [0, ""]);
});

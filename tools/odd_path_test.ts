import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder, runDeno } from "../common/deno_testing.ts";

// What a URL spells in another way than a path, and what a shell takes for its own.
const odd = Deno.build.os === "windows" ? "ö d#1 %41 'x" : `ö d#1 %41 'q"z 😀 ?x`;

/** Commands that read files which lie beside their code, and what they then print. */
const commands: Readonly<Record<string, readonly [script: string, text: string]>> = {
  "predict-keras": ["examples/predict_keras.ts", "Keras says"],
  "export --help": ["reports/interop/cli.ts", "Usage: deno task export"],
  "mutate --list": ["verify/mutate/cli.ts", "kernels/naive.ts"],
};

for (const [name, [script, text]] of Object.entries(commands)) {
  Deno.test(`${name} finds its files in a checkout with odd characters in its path`, () =>
    inFolder(async (folder) => {
      const root = join(folder, odd);
      // Deno calls modules by the name of the link.
      await Deno.symlink(fileURLToPath(new URL("..", import.meta.url)), root, { type: "dir" });
      const args = name.split(" ").slice(1);
      const list = args.includes("--list")
        ? ["--kernels", "naive", "--files", "naive.ts", "--sample", "1", "--out", folder]
        : [];
      const { code, stdout, stderr } = await runDeno(
        ["run", "--quiet", "--no-check", "--no-lock", "-A", join(root, script), ...args, ...list],
        { cwd: root },
      );
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, text);
    }));
}

// Programs that forget to dispose: their memory is given back once it is collected, and they end.
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { runDeno } from "../common/deno_testing.ts";
import { kernelsHere } from "./kernels_testing.ts";

const config = ["--config", fileURLToPath(new URL("../deno.json", import.meta.url))];
const registry = JSON.stringify(new URL("registry.ts", import.meta.url));

/** What a program prints, which must end by itself. */
async function run(script: string, ...flags: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runDeno(
    ["eval", "--quiet", ...config, ...flags, script],
    { signal: AbortSignal.timeout(300_000) },
  );
  assertEquals(code, 0, stderr);
  return stdout;
}

for (const name of await kernelsHere()) {
  Deno.test(`${name}: memory() falls once forgotten tensors are collected, and the program ends`, async () => {
    const printed = await run(
      `import { createKernel } from ${registry};
      const kernel = await createKernel("${name}");
      const kept = kernel.tensor([64, 64], new Float32Array(4096).fill(1));
      const before = kernel.memory();
      (function forget() {
        for (let i = 0; i < 100; i++) {
          const tensor = kernel.tensor([64, 64]);
          if (i % 3 === 0) tensor[Symbol.dispose]();
        }
      })();
      console.log(kernel.memory() - before >= 66 * 16384);
      for (let i = 0; i < 200 && kernel.memory() > before; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log(kernel.memory() - before, (await kept.read()).every((value) => value === 1));`,
      "--v8-flags=--expose-gc",
    );
    assertEquals(printed, "true\n0 true\n");
  });
}

Deno.test("wasm-threads: the workers of a forgotten kernel end once it is collected", async () => {
  const pool = (name: string) => JSON.stringify(new URL(`wasm/${name}.ts`, import.meta.url));
  const printed = await run(
    `import { createKernel } from ${registry};
    import { control, controlOf } from ${pool("control")};
    const memory = await (async () => {
      const kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
      return kernel.heap.memory;
    })();
    const words = controlOf(memory, 3);
    for (let i = 0; i < 300 && words[control.stop] === 0; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(words[control.stop]);`,
    "--v8-flags=--expose-gc",
  );
  assertEquals(printed, "1\n");
});

Deno.test("wasm-threads: a program that forgot its kernel ends, also after a pause longer than the rest of its workers", async () => {
  for (const pause of [0, 2500]) {
    const printed = await run(
      `import { createKernel } from ${registry};
      const kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
      const ones = new Float32Array(4096).fill(1);
      const [a, b, y] = [ones, ones, ones].map((data) => kernel.tensor([64, 64], data));
      kernel.matmul(a, b, y);
      await new Promise((resolve) => setTimeout(resolve, ${pause}));
      for (let i = 0; i < 100; i++) kernel.matmul(a, b, y);
      console.log((await y.read()).every((value) => value === 64));`,
    );
    assertEquals(printed, "true\n");
  }
});

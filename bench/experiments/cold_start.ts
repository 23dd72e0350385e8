/**
 * `deno task cold-start`: how long a new process takes from createKernel to
 * the first result of a Dense layer, which V8's compilation rules and no timing
 * after warm-up shows. Each round starts a process for every kernel and engine.
 *
 * @module
 */
import { defineCommand, print, printError, runCommand } from "../../common/command.ts";
import { median } from "../../statistics/estimators.ts";

const engines = {
  plain: {},
  revec: { DENO_V8_FLAGS: "--experimental-wasm-revectorize,--no-liftoff" },
} as const;
const kernels = ["wasm-simd", "wasm-threads"] as const;
const rounds = 15;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task cold-start",
  summary: "Times new processes from createKernel to the first result of a layer.",
  run,
});

/** What a process does; the module is loaded, as by any program, before the clock starts. */
function scriptOf(kernel: string): string {
  return `import { createKernel } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url))};
    const start = performance.now();
    const kernel = await createKernel(${JSON.stringify(kernel)});
    const created = performance.now();
    const tensor = (...shape) => kernel.tensor(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(1));
    const [x, weight, bias, y] = [tensor(128, 784), tensor(784, 512), tensor(512), tensor(128, 512)];
    kernel.dense(x, weight, bias, "relu", y);
    const [first] = await y.read();
    const done = performance.now();
    if (first !== 785) throw new Error("wrong result " + first);
    console.log(created - start, done - start);
    await kernel[Symbol.asyncDispose]();`;
}

/** Milliseconds to the kernel, and to the first result. */
async function startOnce(kernel: string, env: Record<string, string>): Promise<[number, number]> {
  const { stdout, stderr, success } = await new Deno.Command("deno", {
    args: ["eval", "--quiet", scriptOf(kernel)],
    cwd: new URL("../..", import.meta.url),
    env,
    signal: AbortSignal.timeout(60_000),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).split("\n")[0]);
  const [created = NaN, done = NaN] = new TextDecoder().decode(stdout).split(" ").map(Number);
  return [created, done];
}

/** Prints a table in Markdown. */
async function run(): Promise<number> {
  const cells = kernels.flatMap((kernel) =>
    Object.entries(engines).map(([engine, env]) => ({
      kernel,
      engine,
      env,
      created: [] as number[],
      done: [] as number[],
    }))
  );
  for (let round = 0; round <= rounds; round++) {
    for (const cell of cells) {
      const [created, done] = await startOnce(cell.kernel, cell.env);
      if (round === 0) continue; // fills the caches of files and of compiled TypeScript
      cell.created.push(created);
      cell.done.push(done);
    }
    if (Deno.stderr.isTerminal()) printError(`round ${round} of ${rounds}`);
  }
  print("| kernel | engine | createKernel, ms | and first result, ms | the shortest |");
  print("| --- | --- | --: | --: | --: |");
  for (const { kernel, engine, created, done } of cells) {
    const times = [median(created), median(done), Math.min(...done)];
    print(`| ${kernel} | ${engine} | ${times.map((time) => time.toFixed(1)).join(" | ")} |`);
  }
  print(`\nmedians of ${rounds} processes; the layer is 128 x 512 x 784 with bias and relu`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

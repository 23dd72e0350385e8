/**
 * `deno task cold-start`: how long a new process takes from createKernel to the
 * first result of a Dense layer. Most of that is V8's compilation, which no
 * timing after a warm-up shows. Each round starts a process for every kernel and
 * engine, and one for each floor: what the same takes without any of the code here.
 *
 * @module
 */
import { denoPath } from "../../common/deno_path.ts";
import { defineCommand, print, printError, runCommand } from "../../common/command.ts";
import { formatNumber } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { median } from "../../statistics/estimators.ts";
import { enginesOf } from "../engines.ts";

const engines = enginesOf("both");
const kernels = ["wasm-simd", "wasm-threads"] as const;
const rounds = 15;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task cold-start",
  summary: "Times new processes from createKernel to the first result of a layer.",
  run,
});

/** What a process runs; the module is loaded before the clock starts, as in any program. */
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

/** The same tensors in a memory without a kernel, and a module of nothing. */
const dataScript = `const start = performance.now();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
    const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    new WebAssembly.Instance(new WebAssembly.Module(empty));
    const created = performance.now();
    let end = 0;
    for (const size of [128 * 784, 784 * 512, 512, 128 * 512]) {
      const data = new Float32Array(size).fill(1);
      memory.grow(Math.ceil(data.byteLength / 65536));
      new Float32Array(memory.buffer, end, size).set(data);
      end += data.byteLength;
    }
    console.log(created - start, performance.now() - start);`;

/** A worker of nothing: until its constructor returns, and until it answers. */
const workerScript = `const url = URL.createObjectURL(new Blob(["postMessage(0)"]));
    const start = performance.now();
    const worker = new Worker(url, { type: "module" });
    const created = performance.now();
    await new Promise((resolve) => worker.onmessage = resolve);
    console.log(created - start, performance.now() - start);
    worker.terminate();`;

/** What each process runs, by the name in the table. */
const scripts: readonly (readonly [string, string])[] = [
  ...kernels.map((kernel) => [kernel, scriptOf(kernel)] as const),
  ["floor: the data alone", dataScript],
  ["floor: an empty worker", workerScript],
];

/** Milliseconds until the kernel is made, and until the first result. */
async function startOnce(script: string, flags: string): Promise<[number, number]> {
  const { stdout, stderr, success } = await new Deno.Command(denoPath(), {
    args: ["eval", "--quiet", script],
    cwd: new URL("../..", import.meta.url),
    env: { DENO_V8_FLAGS: flags },
    signal: AbortSignal.timeout(300_000),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).split("\n")[0]);
  const [created = NaN, done = NaN] = new TextDecoder().decode(stdout).split(" ").map(Number);
  return [created, done];
}

/** Prints a table in Markdown. */
async function run(): Promise<number> {
  const cells = scripts.flatMap(([kernel, script]) =>
    engines.map(({ name, flags }) => ({
      kernel,
      script,
      engine: name,
      flags,
      created: [] as number[],
      done: [] as number[],
    }))
  );
  for (let round = 0; round <= rounds; round++) {
    for (const cell of cells) {
      const [created, done] = await startOnce(cell.script, cell.flags);
      // The first round fills the caches of files and of compiled TypeScript.
      if (round === 0) continue;
      cell.created.push(created);
      cell.done.push(done);
    }
    if (Deno.stderr.isTerminal()) printError(`round ${round} of ${rounds}`);
  }
  const titles = ["kernel", "engine", "createKernel, ms", "and first result, ms", "shortest, ms"];
  print(markdownHead(titles, [2, 3, 4]));
  for (const { kernel, engine, created, done } of cells) {
    const times = [median(created), median(done), Math.min(...done)];
    print(markdownRow([kernel, engine, ...times.map((time) => formatNumber(time))]));
  }
  print(`\nMedians of ${rounds} processes; the layer is 128 x 512 x 784 with bias and relu.`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

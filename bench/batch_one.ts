/**
 * `deno task batch-one`: layers of one to four rows whose weights are larger
 * than any cache, in which reading them is all that counts. Their speed is
 * given as bytes of weights a second, and as a share of the fastest plain read
 * of as many bytes in the same rounds: by Wasm vectors from one or several
 * places, or by OpenBLAS's sum of absolute values where that library is there.
 *
 * @module
 */
import { helpText, print, printError, readOptions, runCommand } from "../cli/command.ts";
import { createKernel } from "../kernels/registry.ts";
import { ModuleBuilder, repeatWhile } from "../kernels/wasm/assembler.ts";
import { i32, v128 } from "../kernels/wasm/instructions.ts";
import { range } from "../kernels/wasm/microkernel.ts";
import { openLibrary } from "./peers/openblas.ts";
import { median } from "../statistics/estimators.ts";

const shapes = [[768, 50257], [11008, 4096], [8192, 2048]] as const;
const rounds = 15;

/** Someone who reads `bytes`, and the seconds of each round. */
interface Reader {
  readonly name: string;
  readonly run: () => void;
  readonly seconds: number[];
}

/**
 * Reads `bytes` by vectors, a cache line at a time, from so many places in
 * turn: the processor fetches ahead in each, and more comes of several.
 */
function createWasmRead(bytes: number, streams: number): () => void {
  const pages = Math.ceil(bytes / 65536);
  const part = 64 * Math.floor(bytes / streams / 64);
  const module = new ModuleBuilder({ minimum: pages, maximum: pages, shared: false });
  module.func("read", { at: "i32" }, ({ at }, scope) => {
    const sums = [0, 1, 2, 3].map(() => scope.local("v128"));
    return [
      repeatWhile([
        ...range(streams).flatMap((stream) =>
          sums.map((sum, i) =>
            sum.set(v128.xor(sum, v128.load(i32.add(at, stream * part), 16 * i)))
          )
        ),
        at.set(i32.add(at, 64)),
      ], i32.less(at, part)),
      v128.store(0, v128.xor(v128.xor(sums[0]!, sums[1]!), v128.xor(sums[2]!, sums[3]!))),
    ];
  });
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  new Uint8Array(memory.buffer).fill(1);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    env: { memory },
  });
  const read = exports.read as (at: number) => void;
  return () => read(0);
}

/** Reads as many bytes by OpenBLAS, or null where it is not installed. */
function createNativeRead(bytes: number): (() => void) | null {
  try {
    const { symbols } = openLibrary();
    symbols.openblas_set_num_threads(1);
    const numbers = new Float32Array(bytes / 4).fill(1);
    const pointer = Deno.UnsafePointer.of(numbers);
    return () => {
      // The pointer alone would not keep the numbers alive.
      if (!(symbols.cblas_sasum(numbers.length, pointer, 1) > 0)) throw new Error("not read");
    };
  } catch (error) {
    printError(`without OpenBLAS: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** Prints a table in Markdown. */
export async function main(args: readonly string[]): Promise<number> {
  if (readOptions(args, {}).given.has("help")) {
    print(helpText({
      usage: "deno task batch-one",
      summary:
        "Times layers of one to four rows whose weights exceed the caches, as a share of a plain read.",
      options: {},
    }));
    return 0;
  }
  print("| weights | MB | what | best, GB/s | median, GB/s | share of the read, best | median |");
  print("| --- | --: | --- | --: | --: | --: | --: |");
  for (const [k, n] of shapes) {
    await using kernel = await createKernel("wasm-simd");
    using weight = kernel.tensor([k, n], new Float32Array(k * n).fill(1));
    using bias = kernel.tensor([n]);
    using tensors = new DisposableStack();
    const bytes = 4 * k * n;
    const native = createNativeRead(bytes);
    const readers: Reader[] = [
      ...[1, 4, 8].map((streams) => ({
        name: `read by Wasm in ${streams} streams`,
        run: createWasmRead(bytes, streams),
        seconds: [],
      })),
      ...native ? [{ name: "read by OpenBLAS's sasum", run: native, seconds: [] }] : [],
    ];
    const layers: Reader[] = [];
    for (const m of [1, 2, 4]) {
      const x = tensors.use(kernel.tensor([m, k], new Float32Array(m * k).fill(1)));
      const y = tensors.use(kernel.tensor([m, n]));
      const run = () => kernel.dense(x, weight, bias, "relu", y);
      run();
      if (!(await y.read()).every((value) => value === k)) throw new Error("a wrong result");
      layers.push({ name: `Dense, batch ${m}`, run, seconds: [] });
    }
    for (let round = 0; round <= rounds; round++) {
      for (const { run, seconds } of [...readers, ...layers]) {
        const start = performance.now();
        run();
        if (round > 0) seconds.push((performance.now() - start) / 1e3);
      }
    }
    const best = (each: Reader) => Math.min(...each.seconds);
    const middle = (each: Reader) => median(each.seconds);
    for (const each of [...readers, ...layers]) {
      const figures = [
        ...[best, middle].map((of) => bytes / of(each) / 1e9),
        ...[best, middle].map((of) => Math.min(...readers.map(of)) / of(each)),
      ];
      const cells = figures.map((figure, i) => figure.toFixed(i < 2 ? 1 : 2)).join(" | ");
      print(`| ${k} x ${n} | ${(bytes / 1e6).toFixed(0)} | ${each.name} | ${cells} |`);
    }
  }
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * `deno task batch-one`: layers of one to four rows whose weights are larger
 * than any cache, which are limited by reading them. Their speed is given as
 * bytes of weights per second, and as a share of the fastest plain read of as
 * many bytes in the same rounds: by Wasm in one of several ways (see
 * ceilings/reading.ts), or by OpenBLAS's sum of absolute values if installed.
 *
 * @module
 */
import { defineCommand, print, printWarning, runCommand } from "../../common/command.ts";
import { errorText } from "../../common/errors.ts";
import { formatNumber, formatRatio, formatWhole } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { createKernel } from "../../kernels/registry.ts";
import { median } from "../../statistics/estimators.ts";
import { createReadMemory } from "../ceilings/reading.ts";
import { openLibrary } from "../peers/openblas.ts";

const shapes = [[768, 50257], [11008, 4096], [8192, 2048]] as const;
const rounds = 15;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task batch-one",
  summary:
    "Times layers of one to four rows whose weights exceed the caches, as a share of a plain read.",
  run,
});

/** Something that reads `bytes`, and its seconds in each round. */
interface TimedRead {
  readonly name: string;
  readonly run: () => void;
  readonly seconds: number[];
}

/** Reads `bytes` by OpenBLAS; null where it is not installed. */
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
    printWarning(
      `OpenBLAS's read is skipped: ${
        errorText(error)
      }. Consider installing it (Debian: libopenblas0)`,
    );
    return null;
  }
}

/** Prints a table in Markdown. */
async function run(): Promise<number> {
  const titles = [
    "weights",
    "MB",
    "what",
    "best, GB/s",
    "median, GB/s",
    "share of the read, best",
    "median",
  ];
  print(markdownHead(titles, [1, 3, 4, 5, 6]));
  for (const [k, n] of shapes) {
    await using kernel = await createKernel("wasm-simd");
    using weight = kernel.tensor([k, n], new Float32Array(k * n).fill(1));
    using bias = kernel.tensor([n]);
    using tensors = new DisposableStack();
    const bytes = 4 * k * n;
    const native = createNativeRead(bytes);
    const readers: TimedRead[] = [
      ...createReadMemory(bytes).readers.filter(({ most }) => most >= bytes).map((
        { what, step, read },
      ) => ({
        name: `read by ${what}`,
        run: () => read(step * Math.floor(bytes / step)),
        seconds: [],
      })),
      ...native ? [{ name: "read by OpenBLAS's sasum", run: native, seconds: [] }] : [],
    ];
    const layers: TimedRead[] = [];
    for (const m of [1, 2, 4]) {
      const x = tensors.use(kernel.tensor([m, k], new Float32Array(m * k).fill(1)));
      const y = tensors.use(kernel.tensor([m, n]));
      const run = () => kernel.dense(x, weight, bias, "relu", y);
      run();
      if (!(await y.read()).every((value) => value === k)) {
        throw new Error("a layer computed a wrong result");
      }
      layers.push({ name: `Dense, batch ${m}`, run, seconds: [] });
    }
    for (let round = 0; round <= rounds; round++) {
      for (const { run, seconds } of [...readers, ...layers]) {
        const start = performance.now();
        run();
        if (round > 0) seconds.push((performance.now() - start) / 1e3);
      }
    }
    const best = (each: TimedRead) => Math.min(...each.seconds);
    const middle = (each: TimedRead) => median(each.seconds);
    for (const each of [...readers, ...layers]) {
      const figures = [
        ...[best, middle].map((of) => formatNumber(bytes / of(each) / 1e9)),
        ...[best, middle].map((of) => formatRatio(Math.min(...readers.map(of)) / of(each))),
      ];
      print(markdownRow([`${k} x ${n}`, formatWhole(bytes / 1e6), each.name, ...figures]));
    }
  }
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * A Dense layer of 4096 x 4096 with relu before and after `quantize("int8")`, for
 * one row and for 32, in one process and in a random order in each round. What is
 * timed is the layer's own `predict`: the quantization of x, bias and activation
 * included, both weights packed before.
 *
 * Run: deno run bench/experiments/int8_dense.ts
 *
 * @module
 */
import { defineCommand, namesOf, print, runCommand, wholeNumberOf } from "../../common/command.ts";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { createRandom, shuffle } from "../../common/random.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { kernelNames } from "../../kernels/registry.ts";
import { defaultThreads } from "../../kernels/wasm/thread_count.ts";
import { createKernel, Dense, type Kernel, type Tensor } from "../../mod.ts";
import { median } from "../../statistics/estimators.ts";

const batches = [1, 32];

/** A layer and rows for it. */
interface Contender {
  readonly name: string;
  readonly batch: number;
  readonly layer: Dense;
  readonly x: Tensor;
  readonly ms: number[];
}

async function predict(kernel: Kernel, { layer, x }: Contender): Promise<number> {
  const begin = performance.now();
  const y = layer.predict(x);
  await kernel.finished();
  const ms = performance.now() - begin;
  y[Symbol.dispose]();
  return ms;
}

/** Times of both layers with both batches, on one kernel. */
async function measure(kernel: Kernel, size: number, rounds: number): Promise<Contender[]> {
  const random = createRandom(1);
  const [float32, int8] = [1, 1].map((seed) => {
    const layer = new Dense(kernel, { units: size, activation: "relu", seed });
    layer.build([null, size]);
    return layer;
  }) as [Dense, Dense];
  int8.quantize("int8");
  const contenders = batches.flatMap((batch) => {
    const values = Float32Array.from({ length: batch * size }, () => random.uniform() - 0.5);
    const x = kernel.tensor([batch, size], values);
    return [{ name: "float32", layer: float32 }, { name: "int8", layer: int8 }].map((own) => ({
      ...own,
      batch,
      x,
      ms: [] as number[],
    }));
  });
  for (let i = 0; i < 3; i++) {
    for (const contender of contenders) await predict(kernel, contender);
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffle([...contenders], random)) {
      contender.ms.push(await predict(kernel, contender));
    }
  }
  for (const { x } of contenders) x[Symbol.dispose]();
  float32[Symbol.dispose]();
  int8[Symbol.dispose]();
  return contenders;
}

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno run bench/experiments/int8_dense.ts [options]",
  summary: "Times a Dense layer before and after it is quantized to int8.",
  options: {
    rounds: { value: "N", help: "Take N rounds. Default: 25." },
    size: { value: "N", help: "Inputs and units of the layer. Default: 4096." },
    kernels: {
      value: "A,B",
      help: `Time these kernels, of ${kernelNames.join(", ")}. Default: wasm-simd.`,
    },
  },
  run: async (options) => {
    const rounds = wholeNumberOf(options, "rounds", { low: 1, high: 100_000, otherwise: 25 });
    const size = wholeNumberOf(options, "size", { low: 1, high: 16384, otherwise: 4096 });
    const names = namesOf(options, "kernels", kernelNames, "kernel", ["wasm-simd"]);
    print(
      markdownHead(["kernel", "batch", "layer", "ms, median", "ms, best", "x median", "x best"], [
        1,
        3,
        4,
        5,
        6,
      ]),
    );
    for (const name of names) {
      await using kernel = await createKernel(name, { threads: defaultThreads() });
      const contenders = await measure(kernel, size, rounds);
      for (const { batch, name: layer, ms } of contenders) {
        const float32 = contenders.find((each) => each.batch === batch)!.ms;
        print(markdownRow([
          name,
          `${batch}`,
          layer,
          formatNumber(median(ms), 3),
          formatNumber(Math.min(...ms), 3),
          formatRatio(median(float32) / median(ms)),
          formatRatio(Math.min(...float32) / Math.min(...ms)),
        ]));
      }
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

/**
 * `deno task network-time`: whole networks by one call against layer by layer, by
 * one thread and by several, and what a small call takes. All are timed in turns in
 * one process, in batches of about 0.2 ms; the smallest time counts, which other
 * work on the machine disturbs least.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../../common/command.ts";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { createRandom } from "../../common/random.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { type Activation, isActivation } from "../../kernels/activation.ts";
import type { Kernel, NetworkLayer } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { defaultThreads } from "../../kernels/wasm/thread_count.ts";
import { floats } from "../../verify/check.ts";
import { suites } from "../workloads.ts";

const seconds = 4;
const batch = 0.2;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task network-time",
  summary: "Times networks by one call against layer by layer, and small calls.",
  run,
});

/** What is timed in turns, and its smallest time in milliseconds. */
interface Entry {
  readonly name: string;
  readonly call: () => void;
  calls: number;
  best: number;
}

/** A network's calls on a kernel, layer by layer and as one. */
function entriesOf(
  kernel: Kernel,
  m: number,
  sizes: readonly number[],
  activations: readonly Activation[],
): Entry[] {
  const random = createRandom(1);
  const layers = activations.map((activation, i): NetworkLayer => {
    const [k, n] = [sizes[i]!, sizes[i + 1]!];
    const weight = kernel.tensor(
      [k, n],
      floats(k * n, -1 / Math.sqrt(k), 1 / Math.sqrt(k), random),
    );
    return { weight, bias: kernel.tensor([n], floats(n, -0.1, 0.1, random)), activation };
  });
  const tensors = sizes.map((n) => kernel.tensor([m, n], floats(m * n, -1, 1, random)));
  const [x, y] = [tensors[0]!, tensors.at(-1)!];
  const byLayers = () => {
    for (const [i, { weight, bias, activation }] of layers.entries()) {
      kernel.dense(tensors[i]!, weight, bias, activation, tensors[i + 1]!);
    }
  };
  const entry = (how: string, call: () => void): Entry => ({
    name: `${kernel.name} ${how}`,
    call,
    calls: 1,
    best: Infinity,
  });
  return [
    entry("layers", byLayers),
    ...(kernel.network ? [entry("network", () => kernel.network!(x, layers, y))] : []),
  ];
}

/** Times all entries in turns. */
function timeInTurns(entries: readonly Entry[]): void {
  for (const each of entries) {
    for (let i = 0; i < 30; i++) each.call();
    const start = performance.now();
    for (let i = 0; i < 10; i++) each.call();
    each.calls = Math.max(1, Math.ceil(10 * batch / (performance.now() - start)));
  }
  const end = performance.now() + 1e3 * seconds;
  while (performance.now() < end) {
    for (const each of entries) {
      // What the others have driven out of the caches is fetched first.
      each.call();
      const start = performance.now();
      for (let i = 0; i < each.calls; i++) each.call();
      each.best = Math.min(each.best, (performance.now() - start) / each.calls);
    }
  }
}

/** Prints a table in Markdown. */
async function run(): Promise<number> {
  await using one = await createKernel("wasm-simd");
  await using several = await createKernel("wasm-threads", { threads: defaultThreads() });
  const kernels = [one, several];
  print(markdownHead(["workload", "what", "µs", "times as fast as the first"], [2, 3]));
  const show = (name: string, entries: readonly Entry[]) => {
    timeInTurns(entries);
    for (const { name: what, best } of entries) {
      const ratio = formatRatio(entries[0]!.best / best);
      print(markdownRow([name, what, formatNumber(1e3 * best), ratio]));
    }
  };
  const small = ["tiny-odd", "tflm"];
  for (const { name, m, k, n, activation } of suites.dense) {
    if (!small.includes(name)) continue;
    show(name, kernels.flatMap((kernel) => entriesOf(kernel, m, [k, n], [activation])));
  }
  show(
    "8 x tiny",
    kernels.flatMap((kernel) =>
      entriesOf(kernel, 7, new Array(9).fill(13), new Array(8).fill("relu"))
    ),
  );
  for (const { name, m, k, layers = [] } of suites.networks) {
    const sizes = [k, ...layers.map(({ n }) => n)];
    const activations = layers.flatMap(({ activation }) =>
      isActivation(activation) ? [activation] : []
    );
    show(name, kernels.flatMap((kernel) => entriesOf(kernel, m, sizes, activations)));
  }
  print(`\nThe smallest of batches in turns for ${seconds} s, ${several.traits.threads} threads.`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

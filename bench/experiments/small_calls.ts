/**
 * `deno task small-calls`: what a call of wasm-simd takes where there is little to
 * compute, here and in other copies of the project, and what of it the code in
 * WebAssembly takes. All are timed in turns in one process, in batches of about
 * 0.2 ms.
 *
 * @module
 */
import {
  defineCommand,
  namesOf,
  type Options,
  partsOf,
  print,
  runCommand,
  wholeNumberOf,
} from "../../common/command.ts";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import { createRandom } from "../../common/random.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import type { Activation } from "../../kernels/activation.ts";
import type { Kernel, NetworkLayer, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { WasmTensor } from "../../kernels/wasm/wasm_tensor.ts";
import { Dense } from "../../layers/dense.ts";
import { median } from "../../statistics/estimators.ts";
import { floats } from "../../verify/check.ts";
import { copyIn, type OtherCopy } from "./other_copy.ts";

/** Rows, inputs and units. */
const shapes = [[1, 1, 1], [7, 13, 5], [16, 16, 16], [1, 16, 16], [1, 64, 32], [64, 64, 64]];
const rowsOfNetworks = [1, 2, 7];
const activation: Activation = "relu";
const batch = 0.2;

/** The operations that are timed. */
const operations = ["dense", "matmul", "activate", "predict", "network", "layers"] as const;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task small-calls [options]",
  summary: "Times calls of wasm-simd that compute little.",
  options: {
    operations: { value: "A,B", help: `Time these only: ${operations.join(", ")}.` },
    seconds: { value: "N", help: "Measure each for N seconds. Default: 1." },
    against: {
      value: "A,B",
      help: "Time those of these folders too, other copies of the project.",
    },
  },
  run,
});

/** What is timed in turns, and milliseconds of a call in each batch. */
interface Entry {
  readonly call: () => void;
  calls: number;
  readonly times: number[];
}

/** A kernel with tensors of random numbers. */
class Place {
  readonly #random = createRandom(1);

  constructor(readonly kernel: Kernel, readonly copy: OtherCopy) {}

  made(...shape: number[]): Tensor {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return this.kernel.tensor(shape, floats(size, -0.5, 0.5, this.#random));
  }

  /** The calls of a shape. */
  ofShape(m: number, k: number, n: number): Record<string, () => void> {
    const { kernel } = this;
    const [x, weight, bias, z, y] = [
      this.made(m, k),
      this.made(k, n),
      this.made(n),
      this.made(m, n),
      this.made(m, n),
    ];
    const layer = new this.copy.Dense(kernel, { units: n, activation, seed: 1 });
    return {
      dense: () => kernel.dense(x, weight, bias, activation, y),
      matmul: () => kernel.matmul(x, weight, y),
      activate: () => kernel.activate(activation, z, y),
      predict: () => layer.predict(x)[Symbol.dispose](),
      // What is left where nothing is checked or looked up.
      "in Wasm": () => {
        const { prepared } = weight as WasmTensor;
        prepared!.how.run((x as WasmTensor).address, (y as WasmTensor).address);
      },
    };
  }

  /** The calls of eight layers of 13 units. */
  ofNetwork(m: number): Record<string, () => void> {
    const { kernel } = this;
    const layers = Array.from({ length: 8 }, (): NetworkLayer => ({
      weight: this.made(13, 13),
      bias: this.made(13),
      activation,
    }));
    const between = Array.from({ length: 9 }, () => this.made(m, 13));
    const [x, y] = [between[0]!, between[8]!];
    return {
      network: () => kernel.network!(x, layers, y),
      layers: () => {
        for (let i = 0; i < layers.length; i++) {
          const { weight, bias } = layers[i]!;
          kernel.dense(between[i]!, weight, bias, activation, between[i + 1]!);
        }
      },
    };
  }
}

/** Times entries in turns. */
function timeInTurns(entries: readonly Entry[], seconds: number): void {
  for (const entry of entries) {
    const end = performance.now() + 100;
    while (performance.now() < end) for (let i = 0; i < 100; i++) entry.call();
    const start = performance.now();
    for (let i = 0; i < 100; i++) entry.call();
    entry.calls = Math.max(1, Math.ceil(100 * batch / (performance.now() - start)));
  }
  const end = performance.now() + 1e3 * seconds;
  do {
    for (const { call, calls, times } of entries) {
      // What the others have driven out of the caches is fetched first.
      call();
      const start = performance.now();
      for (let i = 0; i < calls; i++) call();
      times.push((performance.now() - start) / calls);
    }
  } while (performance.now() < end);
}

/** Prints a table in Markdown. */
async function run(options: Options): Promise<number> {
  const names: readonly string[] = namesOf(options, "operations", [...operations], "operation");
  const seconds = wholeNumberOf(options, "seconds", { low: 1, high: 60, otherwise: 1 });
  const folders = partsOf(options, "against") ?? [];
  const copies: OtherCopy[] = [{ createKernel, Dense }];
  for (const folder of folders) copies.push(await copyIn(folder));
  await using kernels = new AsyncDisposableStack();
  const places: Place[] = [];
  for (const copy of copies) {
    places.push(new Place(kernels.use(await copy.createKernel("wasm-simd")), copy));
  }
  const titles = [
    "operation",
    "ns",
    "median",
    ...folders.flatMap((name) => [name, "median", "ratio"]),
  ];
  print(markdownHead(titles, titles.slice(1).map((_, i) => i + 1)));
  const show = (what: string, calls: readonly (() => void)[]) => {
    const entries = calls.map((call): Entry => ({ call, calls: 1, times: [] }));
    timeInTurns(entries, seconds);
    const [own, ...others] = entries.map(({ times }) => [Math.min(...times), median(times)]);
    const ns = (milliseconds: number) => formatNumber(1e6 * milliseconds);
    print(markdownRow([
      what,
      ...own!.map(ns),
      ...folders.flatMap((_, i) => {
        const each = others[i];
        return each ? [...each.map(ns), formatRatio(each[0]! / own![0]!)] : ["", "", ""];
      }),
    ]));
  };
  for (const [m, k, n] of shapes as [number, number, number][]) {
    const calls = places.map((place) => place.ofShape(m, k, n));
    for (const name of Object.keys(calls[0]!)) {
      if (names.includes(name)) {
        show(
          `${name} ${m} x ${k} -> ${n}`,
          calls.map((each) => each[name]!),
        );
      }
    }
    // By then dense() was called often.
    if (names.includes("dense")) {
      for (let i = 0; i < 3; i++) calls[0]!.dense!();
      show("of it in Wasm", [calls[0]!["in Wasm"]!]);
    }
  }
  for (const m of rowsOfNetworks) {
    const calls = places.map((place) => place.ofNetwork(m));
    for (const name of Object.keys(calls[0]!)) {
      if (names.includes(name)) {
        show(
          `${name} of 8 x 13, ${m} rows`,
          calls.map((each) => each[name]!),
        );
      }
    }
  }
  print(`\nSmallest and median of batches in turns for ${seconds} s.`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));

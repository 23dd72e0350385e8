/**
 * The suites: the layers of real networks, whole networks, and square
 * products. Shapes and activations come from the networks' own code (Keras
 * examples, MLPerf Tiny, hls4ml, DLRM, BERT, GPT-2, ViT, Llama) and from Baidu's
 * DeepBench.
 *
 * @module
 */
import type { Activation } from "../kernels/activation.ts";
import { deepbench } from "./deepbench.ts";
import { inPasses, type NetworkLayer, type Workload } from "./workload.ts";

function layer(
  name: string,
  m: number,
  k: number,
  n: number,
  activation: Activation,
  description: string,
): Workload {
  return { name, description, m, n, k, activation, useBias: true };
}

function square(n: number): Workload {
  return {
    name: `square-${n}`,
    description: `product of two ${n} x ${n} matrices`,
    m: n,
    n,
    k: n,
    activation: "linear",
    useBias: false,
  };
}

/** A network by the sizes between its layers: inputs, then units. */
function network(
  name: string,
  m: number,
  sizes: readonly number[],
  hidden: Activation,
  last: Activation,
  description: string,
): Workload {
  const layers = sizes.slice(1).map((n, i): NetworkLayer => ({
    k: sizes[i]!,
    n,
    activation: i === sizes.length - 2 ? last : hidden,
  }));
  const [k, n] = [sizes[0]!, sizes.at(-1)!];
  return { name, description, m, n, k, activation: last, useBias: true, layers };
}

const networks: readonly Workload[] = [
  network(
    "net-ad",
    196,
    [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640],
    "relu",
    "linear",
    "MLPerf Tiny anomaly detection, all ten layers on a clip",
  ),
  network(
    "net-mnist",
    128,
    [784, 512, 512, 10],
    "relu",
    "softmax",
    "Keras mnist_mlp, all three layers",
  ),
  network("net-dlrm-bottom", 128, [13, 512, 256, 64, 16], "relu", "relu", "DLRM Kaggle, bottom"),
  network("net-dlrm-top", 128, [367, 512, 256, 1], "relu", "sigmoid", "DLRM Kaggle, top"),
  network(
    "net-bert-ffn",
    128,
    [768, 3072, 768],
    "gelu",
    "linear",
    "BERT-base feed-forward, both layers on 128 tokens",
  ),
];

const dense: readonly Workload[] = [
  layer("tiny-odd", 7, 13, 5, "relu", "odd in every dimension"),
  layer("tflm", 1, 16, 16, "relu", "TFLM hello_world: the cost of a call"),
  layer("jet", 1024, 64, 32, "relu", "hls4ml jet tagger: small matrices, many rows"),
  layer("ad-in", 196, 640, 128, "relu", "MLPerf Tiny anomaly detection, first layer"),
  layer("ad-bottleneck", 196, 128, 8, "relu", "MLPerf Tiny anomaly detection, narrow output"),
  layer("ad-out", 196, 128, 640, "linear", "MLPerf Tiny anomaly detection, last layer"),
  layer("mnist-1", 128, 784, 512, "relu", "Keras mnist_mlp, first layer"),
  layer("mnist-2", 128, 512, 512, "relu", "Keras mnist_mlp, second layer"),
  layer("mnist-3", 128, 512, 10, "softmax", "Keras mnist_mlp, last layer"),
  layer("dlrm-in", 2048, 13, 512, "relu", "DLRM bottom: short sums"),
  layer("dlrm-top", 2048, 479, 1024, "relu", "DLRM top: k is no multiple of 4"),
  layer("dlrm-last", 2048, 256, 1, "sigmoid", "DLRM last: matrix times vector"),
  layer("bert-ffn1", 128, 768, 3072, "gelu", "BERT-base feed-forward, first half"),
  layer("bert-ffn2", 128, 3072, 768, "linear", "BERT-base feed-forward, second half: long sums"),
  layer("gpt2-decode", 1, 768, 3072, "gelu_tanh", "GPT-2 decoding: limited by memory"),
  layer("gpt2-head", 1, 768, 50257, "linear", "GPT-2 head: very wide, odd"),
  layer("vit-fc1", 197, 768, 3072, "gelu", "ViT-B/16: 197 rows"),
  layer("db-512", 16, 512, 512, "linear", "DeepBench 512 x 16 x 512"),
  layer("db-kws", 1, 1216, 64, "relu", "DeepBench keyword spotting 64 x 1 x 1216"),
  layer("db-3072", 1500, 1024, 3072, "linear", "DeepBench 3072 x 1500 x 1024"),
  layer("db-1760", 128, 1760, 1760, "linear", "DeepBench 1760 x 128 x 1760"),
  layer("llama-down", 1, 11008, 4096, "linear", "Llama-7B down projection: 180 MB of weights"),
  { ...square(1024), name: "sq-1024" },
];

const gemm: readonly Workload[] = [64, 128, 256, 512, 1024, 2048].map(square);

const batch = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((m) =>
  layer(`batch-${m}`, m, 512, 512, "relu", `Keras mnist_mlp, second layer, ${m} rows`)
);

/** Batch sizes against units, from a call's own cost to the full speed: for the map of the fastest kernels. */
const grid = [1, 4, 16, 64, 256].flatMap((m) =>
  [16, 64, 256, 1024].map((n) =>
    layer(`grid-${m}x${n}`, m, 256, n, "relu", `${m} rows, ${n} units, for the map of winners`)
  )
);

function pick(names: readonly string[]): Workload[] {
  return names.map((name) => {
    const found = [...dense, ...gemm].find((workload) => workload.name === name);
    if (!found) throw new Error(`no workload ${name}`);
    return found;
  });
}

const quick: readonly Workload[] = [
  ...pick([
    "tiny-odd",
    "jet",
    "ad-in",
    "mnist-1",
    "dlrm-last",
    "gpt2-decode",
    "square-256",
  ]),
  ...inPasses(pick(["ad-in"]), ["training"]),
  networks[0]!,
];

/** The suites by name. `quick` takes about a minute. */
export const suites = {
  quick,
  dense,
  gemm,
  networks,
  training: inPasses(
    pick(["jet", "ad-in", "ad-out", "mnist-1", "mnist-2", "dlrm-in", "db-1760"]),
    ["forward", "forward-unpacked", "backward", "training"],
  ),
  batch,
  grid,
  deepbench,
} as const satisfies Record<string, readonly Workload[]>;

/** The name of a suite. */
export type SuiteName = keyof typeof suites;

/** The names of the suites, the default first. */
export const suiteNames = Object.keys(suites) as SuiteName[];

/**
 * For tests: results like a real run's in size and shape, made up by a formula,
 * the same every time. Nothing in here was measured.
 *
 * @module
 */
import { type Ceiling, type KernelRecord, type Result, type Results, schema } from "./schema.ts";

/** A made-up kernel: its highest GFLOP/s, and the seconds that every call costs besides. */
interface Made extends KernelRecord {
  readonly peak: number;
  readonly overhead: number;
}

function made(
  name: string,
  peak: number,
  overhead: number,
  method: string,
  more: Partial<KernelRecord> = {},
): Made {
  const record = { peer: false, device: "JavaScript", threads: 1, unavailable: null };
  return { ...record, name, method, peak, overhead, ...more };
}

const kernels: readonly Made[] = [
  made("naive", 1.1, 4e-7, "three loops, float64 sums"),
  made("blocked", 4.2, 9e-7, "4×4 register tile, blocks of 256, float64 sums"),
  made("wasm-simd", 47, 1.4e-6, "6×16 register tile, packed weights, not fused", {
    device: "WebAssembly SIMD",
  }),
  made("wasm-threads", 91, 2.6e-5, "as wasm-simd, rows shared between two threads", {
    device: "WebAssembly SIMD",
    threads: 2,
  }),
  made("webgpu", 0, 0, "", {
    device: "",
    threads: 0,
    unavailable: "no adapter: the browser or machine offers none",
  }),
  made("ml-matrix", 0.9, 9e-7, "Matrix.mmul", { peer: true }),
  made("onnxruntime-web", 38, 3e-5, "WebAssembly SIMD, one thread", {
    peer: true,
    device: "WebAssembly SIMD",
  }),
];

const workloads: readonly (readonly [string, number, number, number, string, string])[] = [
  ["tiny-odd", 7, 13, 5, "relu", "odd in every dimension"],
  ["jet", 1024, 64, 32, "relu", "hls4ml jet tagger: small matrices, many rows"],
  ["ad-in", 196, 640, 128, "relu", "MLPerf Tiny anomaly detection, first layer"],
  ["mnist-1", 128, 784, 512, "relu", "Keras mnist_mlp, first layer"],
  ["mnist-3", 128, 512, 10, "softmax", "Keras mnist_mlp, last layer"],
  ["dlrm-last", 2048, 256, 1, "sigmoid", "DLRM last: matrix times vector"],
  ["gpt2-decode", 1, 768, 3072, "gelu_tanh", "GPT-2 decoding: limited by memory"],
  ...[64, 128, 256, 512, 1024].map((n) =>
    [`square-${n}`, n, n, n, "linear", `product of two ${n} x ${n} matrices`] as const
  ),
];

/** A number from -1 to 1 that looks random and follows from `i`. */
function noise(i: number): number {
  const value = Math.sin(i * 12.9898 + 78.233) * 43758.5453;
  return 2 * (value - Math.floor(value)) - 1;
}

/** A made-up ceiling about `median`. */
function ceilingOf(
  id: string,
  what: string,
  threads: number,
  bytes: number | null,
  median: number,
): Ceiling {
  const samples = Array.from({ length: 10 }, (_, i) => median * (1 + 0.004 * (i - 4.5)));
  return {
    id,
    kind: bytes === null ? "compute" : "bandwidth",
    what,
    threads,
    bytes,
    unit: bytes === null ? "GFLOP/s" : "GB/s",
    median,
    low: samples[1] ?? NaN,
    high: samples[8] ?? NaN,
    best: samples[9] ?? NaN,
    confidence: 0.978515625,
    samples,
  };
}

const ceilings: readonly Ceiling[] = [1, 2].flatMap((threads) => {
  const times = threads * 0.95 ** (threads - 1);
  return [
    ceilingOf("js-f64", "JavaScript, multiply and add of float64", threads, null, 6.8 * times),
    ceilingOf("js-f32", "JavaScript, Math.fround", threads, null, 1.7 * times),
    ceilingOf("wasm-128", "WebAssembly SIMD, 128 bit", threads, null, 26 * times),
    ceilingOf("wasm-128-fused", "the same, fused", threads, null, 55.6 * times),
    ceilingOf("read-1", "SIMD loads, up to 32 KiB", threads, 32768 * threads, 105 * times),
    ceilingOf("read-2", "SIMD loads, up to 1 MiB", threads, 2 ** 20 * threads, 48 * times),
    ceilingOf("read-3", "memory.copy, up to 32 MiB", threads, 2 ** 25, 21 * times),
    ceilingOf("read-4", "SIMD loads, up to 256 MiB", threads, 2 ** 28, 11 * times),
  ];
});

function resultOf(kernel: Made, workload: typeof workloads[number], at: number): Result {
  const [name, m, k, n, activation, description] = workload;
  const flops = 2 * m * n * k;
  // No faster than its memory: 16 GB/s on each thread.
  const reading = 4 * (m * k + k * n + 2 * m * n) / (16e9 * kernel.threads);
  const computing = Math.max(flops / kernel.peak / 1e9, reading);
  const time = (computing + kernel.overhead) * (1 + 0.1 * noise(at));
  const roundMedians = Array.from({ length: 12 }, (_, i) => time * (1 + 0.04 * noise(at * 31 + i)));
  const sorted = roundMedians.toSorted((a, b) => a - b);
  const rank = (i: number) => sorted[i - 1] ?? NaN;
  const median = (rank(6) + rank(7)) / 2;
  return {
    kernel: kernel.name,
    peer: kernel.peer,
    workload: name,
    description,
    m,
    n,
    k,
    pass: "forward",
    activation,
    bias: !name.startsWith("square"),
    seconds: { median, low: rank(3), high: rank(10), min: rank(1), confidence: 0.961 },
    gflops: flops / median / 1e9,
    verification: {
      status: "passed",
      detail: `Freivalds on exact integers; ${activation} within its bound`,
      worst: activation === "linear" ? 0 : 0.2 + 0.15 * (1 + noise(at * 7)),
    },
    roundMedians,
    warmup: { calls: 24 + at, seconds: 0.3 + 0.002 * at, settled: at !== 20, first: time * 6.3 },
  };
}

/** A run of six kernels and peers on twelve workloads: one result failed, one could not be checked, one kernel is missing. */
export function sampleResults(): Results {
  const results = workloads.flatMap((workload, w) =>
    kernels.filter((kernel) => kernel.unavailable === null)
      .map((kernel, i) => resultOf(kernel, workload, 6 * w + i))
  );
  const replace = (kernel: string, workload: string, status: "failed" | "error", detail: string) =>
    results.map((result) =>
      result.kernel === kernel && result.workload === workload
        ? {
          ...result,
          seconds: null,
          gflops: null,
          roundMedians: [],
          warmup: null,
          verification: { status, detail, worst: status === "failed" ? 1.8e4 : null },
        }
        : result
    );
  results.splice(
    0,
    Infinity,
    ...replace("onnxruntime-web", "tiny-odd", "failed", "row 6 of y differs: got 0, expected 1.25"),
  );
  results.splice(
    0,
    Infinity,
    ...replace("ml-matrix", "gpt2-decode", "error", "ml-matrix threw: no activation gelu_tanh"),
  );
  return {
    schema,
    date: "2026-03-01T09:30:12.000Z",
    command: "deno task bench --suite quick --rounds 12 --seed 1 --peers ml-matrix,onnxruntime-web",
    suite: "quick",
    seed: 1,
    rounds: 12,
    elapsed: 83.4,
    partial: false,
    environment: {
      densemark: "0.1.0",
      commit: "cce878f41d0c5c0c5a1b4a2f3e7d6b9a8c7d6e5f",
      deno: "2.9.6",
      v8: "15.0.245.2-rusty",
      os: "linux 6.1.0",
      arch: "x86_64",
      cpu: "Example CPU @ 2.60GHz",
      cores: 2,
      memory: 8 * 2 ** 30,
    },
    engine: "plain",
    kernels: kernels.map(({ name, peer, device, threads, method, unavailable }) => ({
      name,
      peer,
      device,
      threads,
      method,
      unavailable,
    })),
    results,
    ceilings,
  };
}

/** Passes, networks, measurements, noise and verdicts: a run that has every field of the schema. */
export function wholeSample(): Results {
  const results = cleanSample();
  const [first, ...others] = results.results.map((result, i): Result => {
    const { warmup } = resultOf(kernels[0]!, workloads[0]!, i);
    const measurements = result.roundMedians.flatMap((seconds, round) => {
      const measurement = {
        round: round + 1,
        at: 3 + round + i / 100,
        calls: Math.max(1, Math.round(0.02 / seconds)),
        samples: [seconds * 0.99, seconds, seconds * 1.02],
        cpu: 0.98,
        switches: round % 3,
        pressure: round === 0 ? null : 0.01,
      };
      const replaced = "starved: 0.81 of the processor";
      return round === 4 && i % 7 === 0
        ? [{ ...measurement, samples: [seconds * 1.3], cpu: 0.81, replaced }, measurement]
        : [measurement];
    });
    return {
      ...result,
      measurements,
      memory: 4 * (result.m * result.n + result.m * result.k + result.k * result.n),
      warmup: warmup && { ...warmup, trace: [6, 3, 1.2, 1, 1].map((part) => part * warmup.first) },
    };
  });
  if (!first?.seconds) throw new Error("the sample has no first result");
  const product = 2 * first.m * first.n * first.k;
  const { median, low, high, min, confidence } = first.seconds;
  const pass = (pass: Result["pass"], flops: number): Result => {
    const longer = (seconds: number) => seconds * flops / product;
    return {
      ...first,
      pass,
      flops,
      seconds: {
        median: longer(median),
        low: longer(low),
        high: longer(high),
        min: longer(min),
        confidence,
      },
      gflops: flops / longer(median) / 1e9,
      roundMedians: first.roundMedians.map(longer),
      measurements: (first.measurements ?? []).map((one) => ({
        ...one,
        samples: one.samples.map(longer),
      })),
    };
  };
  const layers = [[640, 128, "relu"], [128, 8, "relu"], [8, 640, "linear"]] as const;
  const network: Result = {
    ...pass("forward", 2 * 196 * (640 * 128 + 128 * 8 + 8 * 640)),
    workload: "net-ad",
    description: "MLPerf Tiny anomaly detection",
    m: 196,
    n: 640,
    k: 640,
    activation: "linear",
    layers: layers.map(([k, n, activation]) => ({ k, n, activation })),
  };
  const control = { ...first, kernel: "wasm-simd-control" };
  const simd = results.kernels.find(({ name }) => name === "wasm-simd")!;
  return {
    ...results,
    kernels: [
      ...results.kernels,
      { ...simd, name: "wasm-simd-control", base: "wasm-simd", controlOf: "wasm-simd" },
      { ...simd, name: "wasm-simd (revec)", base: "wasm-simd", engine: "--revectorize" },
      { ...simd, name: "wasm-simd@v0.1", base: "wasm-simd", version: "v0.1" },
    ],
    results: [
      first,
      pass("forward-unpacked", product),
      pass("backward", 2 * product),
      pass("training", 3 * product),
      network,
      control,
      ...others,
    ],
    baseline: "wasm-simd",
    noise: {
      sentence:
        "Fair run (A/A ±1.4 %, 3 of 60 measurements replaced): differences under 3 % are not distinguishable.",
      grade: "fair",
      floor: 0.014,
      smallest: 0.03,
      warnings: ["the machine's speed drifted by 4 %: heat, or other programs"],
      controls: [{
        kernel: "wasm-simd-control",
        workload: first.workload,
        pass: "forward",
        ratios: first.roundMedians.map((_, i) => 1 + 0.01 * noise(i)),
      }],
      referenceLoop: first.roundMedians.flatMap((_, round) =>
        [0, 0.4, 0.9].map((part, i) => ({
          round: round + 1,
          at: 3 + round + part,
          seconds: 0.005 * (1 + 0.01 * noise(3 * round + i)),
        }))
      ),
      measurements: 60,
      replaced: 3,
    },
    verdicts: [{
      kernel: "naive",
      baseline: "wasm-simd",
      workload: first.workload,
      pass: "forward",
      ratio: 12.1,
      low: 11.8,
      high: 12.4,
      confidence: 0.958,
      p: 0.0005,
      rounds: 12,
      verdict: "slower",
    }, {
      kernel: "wasm-threads",
      baseline: "wasm-simd",
      workload: first.workload,
      pass: "forward",
      ratio: 1.02,
      low: 0.95,
      high: 1.09,
      confidence: 0.958,
      p: 0.6,
      rounds: 12,
      verdict: "inconclusive",
      moreNeeded: 30,
    }],
    published: [{
      workload: first.workload,
      device: "NVIDIA V100",
      gflops: 839,
      source: "DeepBench, 2020",
    }],
  };
}

/** The same run with nothing wrong in it: all results passed and were timed. */
export function cleanSample(): Results {
  const results = sampleResults();
  return {
    ...results,
    kernels: results.kernels.filter((kernel) => kernel.unavailable === null),
    results: results.results.filter((result) => result.seconds !== null)
      .map((result) => ({ ...result, warmup: null })),
  };
}

/** Texts that try to be more than text. */
export const hostile = {
  markup: "</script><!--<script>alert(1)</script><img src=x onerror=alert(2)>",
  formula: "=1+1",
  reordered: "safe\u202egnp.exe\u2066",
  long: "x".repeat(10_000),
} as const;

/** The run with hostile names of kernels and workloads and hostile texts in every other field. */
export function hostileResults(): Results {
  const results = sampleResults();
  const names = new Map([
    ["naive", hostile.markup],
    ["blocked", hostile.formula],
    ["wasm-simd", hostile.reordered],
    ["wasm-threads", hostile.long],
    // The same after cutting, and yet another kernel.
    ["ml-matrix", hostile.long + "!"],
  ]);
  const rename = (name: string) => names.get(name) ?? name;
  const { environment } = results;
  return {
    ...results,
    command: hostile.markup,
    suite: hostile.markup,
    engine: hostile.markup,
    date: hostile.markup,
    environment: { ...environment, cpu: hostile.markup, commit: hostile.markup, os: hostile.long },
    kernels: results.kernels.map((record) => ({
      ...record,
      name: rename(record.name),
      // Its ceilings are found by how it starts.
      device: record.device + hostile.markup,
      method: hostile.markup,
    })),
    results: results.results.map((result, i) => ({
      ...result,
      kernel: rename(result.kernel),
      workload: result.workload === "jet" ? hostile.markup : result.workload,
      description: i % 2 === 0 ? hostile.reordered : hostile.formula,
      activation: result.activation === "relu" ? hostile.markup : result.activation,
      verification: { ...result.verification, detail: hostile.markup },
    })),
    ceilings: ceilings.map((ceiling) => ({ ...ceiling, what: hostile.markup })),
  };
}
